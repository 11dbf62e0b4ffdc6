// `bootstrap audit`.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "audit/image_audit.h"
#include "base/json.h"
#include "cli/found_image.h"
#include "cli/verbs.h"
#include "pipeline/record.h"

namespace bootstrap {

namespace {

void print_files(const char* what, const std::vector<PrivilegedFile>& files) {
  fmt::print("  {:<14} {}\n", what, files.size());
  for (const PrivilegedFile& file : files)
    fmt::print("    {:04o} {}:{} {}\n", file.mode, file.uid, file.gid, terminal_safe(file.path));
}

void print_accounts(const std::vector<AuditedAccount>& accounts) {
  static constexpr const char* kPasswords[] = {"locked", "NONE: anybody may log in", "set"};
  fmt::print("  {:<14} {} with a login shell or a password\n", "accounts", accounts.size());
  for (const AuditedAccount& account : accounts) {
    fmt::print("    {} ({}): shell {}, password {}\n", terminal_safe(account.name), account.uid,
               account.shell.empty() ? "/bin/sh" : terminal_safe(account.shell),
               kPasswords[static_cast<std::size_t>(account.password)]);
  }
}

/// Only what is not as it should be, or the list would be as long as the image has files.
void print_programs(const std::vector<AuditedProgram>& programs) {
  std::size_t tracked = 0;
  std::map<std::string, std::vector<std::string>> lacking;
  for (const AuditedProgram& program : programs) {
    tracked += program.facts.branch_tracking && program.facts.shadow_stack ? 1 : 0;
    for (const std::string& weakness : weaknesses_of(program.facts))
      lacking[weakness].push_back(program.path);
  }
  fmt::print("  {:<14} {} ELF files, {} of them with CET (or BTI and PAC)\n", "programs", programs.size(),
             tracked);
  for (const auto& [weakness, paths] : lacking) {
    constexpr std::size_t kShown = 5;
    fmt::print("    {}: {}\n", weakness, paths.size());
    for (std::size_t i = 0; i < std::min(paths.size(), kShown); ++i)
      fmt::print("      {}\n", terminal_safe(paths[i]));
    if (paths.size() > kShown)
      fmt::print("      and {} more; --json has all\n", paths.size() - kShown);
  }
}

}  // namespace

int audit_verb(const std::string& reference, const CommonOptions& common) {
  const FoundImage image = find_image(reference, common);
  const ImageAudit audit = audit_image(image.layout, image.layout.manifest(image.version.manifest));
  const VersionRecord record = read_record(image.layout, image.version.manifest);
  if (common.json) {
    Json json = to_json(audit);
    json["name"] = image.layout.name();
    json["version"] = image.version.version;
    json["digest"] = image.version.manifest.oci();
    json["ports"] = record.ports;
    fmt::print("{}", canonical_json(json));
    return 0;
  }
  fmt::print("{} {}\n", image.layout.name(), image.version.version);
  print_files("setuid, setgid", audit.tree.setuid);
  fmt::print("  {:<14} {}\n", "capabilities", audit.tree.capable.size());
  for (const CapableFile& file : audit.tree.capable)
    fmt::print("    {} {}\n", terminal_safe(file.path), fmt::join(file.capabilities, ","));
  print_files("world-writable", audit.tree.world_writable);
  print_accounts(audit.tree.accounts);
  fmt::print(
      "  {:<14} {}\n", "ports",
      record.ports.empty() ? "none seen in its tests" : fmt::format("{}", fmt::join(record.ports, ", ")));
  print_programs(audit.programs);
  return 0;
}

}  // namespace bootstrap
