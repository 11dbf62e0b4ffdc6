// What the tests of this room share: a store and an images folder of their own, and layers made of tar items.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/layer.h"
#include "image/layout.h"
#include "support/deb_builder.h"

namespace bootstrap {

struct ImageFixture {
  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  std::filesystem::path images = directory.path() / "images";

  Layer layer(const std::vector<TarItem>& items, Compression compression = Compression::kGzip) {
    std::filesystem::path tar = directory.path() / "layer.tar";
    write_file(tar, tar_archive(items), Durability::kCache);
    return make_tar_layer(store, tar, compression, "test");
  }

  std::filesystem::path blob(const Layer& layer) const {
    return store.path(Store::Area::kBlob, layer.digest.hex());
  }

  ImageSpec spec(std::vector<Layer> layers) const {
    ImageSpec spec;
    spec.name = "web";
    spec.architecture = "amd64";
    spec.options.cmd = {"/bin/true"};
    spec.layers = std::move(layers);
    spec.created = kBuilderTime;
    return spec;
  }
};

/// The items with the test's own user as owner, so that anybody may unpack them.
inline std::vector<TarItem> owned(std::vector<TarItem> items) {
  for (TarItem& item : items) {
    item.uid = ::geteuid();
    item.gid = ::getegid();
  }
  return items;
}

/// Each path below `root` with what it is: "d usr", "- usr/x=CONTENT", "l y->TARGET"; sorted.
inline std::vector<std::string> listing(const std::filesystem::path& root) {
  std::vector<std::string> lines;
  for (const auto& item : std::filesystem::recursive_directory_iterator(root)) {
    std::string path = item.path().lexically_relative(root).string();
    if (item.is_symlink())
      lines.push_back("l " + path + "->" + std::filesystem::read_symlink(item.path()).string());
    else if (item.is_directory())
      lines.push_back("d " + path);
    else
      lines.push_back("- " + path + "=" + read_file(item.path()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// The message of the Error that `action` throws; empty when it throws none.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return {};
}

}  // namespace bootstrap
