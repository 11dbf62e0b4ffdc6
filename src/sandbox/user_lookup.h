// Whom a program runs as: the user of an image config, looked up in the tree's own passwd and group.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace bootstrap {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< supplementary
  std::string home = "/";
};

/// Understands "", "name", "uid", "name:group", "uid:gid" as OCI image configs have them; "" is root. A
/// number need not be listed. Supplementary groups are those that list the user, unless a group is named.
/// `root` is a descriptor of a hostile tree: its files are bounded, never blocked on, and lines that are not
/// well-formed count for nothing. Throws kFailure when there is no such user or group.
Identity find_identity(int root, const std::string& user);

}  // namespace bootstrap
