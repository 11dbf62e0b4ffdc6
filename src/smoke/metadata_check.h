// The metadata test: what an image's config says.
#pragma once

#include "base/json.h"
#include "smoke/expectation.h"

namespace bootstrap {

/// `config` is the OCI image config.
std::optional<Failure> check_metadata(const MetadataTest& test, const Json& config);

}  // namespace bootstrap
