#include "recipe/architecture.h"

#include <fmt/format.h>
#include <sys/utsname.h>

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
constexpr auto kMachines = std::to_array<Machine>({{"x86_64", "amd64"},
                                                   {"aarch64", "arm64"},
                                                   {"armv7l", "armhf"},
                                                   {"armv8l", "armhf"},
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

std::string native_architecture() {
  utsname system{};
  check(::uname(&system), "uname");
  for (const Machine& machine : kMachines)
    if (machine.kernel == system.machine)
      return std::string(machine.debian);
  throw Error(ErrorKind::kUsage, fmt::format("this machine's architecture, {}, is not known", system.machine),
              "name one in the recipe, as in `architectures: [amd64]`");
}

}  // namespace bootstrap
