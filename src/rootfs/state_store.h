// States in the store: the tar, and beside it what is known about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/json.h"
#include "rootfs/assemble.h"
#include "rootfs/steps.h"

namespace bootstrap {

/// nullopt when it is not there. The tar is checked against the digest that was noted; when either is missing
/// or wrong, both have to be made again.
std::optional<AssembledState> find_state(const Store& store, const std::string& key);

/// A state being written: its tar, and then what is known about it. Gone again unless it is committed.
class NewState {
 public:
  /// `step` must outlive this.
  NewState(const Store& store, const Step& step);

  int fd() const { return tar_.fd(); }
  void commit(const Json& masked, const std::vector<std::string>& notes);

 private:
  const Store& store_;
  const Step& step_;
  AtomicFile tar_;
};

}  // namespace bootstrap
