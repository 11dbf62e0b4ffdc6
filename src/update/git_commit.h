// Locks and evidence as one git commit.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "update/update.h"

namespace bootstrap {

/// Writes the evidence of updated images beside their recipes (evidence/NAME-VERSION.md and .json) and
/// commits it with their locks: on the branch that is checked out, or on `branch`, made from it when there is
/// none, without touching what is checked out. Nothing else is committed. Returns the commit; empty when
/// there is nothing to commit. Throws kUsage when the recipes are not in a git repository, kFailure when git
/// fails.
std::string commit_updates(const std::vector<UpdateResult>& results, const std::filesystem::path& images,
                           const std::string& branch);

/// Its message: a subject that names images and vulnerabilities, and what moved.
std::string commit_message(const std::vector<UpdateResult>& results);

}  // namespace bootstrap
