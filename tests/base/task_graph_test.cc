#include "base/task_graph.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.h"

using namespace bootstrap;

namespace {

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

}  // namespace

TEST_CASE("tasks run after those they depend on") {
  for (unsigned jobs : {1U, 2U, 8U}) {
    TaskGraph graph;
    std::atomic<int> parents = 0;
    std::vector<TaskGraph::Id> first;
    for (int i = 0; i < 50; ++i)
      first.push_back(graph.add({}, 0, [&] { ++parents; }));
    int seen = -1;
    const auto last = graph.add(first, 0, [&] { seen = parents; });
    graph.run(jobs);
    CHECK(seen == 50);
    CHECK(graph.failure(last) == nullptr);
  }
}

TEST_CASE("of the tasks that are ready the lowest rank goes first, then the oldest") {
  TaskGraph graph;
  std::string order;
  graph.add({}, 2, [&] { order += 'c'; });
  graph.add({}, 1, [&] { order += 'a'; });
  graph.add({}, 1, [&] { order += 'b'; });
  graph.run(1);
  CHECK(order == "abc");
}

TEST_CASE("what depends on a failure never starts, and all else goes on") {
  TaskGraph graph;
  bool started = false;
  bool other = false;
  const auto failing = graph.add({}, 0, [] { throw std::runtime_error("broken"); });
  const auto child = graph.add({failing}, 0, [&] { started = true; });
  const auto grandchild = graph.add({child}, 0, [&] { started = true; });
  const auto independent = graph.add({}, 1, [&] { other = true; });
  graph.run(2);
  CHECK_FALSE(started);
  CHECK(other);
  CHECK(graph.failure(independent) == nullptr);
  CHECK(message_of(graph.failure(failing)) == "broken");
  CHECK(message_of(graph.failure(grandchild)) == "broken");
}

TEST_CASE("events from outside let tasks start or fail") {
  TaskGraph graph;
  const auto good = graph.add_event();
  const auto bad = graph.add_event();
  bool ran = false;
  const auto after_good = graph.add({good}, 0, [&] { ran = true; });
  const auto after_bad = graph.add({bad, good}, 0, [] {});
  std::jthread outside([&] {
    graph.complete(good);
    graph.fail(bad, std::make_exception_ptr(std::runtime_error("cut")));
  });
  graph.run(2);
  CHECK(ran);
  CHECK(graph.failure(after_good) == nullptr);
  CHECK(message_of(graph.failure(after_bad)) == "cut");
}

TEST_CASE("a task added after its dependency ended knows how that ended") {
  TaskGraph graph;
  const auto done = graph.add_event();
  const auto failed = graph.add_event();
  graph.complete(done);
  graph.fail(failed, std::make_exception_ptr(std::runtime_error("gone")));
  bool ran = false;
  graph.add({done}, 0, [&] { ran = true; });
  const auto never = graph.add({failed}, 0, [] {});
  graph.run(1);
  CHECK(ran);
  CHECK(message_of(graph.failure(never)) == "gone");
}
