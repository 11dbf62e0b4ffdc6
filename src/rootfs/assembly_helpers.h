// The files beside bootstrap-worker that an `assemble` job is given.
#pragma once

#include <filesystem>

#include "base/fd.h"
#include "rootfs/assemble.h"

namespace bootstrap {

class AssemblyHelpers {
 public:
  /// Scripts run in their own surroundings; or in others, where the tree's programs can load what shows them.
  enum class Surroundings { kOwn, kOther };

  /// Throws when one that is to be used is not there.
  AssemblyHelpers(const AssembleRequest& request, const std::filesystem::path& worker_program,
                  Surroundings surroundings = Surroundings::kOwn);

  /// bootstrap-accelerator and bootstrap-surroundings.so; empty files when they are not to be used.
  int accelerator() const { return accelerator_.get(); }
  int surroundings() const { return surroundings_.get(); }
  /// Whether the tree's programs can load the library for other surroundings.
  static bool can_load_surroundings(const AssembleRequest& request);

 private:
  UniqueFd accelerator_;
  UniqueFd surroundings_;
};

}  // namespace bootstrap
