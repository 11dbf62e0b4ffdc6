// How layers are compressed. Here because recipes name it, segments are made for it and layers carry it.
#pragma once

#include <string_view>

namespace bootstrap {

enum class Compression { kGzip, kZstd };

constexpr std::string_view name_of(Compression compression) {
  return compression == Compression::kGzip ? "gzip" : "zstd";
}

}  // namespace bootstrap
