// What the program's exit status says, and which of several outcomes it says.
#pragma once

#include <algorithm>
#include <array>

#include "base/error.h"

namespace bootstrap {

/// `check`: something is pending.
inline constexpr int kPendingExit = 10;

/// Of several outcomes the one that people must hear of first: what is not trusted before what does not work,
/// and both before what may work when it is tried again.
constexpr int worse_exit(int a, int b) {
  constexpr std::array kRanks{static_cast<int>(ErrorKind::kUntrusted),
                              static_cast<int>(ErrorKind::kSandbox),
                              static_cast<int>(ErrorKind::kTestFailed),
                              static_cast<int>(ErrorKind::kUnsolvable),
                              static_cast<int>(ErrorKind::kUsage),
                              static_cast<int>(ErrorKind::kFailure),
                              static_cast<int>(ErrorKind::kNetwork),
                              kPendingExit,
                              0};
  const auto rank = [&](int code) { return std::find(kRanks.begin(), kRanks.end(), code); };
  return rank(a) < rank(b) ? a : b;
}

}  // namespace bootstrap
