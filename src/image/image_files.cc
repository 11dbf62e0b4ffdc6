#include "image/image_files.h"

#include <vector>

#include "base/fd.h"
#include "image/flat_tree.h"
#include "image/layer_reader.h"

namespace bootstrap {

std::map<std::string, std::string> read_image_files(const ImageLayout& layout, const ImageManifest& manifest,
                                                    const std::function<bool(const std::string&)>& wanted) {
  FlatTree tree;
  std::vector<std::string> contents{""};  // what is not wanted refers to the first
  for (const Layer& layer : manifest.layers) {
    UniqueFd blob = open_file(layout.blob_path(layer.digest), O_RDONLY | O_NOFOLLOW);
    LayerReader reader(blob.get(), layer);
    tree.begin_layer();
    while (std::optional<Entry> entry = reader.next()) {
      bool read = entry->type == EntryType::kFile && wanted(entry->path);
      tree.apply(*entry, read ? contents.size() : 0);
      if (!read)
        continue;
      std::string& content = contents.emplace_back();
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read())
        content.append(piece);
    }
  }
  std::map<std::string, std::string> files;
  for (const FlatTree::Item& item : tree.items()) {
    if (item.content != 0 && wanted(item.entry.path))
      files.emplace(item.entry.path, contents[item.content]);
  }
  return files;
}

}  // namespace bootstrap
