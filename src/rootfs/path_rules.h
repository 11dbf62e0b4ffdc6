// dpkg's path-exclude and path-include (dpkg(1)): which of a package's files are not unpacked.
#pragma once

#include <string>

#include "package/entry.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// Whether the rules leave `path` (canonical, without a leading slash) out. Globs match the whole absolute
/// path and "*" matches "/" too, as dpkg has it; an include wins over an exclude. A directory or symbolic
/// link stays when an include could bring back something below it.
bool is_excluded(const PathRules& rules, const std::string& path, EntryType type);

/// The same for a package's file; dpkg's own info files are never left out.
bool is_excluded_file(const PathRules& rules, const Entry& entry);

}  // namespace bootstrap
