// What every fuzzer has in common: input that is refused with an Error has been dealt with; anything else
// that comes out of a reader (another exception, a crash, a hang, a leak, undefined behaviour) is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace bootstrap {

/// Ends the run: the fuzzer keeps the input.
inline void require(bool holds) {
  if (!holds)
    std::abort();
}

template <typename Reader>
int read_input(const std::uint8_t* data, std::size_t size, Reader reader) {
  try {
    reader(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}

}  // namespace bootstrap

/// The body of a fuzzer; `input` is its std::string_view.
#define FUZZ(input)                                                                   \
  static void fuzz_one(std::string_view input);                                       \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    return bootstrap::read_input(data, size, fuzz_one);                               \
  }                                                                                   \
  static void fuzz_one(std::string_view input)
