#include "base/task_graph.h"

#include <algorithm>
#include <thread>

namespace bootstrap {

TaskGraph::Id TaskGraph::add(std::vector<Id> after, int rank, std::function<void()> work) {
  std::lock_guard guard(mutex_);
  const Id id = tasks_.size();
  Task& task = tasks_.emplace_back();
  task.work = std::move(work);
  task.rank = rank;
  ++open_;
  std::sort(after.begin(), after.end());
  after.erase(std::unique(after.begin(), after.end()), after.end());
  for (Id other : after) {
    if (tasks_[other].state == State::kWaiting) {
      tasks_[other].dependents.push_back(id);
      ++task.missing;
    }
  }
  for (Id other : after) {
    if (tasks_[other].state == State::kFailed) {
      fail_with_dependents(id, tasks_[other].error);
      return id;
    }
  }
  if (task.missing == 0)
    make_ready(id);
  return id;
}

TaskGraph::Id TaskGraph::add_event() {
  std::lock_guard guard(mutex_);
  tasks_.emplace_back();
  ++open_;
  return tasks_.size() - 1;
}

void TaskGraph::complete(Id event) {
  std::lock_guard guard(mutex_);
  finish(event);
}

void TaskGraph::fail(Id event, const std::exception_ptr& error) {
  std::lock_guard guard(mutex_);
  fail_with_dependents(event, error);
}

void TaskGraph::run(unsigned jobs) {
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < jobs; ++i)
    threads.emplace_back([this] { work(); });
  work();
}

std::exception_ptr TaskGraph::failure(Id task) const {
  std::lock_guard guard(mutex_);
  return tasks_[task].error;
}

void TaskGraph::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return open_ == 0 || !ready_.empty(); });
    if (ready_.empty())
      return;
    const Id id = ready_.begin()->second;
    ready_.erase(ready_.begin());
    auto work = std::move(tasks_[id].work);
    lock.unlock();
    std::exception_ptr error;
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
    work = nullptr;  // what it holds may be large, and is not ours to keep under the lock
    lock.lock();
    if (error)
      fail_with_dependents(id, error);
    else
      finish(id);
  }
}

void TaskGraph::finish(Id id) {
  Task& task = tasks_[id];
  if (task.state != State::kWaiting)
    return;
  task.state = State::kDone;
  --open_;
  for (Id dependent : task.dependents) {
    Task& next = tasks_[dependent];
    if (--next.missing == 0 && next.state == State::kWaiting)
      make_ready(dependent);
  }
  if (open_ == 0)
    changed_.notify_all();
}

void TaskGraph::fail_with_dependents(Id id, const std::exception_ptr& error) {
  std::vector<Id> failing{id};
  while (!failing.empty()) {
    Task& task = tasks_[failing.back()];
    failing.pop_back();
    if (task.state != State::kWaiting)
      continue;
    task.state = State::kFailed;
    task.error = error;
    task.work = nullptr;
    --open_;
    failing.insert(failing.end(), task.dependents.begin(), task.dependents.end());
  }
  if (open_ == 0)
    changed_.notify_all();
}

void TaskGraph::make_ready(Id id) {
  ready_.emplace(tasks_[id].rank, id);
  changed_.notify_one();
}

}  // namespace bootstrap
