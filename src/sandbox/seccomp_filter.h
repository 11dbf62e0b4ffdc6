// The system call filters of the box.
#pragma once

namespace bootstrap {

/// Puts the filters of seccomp_policy.h on this process and its future children. Needs no_new_privs.
void install_seccomp_filters();

}  // namespace bootstrap
