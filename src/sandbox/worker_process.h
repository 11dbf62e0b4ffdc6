// Starting the worker program: clone into fresh namespaces, map ids, become root there, execute.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "sandbox/id_range.h"
#include "sandbox/worker_cgroup.h"

namespace bootstrap {

/// The descriptors of a worker that are not the job's own; the job's follow.
inline constexpr int kWorkerInput = 3;
inline constexpr int kWorkerResult = 4;
inline constexpr int kWorkerFirstCgroup =
    5;  ///< cgroups to make groups in; not directories when there are fewer
inline constexpr int kWorkerFirstJobFd = kWorkerFirstCgroup + int{WorkerCgroup::kMaximalGroups};

/// How a worker is started.
struct WorkerStart {
  std::filesystem::path program;
  std::string job;
  std::vector<int> fds;                      ///< become the worker's descriptors 0, 1, 2, ...
  std::vector<std::filesystem::path> paths;  ///< and these those after them; it has no others
  std::vector<int> translated;               ///< see WorkerJob::translated
  bool attended = false;  ///< it is born with forwarded_signals() blocked, for it reads them
};

/// A running worker. It dies with this object, and with this process.
class WorkerProcess {
 public:
  /// Throws kSandbox with the remedy when this machine does not allow it.
  WorkerProcess(const WorkerStart& start, const IdRange& ids, const WorkerCgroup& cgroup);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits for its end and returns the status as wait(2) has it.
  int wait();

 private:
  pid_t pid_ = -1;
  UniqueFd lifeline_;  ///< the worker looks here whether we still live before it relies on PDEATHSIG
};

}  // namespace bootstrap
