// Writes what our deflate makes of its samples, for test_other_machines.py. It needs nothing but the encoder,
// so it can be compiled for machines whose libraries are not here.
#include <cstdio>

#include "package/deflate.h"
#include "package/deflate_samples.h"

int main() {
  bootstrap::DeflateEncoder encoder;
  for (const bootstrap::DeflateSample& sample : bootstrap::deflate_samples()) {
    const std::string_view bytes = encoder.encode(sample.data);
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
