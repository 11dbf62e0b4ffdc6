// Where a path leads in a tree that is known as metadata: through symbolic links, as a process inside of it
// would go, and never out of it.
#pragma once

#include <functional>
#include <string>

#include "package/entry.h"

namespace bootstrap {

/// What a tree has at a path (as Entry::path); nullptr when it has nothing there.
using FindEntry = std::function<const Entry*(const std::string& path)>;

/// `path` (as Entry::path) with the links on the way replaced by what they lead to; that in the last place
/// only with `follow_last`. What is not there stays as it is written, below what a dangling link names too.
/// Throws kUsage when the way leads through something that is neither a link nor a directory, or in circles.
std::string resolve_in_tree(const std::string& path, const FindEntry& find, bool follow_last);

}  // namespace bootstrap
