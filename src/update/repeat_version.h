// Do the scripts of an image that is there leave the same when they run again? The store may know; else they
// are run, as `verify` builds an image: from its record.
#pragma once

#include <filesystem>

#include "image/layout.h"
#include "pipeline/record.h"
#include "pipeline/workshop.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// Adds the outcome of the test "repeatable" to the report of a version, if it has scripts. `scratch` is an
/// empty directory. Throws kFailure when the record lacks what is needed.
void add_repetition_of(const ImageLayout& layout, const VersionRecord& record,
                       const std::filesystem::path& scratch, Workshop& workshop, TestReport& report);

}  // namespace bootstrap
