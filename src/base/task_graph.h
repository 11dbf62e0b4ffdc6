// Work that depends on other work, on several threads: what is ready runs, the most urgent first, and what
// depends on something that failed never starts.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace bootstrap {

class TaskGraph {
 public:
  using Id = std::size_t;

  /// A piece of work that starts when all tasks in `after` are done. Of those that are ready, the one with
  /// the lowest `rank` is taken first, then the one that was added first.
  Id add(std::vector<Id> after, int rank, std::function<void()> work);
  /// Something that happens outside, such as a download: it is done when complete() says so.
  Id add_event();

  /// From any thread, also before run().
  void complete(Id event);
  void fail(Id event, const std::exception_ptr& error);

  /// Runs everything on `jobs` threads and returns when each task is done, has failed, or can never start.
  /// An event must come to an end.
  void run(unsigned jobs);

  /// What a task threw, or what the first task failed with that it waited for; null when it was done.
  std::exception_ptr failure(Id task) const;

 private:
  enum class State { kWaiting, kDone, kFailed };
  struct Task {
    std::function<void()> work;
    int rank = 0;
    std::size_t missing = 0;  ///< tasks that it still waits for
    std::vector<Id> dependents;
    State state = State::kWaiting;
    std::exception_ptr error;
  };

  void work();
  void finish(Id id);
  void fail_with_dependents(Id id, const std::exception_ptr& error);
  void make_ready(Id id);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;
  std::set<std::pair<int, Id>> ready_;
  std::size_t open_ = 0;  ///< tasks which are neither done nor failed
};

}  // namespace bootstrap
