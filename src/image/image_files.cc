#include "image/image_files.h"

#include "base/fd.h"
#include "image/layer_reader.h"
#include "image/whiteout.h"

namespace bootstrap {

namespace {

/// Only regular files are kept, so a whiteout of a directory means all files below it.
void hide(const Whiteout& whiteout, std::map<std::string, std::string>& files) {
  std::string hidden =
      whiteout.name.empty() ? whiteout.directory : child_path(whiteout.directory, whiteout.name);
  files.erase(hidden);
  std::string below = hidden == "." ? "" : hidden + "/";
  auto first = files.lower_bound(below);
  auto last = first;
  while (last != files.end() && last->first.starts_with(below))
    ++last;
  files.erase(first, last);
}

}  // namespace

std::map<std::string, std::string> read_image_files(const ImageLayout& layout, const ImageManifest& manifest,
                                                    const std::function<bool(const std::string&)>& wanted) {
  std::map<std::string, std::string> files;
  for (const Layer& layer : manifest.layers) {
    UniqueFd blob = open_file(layout.blob_path(layer.digest), O_RDONLY);
    LayerReader reader(blob.get(), layer);
    while (std::optional<Entry> entry = reader.next()) {
      if (std::optional<Whiteout> whiteout = parse_whiteout(entry->path)) {
        hide(*whiteout, files);
        continue;
      }
      if (!wanted(entry->path))
        continue;
      files.erase(entry->path);
      if (entry->type != EntryType::kFile)
        continue;
      std::string& content = files[entry->path];
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read())
        content.append(piece);
    }
  }
  return files;
}

}  // namespace bootstrap
