// Inputs for our deflate, of every kind that matters to it. They follow from a generator that is the same on
// every machine, so that what they are encoded to can be compared between machines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "package/deflate.h"

namespace bootstrap {

struct DeflateSample {
  std::string name;
  std::string data;
};

/// Knuth's linear congruential generator (MMIX).
class SampleGenerator {
 public:
  explicit SampleGenerator(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

inline std::string noise_sample(std::size_t size, std::uint32_t alphabet) {
  SampleGenerator random(size + alphabet);
  std::string data(size, '\0');
  for (char& c : data)
    c = static_cast<char>(random.next(alphabet));
  return data;
}

inline std::string text_sample(std::size_t size) {
  SampleGenerator random(size);
  std::string data;
  while (data.size() < size) {
    data += "line ";  // one call after the other: the order within an expression is the compiler's
    data += std::to_string(random.next(5000));
    data += random.next(3) == 0 ? '\n' : ' ';
  }
  data.resize(size);
  return data;
}

/// Fixed records with counters, as tables of programs are.
inline std::string table_sample(std::size_t size) {
  SampleGenerator random(size);
  std::string data;
  for (std::uint32_t address = 0x4000; data.size() < size; address += 16 + random.next(64)) {
    data += std::string("\x14\0\0\0", 4);
    for (int shift = 0; shift < 32; shift += 8)
      data += static_cast<char>(address >> shift & 0xff);
    data += std::string("\xff\xff\0\0", 4);
  }
  data.resize(size);
  return data;
}

/// Symbols each twice as frequent as the next: an optimal code would be longer than deflate allows.
inline std::string skewed_sample() {
  std::string data;
  SampleGenerator random(1);
  for (int i = 0; i < 400000; ++i) {
    int symbol = 0;
    while (symbol < 28 && random.next(2) == 0)
      ++symbol;
    data += static_cast<char>('A' + symbol);
  }
  return data;
}

inline std::vector<DeflateSample> deflate_samples() {
  std::vector<DeflateSample> samples{{"nothing", ""},
                                     {"one byte", "x"},
                                     {"shorter than any match", "abcd"},
                                     {"all bytes", ""},
                                     {"noise", noise_sample(DeflateEncoder::kLargest, 256)},
                                     {"text", text_sample(DeflateEncoder::kLargest)},
                                     {"table", table_sample(DeflateEncoder::kLargest)},
                                     {"few symbols", noise_sample(300000, 3)},
                                     {"skewed", skewed_sample()},
                                     {"one byte all over", std::string(DeflateEncoder::kLargest, 'x')}};
  for (int i = 0; i < 256; ++i)
    samples[3].data += static_cast<char>(i);
  for (const std::size_t size : {2, 3, 5, 6, 257, 258, 259, 263, 32767, 32768, 32769, 65535, 65536, 65537})
    samples.push_back({"a run of " + std::to_string(size), std::string(size, '\0')});
  for (const std::size_t size : {7, 300, 32773, 70001, 131072})
    samples.push_back({"text of " + std::to_string(size), text_sample(size)});
  // The statistics change in the middle, and a match goes back as far as it may.
  samples.push_back({"mixed", text_sample(100000) + noise_sample(100000, 256) + table_sample(100000)});
  const std::string unit = noise_sample(500, 256);
  for (const std::size_t gap : {32768 - 501, 32768 - 500, 32768 - 499})
    samples.push_back({"far by " + std::to_string(gap), unit + std::string(gap, '-') + unit});
  return samples;
}

}  // namespace bootstrap
