#include "runner/ip_forwarding.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

constexpr const char* kInterfaces = "/proc/sys/net/ipv4/conf";
constexpr std::string_view kOff = "0\n";
constexpr std::string_view kOurs = "2\n";

std::filesystem::path switch_of(const std::string& interface) {
  return std::filesystem::path(kInterfaces) / interface / "forwarding";
}

/// Empty for an interface that has just gone.
std::string state_of(const std::string& interface) {
  UniqueFd fd(::open(switch_of(interface).c_str(), O_RDONLY | O_CLOEXEC));
  return fd ? read_all(fd.get()) : std::string();
}

void set(const std::string& interface, std::string_view state) {
  if (UniqueFd fd{::open(switch_of(interface).c_str(), O_WRONLY | O_CLOEXEC)})
    write_all(fd.get(), state);
}

/// An interface may have a name that cannot be in the packet rules; that one is left alone.
bool can_be_named(const std::string& interface) {
  return interface.find_first_of("\"\\*") == std::string::npos;
}

}  // namespace

std::vector<std::string> interfaces_that_forward_nothing() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kInterfaces)) {
    const std::string name = entry.path().filename();
    const std::string state = state_of(name);
    if (name != "all" && name != "default" && can_be_named(name) && (state == kOff || state == kOurs))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void start_forwarding() {
  for (const std::string& name : interfaces_that_forward_nothing())
    set(name, kOurs);
}

void stop_forwarding() {
  for (const std::string& name : interfaces_that_forward_nothing())
    set(name, kOff);
}

}  // namespace bootstrap
