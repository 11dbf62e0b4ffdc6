// binfmt_misc recognises a program by the first bytes of its ELF header and starts the emulator that is
// registered for them. Since Linux 6.7 each user namespace can have a list of its own. The flags: P keeps
// argv[0], O hands over the opened program and F opens the emulator here and now, so that it works in boxes
// that do not have it.
#include "sandbox/foreign_programs.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/architecture.h"
#include "base/error.h"
#include "base/fd.h"
#include "sandbox/mount_api.h"

namespace bootstrap {

namespace {

struct Architecture {
  std::string_view debian;
  std::string_view oci;
  std::string_view emulator;  ///< qemu-NAME
  unsigned bits;
  bool big_endian;
  unsigned machine;  ///< EM_* of the ELF header
};
constexpr Architecture kArchitectures[] = {
    {"amd64", "amd64", "x86_64", 64, false, 62},
    {"arm64", "arm64", "aarch64", 64, false, 183},
    {"armhf", "arm", "arm", 32, false, 40},
    {"armel", "arm", "arm", 32, false, 40},
    {"i386", "386", "i386", 32, false, 3},
    {"loong64", "loong64", "loongarch64", 64, false, 258},
    {"mips64el", "mips64le", "mips64el", 64, false, 8},
    {"ppc64el", "ppc64le", "ppc64le", 64, false, 21},
    {"riscv64", "riscv64", "riscv64", 64, false, 243},
    {"s390x", "s390x", "s390x", 64, true, 22},
};

const Architecture* find_architecture(const std::string& name) {
  const auto* found =
      std::find_if(std::begin(kArchitectures), std::end(kArchitectures),
                   [&name](const auto& one) { return one.debian == name || one.oci == name; });
  return found == std::end(kArchitectures) ? nullptr : found;
}

/// Whether all of the machine's programs can start such ones already, from places where the emulator is not.
bool is_registered(const Architecture& architecture) {
  const std::string entry = fmt::format("/proc/sys/fs/binfmt_misc/qemu-{}", architecture.emulator);
  try {
    const std::string text = read_file(entry, 4096);
    const std::size_t flags = text.find("\nflags:");
    return text.starts_with("enabled") && flags != std::string::npos &&
           text.substr(flags, text.find('\n', flags + 1) - flags).find('F') != std::string::npos;
  } catch (const Error&) {
    return false;
  }
}

/// ":name:M::magic:mask:emulator:flags"
std::string registration(const Architecture& architecture, const std::string& emulator) {
  std::array<unsigned, 20> magic = {0x7f, 'E', 'L', 'F'};
  std::array<unsigned, 20> mask{};
  mask.fill(0xff);
  magic[4] = architecture.bits == 64 ? 2 : 1;
  magic[5] = architecture.big_endian ? 2 : 1;
  magic[6] = 1;
  mask[7] = 0;  // any operating system's conventions
  const std::size_t low = architecture.big_endian ? 1 : 0;
  magic[16 + low] = 2;  // a program, or a position-independent one: 2 or 3
  mask[16 + low] = 0xfe;
  magic[18 + low] = architecture.machine & 0xff;
  magic[19 - low] = architecture.machine >> 8;
  std::string bytes[2];
  for (unsigned byte : magic)
    bytes[0] += fmt::format("\\x{:02x}", byte);
  for (unsigned byte : mask)
    bytes[1] += fmt::format("\\x{:02x}", byte);
  return fmt::format(":qemu-{}:M::{}:{}:{}:OPF", architecture.emulator, bytes[0], bytes[1], emulator);
}

}  // namespace

std::optional<std::filesystem::path> find_emulator(const std::string& architecture) {
  const Architecture* found = find_architecture(architecture);
  if (found == nullptr)
    return std::nullopt;
  for (const char* directory : {"/usr/bin", "/usr/local/bin"}) {
    std::filesystem::path emulator = fmt::format("{}/qemu-{}-static", directory, found->emulator);
    if (::access(emulator.c_str(), X_OK) == 0)
      return emulator;
  }
  return std::nullopt;
}

void enable_programs_of(const std::string& architecture) {
  const Architecture* found = find_architecture(architecture);
  if (found == nullptr || runs_natively(found->debian, native_architecture()) || is_registered(*found))
    return;
  const std::optional<std::filesystem::path> emulator = find_emulator(architecture);
  if (!emulator) {
    throw Error(
        ErrorKind::kSandbox,
        fmt::format("there is no qemu-{}-static to run {} programs with", found->emulator, architecture),
        "apt install qemu-user-static");
  }
  UniqueFd mount;
  try {
    mount = make_mount("binfmt_misc", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  } catch (const Error& error) {
    throw Error(ErrorKind::kSandbox,
                fmt::format("{} programs cannot be run here: {}", architecture, error.message()),
                "a kernel since 6.7 with CONFIG_BINFMT_MISC is needed, or as root: apt install "
                "qemu-user-static binfmt-support");
  }
  UniqueFd list = open_beneath(mount.get(), "register", O_WRONLY);
  write_all(list.get(), registration(*found, emulator->string()));
  attach_mount_unseen(mount.get());  // the list lives as long as the mount does
}

}  // namespace bootstrap
