// Does an image follow from what it says it was made of? It is built again from its record, with nothing
// derived at hand, and compared bit for bit.
#pragma once

#include "image/layout.h"
#include "pipeline/workshop.h"
#include "update/first_difference.h"

namespace bootstrap {

struct Verification {
  Digest expected;
  Digest actual;
  std::size_t packages = 0;
  std::optional<FirstDifference> difference;
  bool same() const { return expected == actual; }
};

/// `empty` has a store and an images folder that hold nothing; `scratch` is an empty directory. Downloads are
/// taken over from `store` where it has them, since they are hashed again when they are used. Throws kFailure
/// when the record lacks what is needed.
Verification verify_version(const ImageLayout& layout, const ImageVersion& version, const Store& store,
                            const std::filesystem::path& scratch, Workshop& empty);

}  // namespace bootstrap
