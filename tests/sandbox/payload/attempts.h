// Ways out of a box, or to learn of the machine around it. They are those that containers have been left by,
// and those that only some container engines close; docs/security.md shows who closes which. An attempt that
// succeeds does no harm.
#pragma once

#include <map>
#include <span>
#include <string>

/// What an attempt must know of the machine outside: "pid" of a process there, "tcp" (port of a listener on
/// its loopback interface), "lan" (address of another interface; the same port), "abstract" (name of a
/// listening socket), "shm" (key of shared memory), "key" (name of a key in the session's keyring).
using HostFacts = std::map<std::string, std::string>;

struct Attempt {
  const char* name;
  /// Whether it succeeds; if not, errno says why, or is zero. Runs in a process of its own. Throws
  /// std::out_of_range for a missing fact.
  bool (*succeeds)(const HostFacts& host);
};

std::span<const Attempt> attempts_on_kernel_files();
std::span<const Attempt> attempts_on_mounts();
std::span<const Attempt> attempts_on_devices();
std::span<const Attempt> attempts_on_processes();
std::span<const Attempt> attempts_with_system_calls();
std::span<const Attempt> attempts_on_the_network();
std::span<const Attempt> attempts_on_limits();
std::span<const Attempt> attempts_on_what_is_shown();

/// What a system call returned is a success; errno says the rest.
inline bool done(long result) {
  return result >= 0;
}

bool can_open(const char* path, int flags);
/// It has content that is not empty.
bool can_read(const char* path);
/// Up to 64 KiB; empty when it cannot be read.
std::string content_of(const std::string& path);
/// Some calls check rights before arguments, so any complaint but these is one that an attacker would get
/// around.
bool passed_the_check_of_rights(long result);
