// Whose script was running when. What a path was changed by is told by its ctime, which a script cannot set.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bootstrap {

class ScriptTimes {
 public:
  /// Of everything that is processed at the end of a stage.
  static constexpr const char* kTriggers = "a trigger";

  /// All changes after `time` (nanoseconds, of the clock that file systems use) are those of `who`: a
  /// package, kTriggers, or nobody that could be told (empty).
  void begin(std::int64_t time, std::string who) { begun_[time] = std::move(who); }
  /// Who changed what was changed at `time`; empty when that cannot be told.
  std::string at(std::int64_t time) const {
    const auto after = begun_.lower_bound(time);
    return after == begun_.begin() ? std::string() : std::prev(after)->second;
  }

  /// Now. What is changed after the next tick of that clock (wait_for_clock_tick()) is later, and what was
  /// changed already is not: a file system may tell a time more exactly than its clock ticks.
  static std::int64_t now();

 private:
  std::map<std::int64_t, std::string> begun_;
};

}  // namespace bootstrap
