// Which labels of an image an image that is built upon it may have, too.
#pragma once

#include <string_view>

namespace bootstrap {

/// Whether a label says something of the one image that has it, so that it would be wrong on a child: all
/// that OCI defines (image-spec, annotations.md): title, description, version, revision, created, authors,
/// vendor, licenses (of what is in it, and a child has more in it), url, documentation, source, ref.name,
/// base.name, base.digest; and those of Label Schema, which had the same ones before.
bool is_of_one_image(std::string_view label);

}  // namespace bootstrap
