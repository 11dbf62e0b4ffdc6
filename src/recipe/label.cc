#include "recipe/label.h"

namespace bootstrap {

bool is_of_one_image(std::string_view label) {
  return label.starts_with("org.opencontainers.image.") || label.starts_with("org.label-schema.");
}

}  // namespace bootstrap
