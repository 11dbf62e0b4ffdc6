// The system calls a program in the box may make, as libseccomp compiles them. That takes milliseconds and
// never changes, so it is done when we are built: see seccomp_compiler.cc and cmake/seccomp.cmake.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace bootstrap {

using BpfProgram = std::vector<sock_filter>;

/// Which calls, by number and argument: an allow-list for the native architecture only, so that the second
/// table of system calls (i386, x32) is closed. What it does not know is ENOSYS, as on an older kernel, so
/// that libraries fall back; what it refuses on purpose is EPERM, or what programs cope with best.
BpfProgram compile_call_filter();

/// What the other lets through by its first argument: pushing input into a terminal (TIOCSTI, TIOCLINUX),
/// transports of the internet that are other families in disguise, or that no service needs, and threads with
/// descriptors of their own. A filter of its
/// own, because "all but these" on 32 of 64 bits of an argument cannot be said in an allow-list.
BpfProgram compile_refusal_filter();

}  // namespace bootstrap
