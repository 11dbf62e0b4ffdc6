// What of an image's tree gives rights or takes protection away: told from metadata and the account files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/flat_tree.h"

namespace bootstrap {

struct PrivilegedFile {
  std::string path;  ///< absolute, as all of these
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

struct CapableFile {
  std::string path;
  std::vector<std::string> capabilities;  ///< "CAP_NET_RAW"
};

struct AuditedAccount {
  enum class Password { kLocked, kNone /* anybody may log in */, kSet };
  std::string name;
  std::uint64_t uid = 0;
  std::string shell;
  bool login_shell = false;  ///< one that runs commands
  Password password = Password::kLocked;
};

struct TreeAudit {
  std::vector<PrivilegedFile> setuid;  ///< and setgid files
  std::vector<CapableFile> capable;
  std::vector<PrivilegedFile> world_writable;  ///< files, and directories without the sticky bit
  std::vector<AuditedAccount> accounts;        ///< that have a password or a login shell
};

/// `passwd` and `shadow` are the contents of those files; empty where there is none.
TreeAudit audit_tree(const std::vector<FlatTree::Item>& items, const std::string& passwd,
                     const std::string& shadow);

}  // namespace bootstrap
