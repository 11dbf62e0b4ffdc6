#include "package/path_order.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a directory is followed by all that is in it, whatever its neighbours are called") {
  std::mt19937 dice(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> paths;
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (int depth = static_cast<int>(dice() % 4); depth >= 0; --depth) {
        path += path.empty() ? "" : "/";
        for (int length = static_cast<int>(dice() % 2); length >= 0; --length)
          path += "a-.!+ \x01\xff"[dice() % 8];
      }
      paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end(), PathOrder());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    for (const std::string& path : paths) {
      const auto is_below = [&](const std::string& other) { return other.starts_with(path + "/"); };
      const auto self = std::find(paths.begin(), paths.end(), path);
      const auto end = std::find_if_not(self + 1, paths.end(), is_below);
      INFO(path);
      CHECK(std::none_of(paths.begin(), self, is_below));
      CHECK(std::none_of(end, paths.end(), is_below));
    }
  }
}
