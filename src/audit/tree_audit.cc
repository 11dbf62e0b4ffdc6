#include "audit/tree_audit.h"

#include <linux/capability.h>

#include <charconv>
#include <cstring>
#include <map>
#include <sstream>

#include "sandbox/capability_names.h"

namespace bootstrap {
namespace {

constexpr std::uint32_t kSetuid = 04000;
constexpr std::uint32_t kSetgid = 02000;
constexpr std::uint32_t kSticky = 01000;
constexpr std::uint32_t kOthersWrite = 00002;

/// security.capability (vfs_cap_data, little-endian): a header, then pairs of permitted and inheritable
/// words.
std::uint64_t permitted_capabilities(const std::string& value) {
  auto word = [&](std::size_t index) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4 && index * 4 + i < value.size(); ++i)
      number |= static_cast<std::uint32_t>(static_cast<unsigned char>(value[index * 4 + i])) << (8 * i);
    return number;
  };
  return word(1) | static_cast<std::uint64_t>(word(3)) << 32;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line + ":");
  for (std::string field; std::getline(stream, field, ':');)
    fields.push_back(field);
  return fields;
}

/// crypt(5): a hash never begins with these, and a field that does lets nobody in.
AuditedAccount::Password password_state(const std::string& field) {
  if (field.empty())
    return AuditedAccount::Password::kNone;
  return field[0] == '!' || field[0] == '*' || field == "x" ? AuditedAccount::Password::kLocked
                                                            : AuditedAccount::Password::kSet;
}

bool is_login_shell(const std::string& shell) {
  return !shell.ends_with("/nologin") && !shell.ends_with("/false") && !shell.ends_with("/sync");
}

std::vector<AuditedAccount> audit_accounts(const std::string& passwd, const std::string& shadow) {
  std::map<std::string, std::string> hashes;
  std::istringstream shadow_lines(shadow);
  for (std::string line; std::getline(shadow_lines, line);) {
    const auto fields = fields_of(line);
    if (fields.size() >= 2)
      hashes[fields[0]] = fields[1];
  }
  std::vector<AuditedAccount> accounts;
  std::istringstream lines(passwd);
  for (std::string line; std::getline(lines, line);) {
    const auto fields = fields_of(line);
    if (fields.size() != 7)
      continue;
    AuditedAccount account;
    account.name = fields[0];
    std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), account.uid);
    account.shell = fields[6];
    account.login_shell = is_login_shell(account.shell);  // none is /bin/sh
    const auto hash = hashes.find(account.name);
    account.password = password_state(fields[1] == "x" && hash != hashes.end() ? hash->second : fields[1]);
    if (account.login_shell || account.password != AuditedAccount::Password::kLocked)
      accounts.push_back(std::move(account));
  }
  return accounts;
}

}  // namespace

TreeAudit audit_tree(const std::vector<FlatTree::Item>& items, const std::string& passwd,
                     const std::string& shadow) {
  TreeAudit audit;
  for (const FlatTree::Item& item : items) {
    const Entry& entry = item.entry;
    const bool file = entry.type == EntryType::kFile || entry.type == EntryType::kHardlink;
    const PrivilegedFile place{"/" + entry.path, entry.mode, entry.uid, entry.gid};
    if (file && (entry.mode & (kSetuid | kSetgid)) != 0)
      audit.setuid.push_back(place);
    // Devices are for everybody to write, and links have no rights of their own.
    const bool directory = entry.type == EntryType::kDirectory && (entry.mode & kSticky) == 0;
    if ((file || directory) && (entry.mode & kOthersWrite) != 0)
      audit.world_writable.push_back(place);
    if (const auto value = entry.xattrs.find("security.capability"); value != entry.xattrs.end())
      audit.capable.push_back({place.path, capability_names(permitted_capabilities(value->second))});
  }
  audit.accounts = audit_accounts(passwd, shadow);
  return audit;
}

}  // namespace bootstrap
