// `bootstrap audit`.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "audit/image_audit.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/found_image.h"
#include "cli/verbs.h"
#include "pipeline/record.h"
#include "pipeline/why.h"

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

/// The package whose file it is; empty when it is none's.
std::string owner_of(const std::string& path, const Explainer& explainer) {
  try {
    const Explanation explanation = explainer.explain(path);
    return explanation.chain.empty() ? "" : explanation.chain.front().package;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage)
      throw;
    return "";
  }
}

/// By path, for those that are there.
std::map<std::string, std::string> owners_of(const std::vector<AuditedSecret>& secrets,
                                             const FoundImage& image, const VersionRecord& record) {
  std::map<std::string, std::string> owners;
  if (secrets.empty())
    return owners;
  const Explainer explainer(image.layout, image.version.manifest, record);
  for (const AuditedSecret& secret : secrets)
    owners[secret.path] = owner_of(secret.path, explainer);
  return owners;
}

void print_secrets(const std::vector<AuditedSecret>& secrets,
                   const std::map<std::string, std::string>& owners) {
  fmt::print("  {:<14} {}\n", "secrets", secrets.size());
  for (const AuditedSecret& secret : secrets) {
    const std::string& owner = owners.at(secret.path);
    fmt::print("    {}: {}, {}\n", terminal_safe(secret.path), name_of(secret.kind),
               owner.empty() ? "no package's: made by a script or the recipe's own" : "shipped by " + owner);
  }
}

/// What the recipe lets be different in every build.
void print_accepted(const std::vector<AcceptedPath>& accepted) {
  if (accepted.empty())
    return;
  fmt::print("  {:<14} {} may be different in every build\n", "accepted", accepted.size());
  for (const AcceptedPath& one : accepted)
    fmt::print("    {}: {}\n", terminal_safe(one.path), terminal_safe(one.reason));
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
  const std::map<std::string, std::string> owners = owners_of(audit.secrets, image, record);
  if (common.json) {
    Json json = to_json(audit);
    json["name"] = image.layout.name();
    json["version"] = image.version.version;
    json["digest"] = image.version.manifest.oci();
    json["ports"] = record.ports;
    for (Json& secret : json["secrets"])
      secret["package"] = owners.at(secret.at("path").get<std::string>());
    json["accepted"] = Json::array();
    for (const AcceptedPath& one : record.accepted)
      json["accepted"].push_back({{"path", one.path}, {"reason", one.reason}});
    fmt::print("{}", canonical_json(json));
    return 0;
  }
  fmt::print("{} {}\n", image.layout.name(), image.version.version);
  print_files("setuid, setgid", audit.tree.setuid);
  fmt::print("  {:<14} {}\n", "capabilities", audit.tree.capable.size());
  for (const CapableFile& file : audit.tree.capable)
    fmt::print("    {} {}\n", terminal_safe(file.path), fmt::join(file.capabilities, ","));
  print_files("world-writable", audit.tree.world_writable);
  print_secrets(audit.secrets, owners);
  print_accepted(record.accepted);
  print_accounts(audit.tree.accounts);
  fmt::print(
      "  {:<14} {}\n", "ports",
      record.ports.empty() ? "none seen in its tests" : fmt::format("{}", fmt::join(record.ports, ", ")));
  print_programs(audit.programs);
  return 0;
}

}  // namespace bootstrap
