// The recipes that a version was built from, out of its record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/locking.h"
#include "pipeline/record.h"

namespace bootstrap {

/// Each recipe with the lock it was built from, root ancestor first; `scratch` is an empty directory that
/// they are written to, and must outlive what is made of them. Throws kFailure when the record lacks what is
/// needed.
std::vector<LockedRecipe> recorded_recipes(const VersionRecord& record, const ImageLayout& layout,
                                           const std::filesystem::path& scratch);

/// "made by format 1; this is 2"; empty for this one.
std::string format_sentence(int format);

}  // namespace bootstrap
