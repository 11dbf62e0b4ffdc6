#include "rootfs/other_surroundings.h"

#include <fcntl.h>
#include <sched.h>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

// On the box's own tmpfs: never in the tree.
constexpr const char* kLibrary = "run/bootstrap/surroundings.so";
// Above what a box comes to by itself, and below the kernel's smallest limit.
constexpr unsigned kLastProcess = 20000;
constexpr int kSkippedInodes = 1000;

void keep_one_core() {
  cpu_set_t cores;
  check(::sched_getaffinity(0, sizeof cores, &cores), "sched_getaffinity");
  int last = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    last = CPU_ISSET(core, &cores) ? core : last;
  CPU_ZERO(&cores);
  CPU_SET(last, &cores);
  check(::sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

}  // namespace

void enter_other_surroundings(const Tree& tree) {
  keep_one_core();
  for (int i = 0; i < kSkippedInodes; ++i)
    open_beneath(tree.root(), ".", O_TMPFILE | O_WRONLY, 0600);
}

SandboxResult OtherSurroundings::run(const SandboxSpec& spec) {
  if (spec.profile != SandboxProfile::kMaintainerScript)
    return sandbox_->run(spec);
  SandboxSpec other = spec;
  other.last_process = kLastProcess;
  if (!library_.empty()) {
    other.files.push_back({kLibrary, library_, 0644, true});
    other.env["LD_PRELOAD"] = std::string("/") + kLibrary;
  }
  return sandbox_->run(other);
}

}  // namespace bootstrap
