#include "base/architecture.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace bootstrap {
namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {"amd64", "arm64", "armel", "armhf", "i386", "loong64", "mips64el", "ppc64el", "riscv64", "s390x"});

struct Machine {
  std::string_view kernel;  ///< as uname(2) calls it
  std::string_view debian;
};
// A MIPS kernel does not say which end of a word it keeps first; Debian has the little-endian ones only. The
// suffixes of 32-bit ARM: l, little-endian; e, j and t, further instructions, which all of armel's machines
// may have. armhf begins at version 7; version 8 is what a 64-bit kernel tells 32-bit programs.
constexpr auto kMachines = std::to_array<Machine>({{"x86_64", "amd64"},
                                                   {"aarch64", "arm64"},
                                                   {"armv5tel", "armel"},
                                                   {"armv5tejl", "armel"},
                                                   {"armv6l", "armel"},
                                                   {"armv7l", "armhf"},
                                                   {"armv8l", "armhf"},
                                                   {"i386", "i386"},
                                                   {"i486", "i386"},
                                                   {"i586", "i386"},
                                                   {"i686", "i386"},
                                                   {"loongarch64", "loong64"},
                                                   {"mips64", "mips64el"},
                                                   {"ppc64le", "ppc64el"},
                                                   {"riscv64", "riscv64"},
                                                   {"s390x", "s390x"}});

}  // namespace

std::span<const std::string_view> known_architectures() {
  return kNames;
}

std::optional<std::string_view> architecture_of_machine(std::string_view machine) {
  const auto* found = std::find_if(kMachines.begin(), kMachines.end(),
                                   [machine](const Machine& one) { return one.kernel == machine; });
  return found == kMachines.end() ? std::nullopt : std::optional(found->debian);
}

std::string native_architecture() {
  utsname system{};
  check(::uname(&system), "uname");
  if (const auto architecture = architecture_of_machine(system.machine))
    return std::string(*architecture);
  throw Error(ErrorKind::kUsage, fmt::format("this machine's architecture, {}, is not known", system.machine),
              "name one in the recipe, as in `architectures: [amd64]`");
}

bool runs_natively(std::string_view architecture, std::string_view native) {
  return architecture == native || (architecture == "i386" && native == "amd64") ||
         (architecture == "armel" && native == "armhf");
}

}  // namespace bootstrap
