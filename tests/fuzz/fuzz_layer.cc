// A layer whose digest is right. The first byte chooses the compression.
#include "fuzz/fuzz.h"
#include "fuzz/input_file.h"
#include "image/flat_tree.h"
#include "image/layer_reader.h"

using namespace bootstrap;

FUZZ(input) {
  if (input.empty())
    return;
  Layer layer;
  layer.compression = input.front() == 'z' ? Compression::kZstd : Compression::kGzip;
  input.remove_prefix(1);
  layer.digest = Digest::of(input);
  layer.size = input.size();
  const UniqueFd blob = input_file(input);
  LayerReader reader(blob.get(), layer);
  FlatTree tree;
  tree.begin_layer();
  while (const auto entry = reader.next()) {
    require(!entry->path.starts_with('/') && !entry->path.starts_with("../"));
    tree.apply(*entry, 0);
    while (!reader.read().empty()) {
    }
  }
  tree.items();
}
