// Programs of other processor architectures, by qemu's user-mode emulation.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bootstrap {

/// The emulator on this machine for an architecture, as Debian or OCI call it ("armhf", "arm64"), if it is
/// installed. It must be a static program, for the libraries of this machine are not in the box.
std::optional<std::filesystem::path> find_emulator(const std::string& architecture);

/// In the worker: from now on programs of that architecture can be run in it and in its boxes, through a
/// binfmt_misc of the worker's own user namespace; what the machine itself knows how to run does not change.
/// Nothing to do for the machine's own architecture. Throws kSandbox when there is no emulator, or the kernel
/// cannot (before Linux 6.7) and has none registered for all.
void enable_programs_of(const std::string& architecture);

}  // namespace bootstrap
