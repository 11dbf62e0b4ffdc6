// How this room refuses what it reads.
#pragma once

#include <string>

#include "base/error.h"

namespace bootstrap {

/// Throws kFailure. Which file it is about is for those to say who know its name.
[[noreturn]] inline void fail(const std::string& what) {
  throw Error(ErrorKind::kFailure, what);
}

}  // namespace bootstrap
