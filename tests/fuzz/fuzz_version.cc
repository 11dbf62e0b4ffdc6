// Versions, three at a time, one on a line: they have one order.
#include <array>

#include "debian/version.h"
#include "fuzz/fuzz.h"

using namespace bootstrap;

namespace {

int sign(int value) {
  return (value > 0) - (value < 0);
}

}  // namespace

FUZZ(input) {
  std::array<std::string_view, 3> versions;
  for (std::string_view& version : versions) {
    version = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(version.size() + 1, input.size()));
    if (!is_valid_version(version))
      return;
  }
  const auto [a, b, c] = versions;
  require(compare_versions(a, a) == 0);
  require(sign(compare_versions(a, b)) == -sign(compare_versions(b, a)));
  if (compare_versions(a, b) <= 0 && compare_versions(b, c) <= 0)
    require(compare_versions(a, c) <= 0);
}
