// A finished image with one static program in it (tests/sandbox/payload), for tests that run images for real.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/fd.h"
#include "image/layout.h"
#include "store/store.h"
#include "support/deb_builder.h"

namespace bootstrap {

struct PayloadImage {
  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  ImageLayout layout{directory.path() / "images", "payload"};
  Digest manifest;

  /// `options` says what the image starts: "payload" is in its PATH. It has a user "app" (10001).
  explicit PayloadImage(ImageOptions options, Compression compression = Compression::kGzip) {
    std::filesystem::path tar = directory.path() / "layer.tar";
    write_file(tar,
               tar_archive({{"./", 'd', "", 0755},
                            {"etc/", 'd', "", 0755},
                            {"etc/passwd", '-', "root:x:0:0::/:/\napp:x:10001:10002::/:/\n"},
                            {"etc/group", '-', "root:x:0:\napp:x:10002:\n"},
                            {"usr/", 'd', "", 0755},
                            {"usr/bin/", 'd', "", 0755},
                            {"usr/bin/payload", '-', read_file(SANDBOX_TEST_PAYLOAD), 0755}}),
               Durability::kCache);
    ImageSpec spec;
    spec.name = "payload";
    spec.architecture = "amd64";
    spec.options = std::move(options);
    spec.layers = {make_tar_layer(store, tar, compression, "payload")};
    manifest = layout.add_image(spec, store);
  }
};

}  // namespace bootstrap
