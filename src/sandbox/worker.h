// The worker: a separate program (bootstrap-worker) that is root in a user namespace of its own, on a spare
// id range, with a private mount namespace. All work on a rootfs happens in it, for root and for ordinary
// users alike, so both give the same result by construction, and no process that touches hostile trees has
// any right on the host. It is executed afresh, so it shares no memory with the program that started it.
//
// A job is a name, a JSON document and some descriptors; its result is a JSON document. Errors cross over
// with kind, message and hint.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "base/trace.h"
#include "sandbox/id_range.h"

namespace bootstrap {

struct WorkerJob {
  std::string name;
  Json input;
  std::vector<int> fds;        ///< handed over, in this order
  bool inherit_stdio = false;  ///< the job uses our standard input, output and error, and gets the signals
                               ///< that we get (`bootstrap run`); else /dev/null and captured stderr
  Trace* trace = nullptr;      ///< gets what the worker spent its time on
  /// Handed over after `fds`, opened with our rights but in the worker's own mount namespace, where they can
  /// be mounted elsewhere: see take_mount(). They must be there.
  std::vector<std::filesystem::path> paths = {};
  /// Detached mounts among `fds`: id 0 of the host is to be 0 inside, and so on.
  std::vector<int> translated = {};
  /// Called with the worker's process id when there is one, whose namespaces can be given something.
  std::function<void(pid_t)> started = {};
};

/// A line about what the worker is doing, for the progress display.
using WorkerProgress = std::function<void(std::string_view)>;

/// The program, as find_own_program() finds it.
std::filesystem::path find_worker_program();

/// Runs a job in a new worker and returns its result. The worker and all below it are gone when this returns
/// or this process dies.
Json run_worker(const std::filesystem::path& program, const IdRange& ids, const WorkerJob& job,
                const WorkerProgress& progress);

/// What a worker said at its end. To free all that lay in its file systems takes the kernel a while, and
/// nobody needs to stand and wait for that: whoever drops `remains` last does.
struct WorkerResult {
  Json value;
  std::shared_ptr<void> remains;
};
/// As run_worker(), but returns with the result, when the worker is about to be gone.
WorkerResult run_worker_to_result(const std::filesystem::path& program, const IdRange& ids,
                                  const WorkerJob& job, const WorkerProgress& progress);

/// The worker's side.
struct WorkerContext {
  std::span<UniqueFd> fds;
  std::function<void(std::string_view)> progress;
  Trace& trace;
};
using WorkerFunction = std::function<Json(const Json& input, WorkerContext& context)>;

/// What main() of the worker program calls: sets itself up, runs the job it was started for, and returns the
/// exit status.
int worker_main(int argc, char** argv, const std::map<std::string, WorkerFunction>& jobs);

/// In the worker: a detached mount of what a job got by WorkerJob::paths, or a detached mount that it got as
/// a descriptor.
UniqueFd take_mount(UniqueFd fd);

/// In the worker: one tree of directories that lie over each other, lowest first, without copying anything.
/// `layers` are detached mounts of trees in overlayfs's form. Read-only, and seen by nobody else.
UniqueFd mount_layers(std::vector<UniqueFd> layers);

/// In the worker: mounts a tmpfs of at most `size` bytes (0: half of the memory that is free now) that nobody
/// else sees, and returns a descriptor of it. It vanishes with the worker.
UniqueFd mount_scratch(std::uint64_t size);

}  // namespace bootstrap
