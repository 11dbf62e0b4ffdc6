// The system calls a program in the box may make.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace bootstrap {

using BpfProgram = std::vector<sock_filter>;

/// Which calls, by number and argument: an allow-list for the native architecture only, so that the second
/// table of system calls (i386, x32) is closed. What it does not know is ENOSYS, as on an older kernel, so
/// that libraries fall back; what it refuses on purpose is EPERM, or what programs cope with best.
BpfProgram compile_call_filter();

/// Pushing input into a terminal (TIOCSTI, TIOCLINUX). A filter of its own, because "all but these" on 32 of
/// 64 bits of an argument cannot be said in an allow-list.
BpfProgram compile_terminal_filter();

/// Puts a filter on this process and its future children. Needs no_new_privs.
void install_filter(const BpfProgram& program);

}  // namespace bootstrap
