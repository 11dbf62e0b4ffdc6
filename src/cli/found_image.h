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

/// The image ID of a version as JSON; null when its manifest is damaged.
Json image_id_json(const ImageLayout& layout, const ImageVersion& version);

}  // namespace bootstrap
