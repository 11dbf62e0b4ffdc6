// Native versions of helper programs (bootstrap-accelerator) in the place of those that maintainer scripts
// call, while they run and only in their box's view of the tree. A helper is covered only when its original
// is, byte for byte, one that the native version is known to equal; what that does not cover it hands over to
// the original. So the tree that results is the same, only sooner. docs/architecture.md says more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rootfs/tree.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// What to bind into a box with this tree: empty when it has no helper that is known.
/// `program` is the content of bootstrap-accelerator, or empty when it is not to be used.
std::vector<FileMount> accelerator_mounts(const Tree& tree, const std::string& program);

/// Adds these mounts to every run of a maintainer script.
class AcceleratedSandbox : public Sandbox {
 public:
  AcceleratedSandbox(std::unique_ptr<Sandbox> sandbox, std::string program)
      : sandbox_(std::move(sandbox)), program_(std::move(program)) {}

  SandboxResult run(const SandboxSpec& spec) override;

 private:
  std::unique_ptr<Sandbox> sandbox_;
  std::string program_;
};

}  // namespace bootstrap
