#include "cli/found_image.h"

#include <fmt/format.h>

#include "base/error.h"

namespace bootstrap {

FoundImage find_image(const std::string& text, const CommonOptions& common) {
  ImageReference reference = parse_reference(text);
  ImageLayout layout(common.images, reference.name);
  if (!layout.exists()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("there is no image {} in {}", reference.name, common.images.string()),
                "`bootstrap images` lists what there is; --images names another folder");
  }
  ImageVersion version = layout.find(reference.reference);
  return {std::move(layout), std::move(version)};
}

Json image_id_json(const ImageLayout& layout, const ImageVersion& version) {
  const std::optional<Digest> id = layout.image_id(version);
  return id ? Json(id->oci()) : Json();
}

}  // namespace bootstrap
