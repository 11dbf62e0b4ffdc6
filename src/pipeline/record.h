// What bootstrap keeps about an image version beside its blobs: which format and which encoders its bytes are
// of, the recipe as built, the lock of every recipe of its chain with the signed releases they come from, and
// the tests it passed. With it `test`, `why` and `verify` need no recipe file.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "lock/lockfile.h"
#include "pipeline/kept_sources.h"
#include "recipe/recipe.h"
#include "smoke/profile.h"

namespace bootstrap {

/// How the bytes of an image came to be.
struct ImageMaking {
  int format = 1;  ///< of images (base/image_format.h); records without one are of the first
  std::map<Digest, std::string> encoders;  ///< what compressed each layer: "zstd-1.5.4"; may be incomplete
};

struct VersionRecord {
  ImageMaking making;
  std::vector<Lockfile> locks;         ///< root ancestor first, the image's own last
  std::vector<std::string> requested;  ///< packages.include of all recipes of the chain
  std::vector<SmokeTest> tests;
  Limits limits;
  std::optional<Profile> profile;  ///< that the tests must keep to
  Budgets budgets;
  std::vector<std::string> ports;  ///< that something listened on in the tests: "80/tcp"
  KeptSources sources;
  std::string state;                   ///< key of the state of its configured packages; empty: not known
  std::vector<AcceptedPath> accepted;  ///< what may be different in every build
  std::vector<Digest> releases;  ///< blobs: the InRelease files of the locks, as far as the store had them
};

/// What compressed each of the layers, as far as it is known, into the layers and back.
void add_encoders(const ImageMaking& making, std::vector<Layer>& layers);
ImageMaking making_of(const std::vector<Layer>& layers);

/// Beside the layout: images/NAME/records/<manifest digest>.json. Durable before it returns. A record that
/// says the same already is not touched.
void write_record(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record);
/// Throws kFailure when there is none or it is damaged.
VersionRecord read_record(const ImageLayout& layout, const Digest& manifest);
/// As read_record(), but only this; of an image without a good record nothing is known.
ImageMaking read_making(const ImageLayout& layout, const Digest& manifest);
bool has_record(const ImageLayout& layout, const Digest& manifest);

/// Collects the records of manifests that are not among `kept`, and returns the blobs which the kept records
/// refer to.
std::set<Digest> sweep_records(const ImageLayout& layout, const std::vector<Digest>& kept, Garbage& garbage);

}  // namespace bootstrap
