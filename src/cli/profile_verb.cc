// `bootstrap profile`.
#include <fmt/format.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/found_image.h"
#include "cli/test_text.h"
#include "cli/verbs.h"
#include "pipeline/record.h"
#include "smoke/profile.h"

namespace bootstrap {

namespace {

std::string listed(const std::vector<std::string>& items) {
  return items.empty() ? "none" : fmt::format("{}", fmt::join(items, ", "));
}

void print_profile(const Profile& profile, const std::filesystem::path& file) {
  fmt::print("  system calls   {}\n", profile.calls.size());
  fmt::print("  capabilities   {}\n", listed(profile.capabilities));
  fmt::print("  writes in      {}\n", listed(profile.writes));
  fmt::print("  ports          {}\n", listed(profile.ports));
  fmt::print("  written to     {}\n", file.string());
  fmt::print("  for podman     {}\n", fmt::join(container_flags(profile, file), " "));
}

}  // namespace

int profile_verb(const ProfileArguments& arguments, const CommonOptions& common, Printer& printer) {
  const FoundImage image = find_image(arguments.reference, common);
  const VersionRecord record = read_record(image.layout, image.version.manifest);
  if (record.tests.empty()) {
    throw Error(ErrorKind::kUsage, image.layout.name() + " has no smoke tests to learn from",
                "add `tests` to its recipe");
  }
  printer.stage(image.layout.name(), fmt::format("watching {} smoke tests", record.tests.size()));
  const Learned learned =
      learn_profile(image.layout, image.version.manifest, record.tests, record.limits, find_worker_program(),
                    [&](std::string_view text) { printer.detail(text); });
  if (!learned.profile) {
    if (common.json)
      fmt::print("{}", canonical_json(to_json(learned.report)));
    else
      print_tests(learned.report, printer);
    return static_cast<int>(ErrorKind::kTestFailed);
  }
  const std::string document = canonical_json(profile_document(*learned.profile));
  if (!arguments.output.empty())
    write_file(arguments.output, document, Durability::kDurable);
  if (arguments.output.empty() || common.json) {
    fmt::print("{}", document);
    return 0;
  }
  fmt::print("{} {}\n", printer.bold(image.layout.name()), printer.bold(image.version.version));
  print_profile(*learned.profile, arguments.output);
  return 0;
}

}  // namespace bootstrap
