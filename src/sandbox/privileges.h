// What a program may do besides what its user id gives it.
#pragma once

#include <cstdint>
#include <vector>

#include "sandbox/sandbox.h"
#include "sandbox/user_lookup.h"

namespace bootstrap {

/// A set of CAP_*, one bit each.
using CapabilitySet = std::uint64_t;

/// The capabilities a program has: those of its profile, of which docs/security.md gives the reasons (none
/// for a user other than root), with what the spec adds and takes away.
CapabilitySet capabilities_of(const SandboxSpec& spec, uid_t uid);

/// Becomes this user with no more than `kept` and never again more: bounding set, ambient set, securebits,
/// no_new_privs. The caller must be root of its user namespace.
void drop_privileges(const Identity& identity, CapabilitySet kept);

/// Keeps the user id and gives up all capabilities but `kept`, for good.
void keep_only(CapabilitySet kept);

/// Lowers the limits of this process and of its future children. Hard limits are never raised: that needs a
/// capability which even root may lack in a container.
void lower_resource_limits(const SandboxLimits& limits);

}  // namespace bootstrap
