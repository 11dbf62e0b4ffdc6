// What a program wrote, within a bound: its beginning and its end, for a failure is explained by its last
// lines and caused by its first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bootstrap {

class CapturedOutput {
 public:
  /// Keeps up to `limit` bytes: half for the beginning, half for the end.
  explicit CapturedOutput(std::uint64_t limit) : half_(limit / 2) {}

  void append(std::string_view data);
  /// Bytes written in all.
  std::uint64_t total() const { return total_; }
  /// With a line that says how much was left out, if anything was.
  std::string text() const;

 private:
  std::uint64_t half_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string tail_;  ///< up to twice its half, so that it is cut rarely
};

}  // namespace bootstrap
