// The id maps of a new user namespace.
#pragma once

#include <sys/types.h>

#include "sandbox/id_range.h"

namespace bootstrap {

/// Maps 0..65535 of the user namespace of process `pid` to `ids`: directly for root, through newuidmap and
/// newgidmap (both at the same time: each costs a millisecond) for others. Throws kSandbox.
void write_id_maps(pid_t pid, const IdRange& ids);

}  // namespace bootstrap
