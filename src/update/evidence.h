// Why a version is: which packages moved and what that fixes, what else changed, what a consumer has to pull,
// how its tests went. As JSON for programs and as Markdown for people; both are stored in the image layout as
// an OCI artifact that refers to the image.
#pragma once

#include <string>

#include "base/json.h"
#include "image/layout.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// Writes the evidence of a version, compared with the good version before it, unless it has some already.
/// Needs the version's record. `tests` may be null: they were not run. `recipe` says where changelogs are
/// fetched from.
void ensure_evidence(ImageLayout& layout, const ImageVersion& version, const TestReport* tests,
                     const Recipe& recipe, Workshop& workshop);

/// The JSON document of a version's evidence; null when it has none.
Json read_evidence(const ImageLayout& layout, const ImageVersion& version);
std::string evidence_markdown(const Json& evidence);

}  // namespace bootstrap
