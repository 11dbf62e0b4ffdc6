// Lock changes in words and in JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "lock/lockfile.h"

namespace bootstrap {

Json to_json(const std::vector<LockChange>& changes);
/// One line per package on standard output; nothing when nothing moved.
void print_lock_changes(const std::string& name, const std::vector<LockChange>& changes);

}  // namespace bootstrap
