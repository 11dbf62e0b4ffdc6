#include "image/unpack.h"

#include <sys/stat.h>

#include <future>

#include "base/error.h"
#include "base/fd.h"
#include "image/layer_reader.h"
#include "image/tree_writer.h"

namespace bootstrap {
namespace {

struct OpenLayer {
  UniqueFd blob;
  LayerReader reader;
};

OpenLayer open_layer(int blobs, const Layer& layer) {
  UniqueFd blob = open_beneath(blobs, layer.digest.hex(), O_RDONLY | O_NONBLOCK);
  LayerReader reader(blob.get(), layer);
  return {std::move(blob), std::move(reader)};
}

}  // namespace

void unpack_layers(int blobs, const std::vector<Layer>& layers, int root) {
  check(::fchmod(root, 0755), "chmod");  // what a layer without an entry for "/" means
  TreeWriter tree(root);
  // Opening decompresses most layers, so the next one is opened on another core while this one is written.
  auto open = [&](std::size_t i) {
    return std::async(std::launch::async, [&, i] { return open_layer(blobs, layers[i]); });
  };
  std::future<OpenLayer> next;
  if (!layers.empty())
    next = open(0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    OpenLayer layer = next.get();
    if (i + 1 < layers.size())
      next = open(i + 1);
    tree.begin_layer();
    while (std::optional<Entry> entry = layer.reader.next())
      tree.apply(*entry, [&] { return layer.reader.read(); });
  }
  tree.finish();
}

void unpack_for_overlay(int blobs, const Layer& layer, int root) {
  check(::fchmod(root, 0755), "chmod");
  OpenLayer open = open_layer(blobs, layer);
  TreeWriter tree(root, Whiteouts::kKept);
  tree.begin_layer();
  while (std::optional<Entry> entry = open.reader.next())
    tree.apply(*entry, [&] { return open.reader.read(); });
  tree.finish();
}

}  // namespace bootstrap
