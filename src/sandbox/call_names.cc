#include "sandbox/call_names.h"

#include <seccomp.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace bootstrap {

namespace {

constexpr std::string_view kUnnamedCall = "syscall_";

/// Newer than the libseccomp of Debian 12. From 424 on the numbers are the same on every architecture.
constexpr std::pair<int, const char*> kNewCalls[] = {{450, "set_mempolicy_home_node"},
                                                     {451, "cachestat"},
                                                     {452, "fchmodat2"},
                                                     {453, "map_shadow_stack"},
                                                     {454, "futex_wake"},
                                                     {455, "futex_wait"},
                                                     {456, "futex_requeue"}};

}  // namespace

std::string call_name(int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  if (name)
    return name.get();
  for (const auto& [new_number, new_name] : kNewCalls) {
    if (new_number == number)
      return new_name;
  }
  return std::string(kUnnamedCall) + std::to_string(number);
}

std::optional<int> call_number(const std::string& name) {
  for (const auto& [number, new_name] : kNewCalls) {
    if (name == new_name)
      return number;
  }
  if (name.starts_with(kUnnamedCall)) {
    int number = 0;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + kUnnamedCall.size(), end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(number) : std::nullopt;
  }
  const int number = ::seccomp_syscall_resolve_name(name.c_str());
  return number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace bootstrap
