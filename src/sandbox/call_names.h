// The names of system calls, as seccomp profiles have them.
#pragma once

#include <optional>
#include <string>

namespace bootstrap {

/// "openat"; "syscall_500" for one that is newer than libseccomp.
std::string call_name(int number);
/// Of this machine's architecture; nullopt for what it does not have.
std::optional<int> call_number(const std::string& name);

}  // namespace bootstrap
