#include "base/architecture.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("the kernels of Debian's architectures are known by each of their names") {
  // arch/*/Makefile and setup code of Linux say what uname(2) returns.
  static const std::map<std::string_view, std::string_view> kMachines = {
      {"x86_64", "amd64"},    {"aarch64", "arm64"},   {"armv5tel", "armel"},  {"armv5tejl", "armel"},
      {"armv6l", "armel"},    {"armv7l", "armhf"},    {"armv8l", "armhf"},    {"i386", "i386"},
      {"i486", "i386"},       {"i586", "i386"},       {"i686", "i386"},       {"loongarch64", "loong64"},
      {"mips64", "mips64el"}, {"ppc64le", "ppc64el"}, {"riscv64", "riscv64"}, {"s390x", "s390x"}};
  for (const auto& [machine, architecture] : kMachines) {
    INFO(machine);
    CHECK(architecture_of_machine(machine) == architecture);
  }
  for (std::string_view architecture : known_architectures()) {
    INFO(architecture);
    CHECK(std::any_of(kMachines.begin(), kMachines.end(),
                      [architecture](const auto& machine) { return machine.second == architecture; }));
  }
}

TEST_CASE("kernels of machines that no recipe can name are not taken for others") {
  for (const char* machine :
       {"", "aarch64_be", "alpha", "armv7b", "i786", "ia64", "m68k", "mips", "parisc64", "ppc", "ppc64",
        "riscv32", "s390", "sh4a", "sparc64", "x86", "X86_64", "amd64", "pdp11"}) {
    INFO(machine);
    CHECK_FALSE(architecture_of_machine(machine));
  }
}

TEST_CASE("this machine has an architecture, which runs its own programs") {
  const std::string native = native_architecture();
  const auto known = known_architectures();
  CHECK(std::find(known.begin(), known.end(), native) != known.end());
  CHECK(runs_natively(native, native));
}

TEST_CASE("some machines run the programs of others") {
  CHECK(runs_natively("i386", "amd64"));
  CHECK(runs_natively("armel", "armhf"));
  CHECK_FALSE(runs_natively("amd64", "i386"));
  CHECK_FALSE(runs_natively("armhf", "arm64"));
  CHECK_FALSE(runs_natively("arm64", "amd64"));
}
