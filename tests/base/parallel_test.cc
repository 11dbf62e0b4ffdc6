#include "base/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("every piece is done exactly once") {
  for (unsigned jobs : {0U, 1U, 4U, 100U}) {
    std::vector<std::atomic<int>> done(50);
    parallel_for(done.size(), jobs, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done)
      CHECK(times == 1);
  }
  parallel_for(0, 4, [](std::size_t) { FAIL("there is no work"); });
}

TEST_CASE("the first failure comes back and no new work starts") {
  std::atomic<int> started{0};
  CHECK_THROWS_AS(parallel_for(1000, 1,
                               [&](std::size_t i) {
                                 ++started;
                                 if (i == 3)
                                   throw std::runtime_error("piece 3");
                               }),
                  std::runtime_error);
  CHECK(started == 4);
}
