// bootstrap sandbox-info
#include <fmt/format.h>

#include "base/json.h"
#include "cli/verbs.h"
#include "runner/sandbox_info.h"

namespace bootstrap {

namespace {

/// Of what was found, so that the last line cannot promise what a line above denies.
std::string verdict(const SandboxInfo& info) {
  const std::vector<std::string> missing = info.missing();
  if (!info.possible)
    return fmt::format("Programs cannot be run in boxes here. Not to be had: {}.", fmt::join(missing, ", "));
  if (missing.empty())
    return "Programs run in boxes with all that docs/security.md promises.";
  std::string text =
      fmt::format("Programs run in boxes. Not to be had here: {}; see above.", fmt::join(missing, ", "));
  if (!info.steps.empty()) {
    text += fmt::format(
        " The boxes are weaker than full ones: {}. docs/security.md, \"The ladder\", says what "
        "that costs.",
        fmt::join(info.steps, ", "));
  }
  return text;
}

}  // namespace

int sandbox_info_verb(const CommonOptions& common, const Printer& printer) {
  const SandboxInfo info = look_at_sandbox(find_worker_program());
  if (common.json) {
    fmt::print("{}", canonical_json(to_json(info)));
  } else {
    for (const SandboxFact& fact : info.facts) {
      fmt::print("{} {:<18} {}\n", fact.good ? printer.green("yes") : printer.red("no "), fact.name,
                 fact.detail);
      if (!fact.remedy.empty())
        fmt::print("{:23}{}\n", "", fact.remedy);
    }
    fmt::print("\n{}\n", verdict(info));
  }
  return info.possible ? 0 : static_cast<int>(ErrorKind::kSandbox);
}

}  // namespace bootstrap
