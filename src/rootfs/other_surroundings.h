// Where scripts run a second time (rootfs/repeat.h): everything that they are not meant to depend on, and
// that can be, is another there than the first time: the clock, the order in which directories are read,
// process and inode numbers, the host's name, the number of cores.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "rootfs/tree.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// As long as "localhost", so that what holds the name differs in nothing but the name.
inline constexpr const char* kOtherHostname = "otherhost";

/// Leaves this process and its children one core, and lets inodes of the empty tree be numbered from
/// elsewhere.
void enter_other_surroundings(const Tree& tree);

/// Shows other surroundings to every maintainer script.
class OtherSurroundings : public Sandbox {
 public:
  /// `library` is the content of bootstrap-surroundings.so; empty when the tree's programs cannot load it:
  /// then they see the real clock, and directories as they are.
  OtherSurroundings(std::unique_ptr<Sandbox> sandbox, std::string library)
      : sandbox_(std::move(sandbox)), library_(std::move(library)) {}

  SandboxResult run(const SandboxSpec& spec) override;

 private:
  std::unique_ptr<Sandbox> sandbox_;
  std::string library_;
};

}  // namespace bootstrap
