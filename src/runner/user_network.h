// `--network user`: a program of the machine, pasta or slirp4netns, carries the box's packets over sockets of
// its own, with the rights of whoever runs it. It needs no root, and nothing of the machine's network
// changes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runner/box_network.h"

namespace bootstrap {

class UserNetwork {
 public:
  /// Throws kSandbox with the remedy when the machine has neither program, or no tun device for them.
  explicit UserNetwork(std::vector<Ipv4Network> reachable);
  ~UserNetwork();
  UserNetwork(const UserNetwork&) = delete;
  UserNetwork& operator=(const UserNetwork&) = delete;

  const std::filesystem::path& program() const { return program_; }
  const BoxNetwork& box() const { return box_; }
  /// Starts the program for the namespaces of this process. It ends with this object, and with this process.
  void connect(pid_t worker);
  /// The end of what the program had to say, for when the box's network does not come up.
  std::string complaint() const;

 private:
  std::filesystem::path program_;
  BoxNetwork box_;
  UniqueFd messages_;
  UniqueFd lifeline_;  ///< a guard ends the program when nobody has it any more
  pid_t guard_ = -1;
};

}  // namespace bootstrap
