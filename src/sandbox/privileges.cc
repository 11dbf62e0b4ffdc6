#include "sandbox/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>

#include "base/error.h"

namespace bootstrap {

namespace {

CapabilitySet set_of(std::initializer_list<int> capabilities) {
  CapabilitySet set = 0;
  for (int capability : capabilities)
    set |= CapabilitySet{1} << capability;
  return set;
}

void drop_bounding_set(CapabilitySet kept) {
  // The kernel knows its last capability; EINVAL ends the loop for those that are newer than our headers.
  for (int capability = 0; capability < 64; ++capability) {
    if ((kept >> capability & 1) != 0)
      continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
      if (errno == EINVAL && capability > 0)
        return;
      throw_errno("cannot drop a capability from the bounding set");
    }
  }
}

void set_capabilities(CapabilitySet permitted, CapabilitySet inheritable = 0) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int word = 0; word < 2; ++word) {
    data[word].effective = static_cast<std::uint32_t>(permitted >> (32 * word));
    data[word].permitted = data[word].effective;
    data[word].inheritable = static_cast<std::uint32_t>(inheritable >> (32 * word));
  }
  check(::syscall(SYS_capset, &header, data), "capset");
}

void lower(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  rlimit current{};
  check(::getrlimit(resource, &current), "getrlimit");
  hard = std::min(hard, current.rlim_max);
  rlimit wanted{std::min(soft, hard), hard};
  check(::setrlimit(resource, &wanted), "setrlimit");
}

CapabilitySet capabilities_of(SandboxProfile profile, uid_t uid) {
  if (uid != 0)
    return 0;
  if (profile == SandboxProfile::kMaintainerScript) {
    return set_of({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETGID, CAP_SETUID, CAP_SETFCAP});
  }
  return set_of(
      {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_SETGID, CAP_SETUID, CAP_KILL, CAP_NET_BIND_SERVICE});
}

}  // namespace

CapabilitySet capabilities_of(const SandboxSpec& spec, uid_t uid) {
  return (capabilities_of(spec.profile, uid) | spec.added_capabilities) & ~spec.dropped_capabilities;
}

void drop_privileges(const Identity& identity, CapabilitySet kept) {
  drop_bounding_set(kept);
  check(::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED),
        "cannot lock securebits");
  check(::setgroups(identity.groups.size(), identity.groups.data()), "setgroups");
  check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS");  // until set_capabilities()
  check(::setresgid(identity.gid, identity.gid, identity.gid), "setresgid");
  check(::setresuid(identity.uid, identity.uid, identity.uid), "setresuid");
  // Root gets its capabilities back when it executes a program; others only those that are ambient.
  const CapabilitySet ambient = identity.uid == 0 ? 0 : kept;
  set_capabilities(kept, ambient);
  check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "cannot clear ambient capabilities");
  for (int capability = 0; capability < 64; ++capability) {
    if ((ambient >> capability & 1) != 0)
      check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "cannot keep a capability");
  }
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs");
}

void keep_only(CapabilitySet kept) {
  drop_bounding_set(kept);
  set_capabilities(kept);
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs");
}

void lower_resource_limits(const SandboxLimits& limits) {
  lower(RLIMIT_CORE, 0, 0);
  lower(RLIMIT_NOFILE, 1024, 4096);
  lower(RLIMIT_FSIZE, limits.file_size, limits.file_size);
  lower(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
  lower(RLIMIT_MSGQUEUE, 800 << 10, 800 << 10);
  // Some give their users a share of real time, for audio.
  lower(RLIMIT_RTPRIO, 0, 0);
  lower(RLIMIT_NICE, 0, 0);
  // One more, for the worker counts as well. A cgroup, which tells what it has refused, is met before.
  lower(RLIMIT_NPROC, limits.pids + 1, limits.pids + 1);
}

}  // namespace bootstrap
