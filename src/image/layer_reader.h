// Reads a finished layer: decompresses it, checks both its digests, and hands out its entries with checked
// paths.
//
// A gzip layer of ordinary size is read whole, its compressed bytes are checked, and it is decompressed in
// one go by libdeflate, which is three times as fast as zlib. All else is streamed. In both cases the digests
// are known to be right only when next() has returned nullopt: until then what was read must not be used for
// good.
//
// The diff ID is as important as the digest of the blob: it comes from the config, which anybody can write,
// and it is the name under which a layer's tree is kept for the next run.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "image/layer.h"
#include "package/entry.h"

namespace bootstrap {

class LayerReader {
 public:
  /// Reads `layer` from the start of the file `blob`, which must stay open. Throws kFailure when it is not
  /// what its digest says; a wrong diff ID comes up in next().
  LayerReader(int blob, const Layer& layer);
  LayerReader(LayerReader&&) noexcept;
  LayerReader& operator=(LayerReader&&) noexcept;
  ~LayerReader();

  /// The next entry, its path canonical and its digest not set; nullopt after the last. Throws kFailure for a
  /// damaged layer and for a path that would leave the root.
  std::optional<Entry> next();
  /// The next piece of the content of the current entry; empty at its end.
  std::string_view read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bootstrap
