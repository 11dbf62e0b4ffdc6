// The image that a verb was asked for.
#pragma once

#include <string>

#include "cli/options.h"
#include "image/layout.h"

namespace bootstrap {

struct FoundImage {
  ImageLayout layout;
  ImageVersion version;
};

/// `text` is NAME[:VERSION]. Throws kUsage with what there is when the image or the version does not exist.
FoundImage find_image(const std::string& text, const CommonOptions& common);

}  // namespace bootstrap
