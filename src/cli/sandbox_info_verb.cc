// bootstrap sandbox-info
#include <fmt/format.h>

#include "base/json.h"
#include "cli/verbs.h"
#include "runner/sandbox_info.h"

namespace bootstrap {

namespace {

std::string verdict(const SandboxInfo& info) {
  if (!info.possible)
    return "Programs cannot be run in boxes here.";
  if (info.steps.empty()) {
    return "Programs run in boxes with all that docs/security.md promises; what is missing above is not "
           "needed for that.";
  }
  return fmt::format(
      "Programs run in boxes that are weaker than full ones: {}. docs/security.md, \"The ladder\", "
      "says what that costs.",
      fmt::join(info.steps, ", "));
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
