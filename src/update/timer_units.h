// The systemd units of a nightly update (systemd.service(5), systemd.timer(5), systemd.exec(5)).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bootstrap {

struct TimerSpec {
  std::filesystem::path program;                ///< absolute
  std::vector<std::string> arguments;           ///< of it; paths among them absolute
  std::vector<std::filesystem::path> writable;  ///< directories that the update writes to, absolute
  std::string on_calendar;                      ///< systemd.time(7)
  bool user = false;                            ///< for a user's own service manager
};

struct SystemdUnit {
  std::string name;  ///< "bootstrap-update.timer"
  std::string text;
};

/// What every unit of ours begins with; a unit of the same name that does not is somebody else's.
inline constexpr std::string_view kUnitMark = "# Written by bootstrap install-timer\n";
inline constexpr std::string_view kServiceName = "bootstrap-update.service";
inline constexpr std::string_view kTimerName = "bootstrap-update.timer";

/// The service, hardened as far as the sandbox of maintainer scripts and smoke tests leaves room, and its
/// timer. Throws kUsage for control characters, which a unit cannot hold.
std::vector<SystemdUnit> make_timer_units(const TimerSpec& spec);

}  // namespace bootstrap
