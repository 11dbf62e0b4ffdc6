#include "update/store_check.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/parallel.h"
#include "image/layout.h"
#include "package/segment.h"
#include "update/gc.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSegmentData = ".data";
constexpr std::string_view kStateTar = ".tar";
constexpr std::string_view kStateCompanion = ".json";

/// A file and the question whether it is as it was written.
struct Candidate {
  fs::path file;
  std::function<bool()> is_good;
  std::string remedy;
};

bool has_digest(const fs::path& file, const Digest& digest) {
  return digest_of_fd(open_file(file, O_RDONLY | O_NOFOLLOW).get()) == digest;
}

class Collector {
 public:
  explicit Collector(const Store& store)
      : store_(store), root_(open_file(store.root(), O_RDONLY | O_DIRECTORY)) {}

  std::vector<Candidate> collect(const fs::path& images) {
    for (Store::Area area : Store::areas())
      for (const fs::directory_entry& entry : fs::directory_iterator(store_.directory(area)))
        // A leading dot is what is being written has, or what a dead run left.
        if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.'))
          add(area, entry.path());
    for (const std::string& name : image_names(images))
      for (const fs::directory_entry& entry :
           fs::directory_iterator(ImageLayout(images, name).directory() / "blobs/sha256"))
        add_named_by_digest(entry.path(), "building the version again");
    return std::move(candidates_);
  }

 private:
  void add(Store::Area area, const fs::path& file) {
    const std::string name = file.filename().string();
    switch (area) {
      case Store::Area::kDownload:
        add_named_by_digest(file, "the next run that needs it fetches it");
        return;
      case Store::Area::kBlob:
        add_named_by_digest(file, kMadeAgain);
        return;
      case Store::Area::kSegment:
        add_segment(file, name);
        return;
      case Store::Area::kState:
        if (name.ends_with(kStateCompanion))
          add_state(file, name);
        return;
      default:
        candidates_.push_back(
            {file, [this, area, name] { return Store::get_beneath(root_.get(), area, name).has_value(); },
             kMadeAgain});
    }
  }

  void add_named_by_digest(const fs::path& file, const std::string& remedy) {
    if (const auto digest = Digest::parse(file.filename().string()))
      candidates_.push_back({file, [file, digest] { return has_digest(file, *digest); }, remedy});
  }

  /// Metadata with their own checksum, which name the digest of the data beside them.
  void add_segment(const fs::path& file, const std::string& name) {
    if (!name.ends_with(kSegmentData)) {
      if (!fs::exists(file.string() + std::string(kSegmentData)))
        return;  // left by a run that died
      const auto load = [this, name] { return load_segment(root_.get(), name); };
      candidates_.push_back({file, [load] { return load(), true; }, kMadeAgain});
      const fs::path data = file.string() + std::string(kSegmentData);
      candidates_.push_back({data, [load, data] { return has_digest(data, load().data); }, kMadeAgain});
    }
  }

  void add_state(const fs::path& file, const std::string& name) {
    const auto digest = [this, name]() -> std::optional<Digest> {
      const auto text = Store::get_beneath(root_.get(), Store::Area::kState, name);
      return text ? Digest::parse(parse_json(*text, name).at("tar").get<std::string>()) : std::nullopt;
    };
    candidates_.push_back({file, [digest] { return digest().has_value(); }, kMadeAgain});
    const std::string stem = name.substr(0, name.size() - kStateCompanion.size());
    const fs::path tar = file.parent_path() / (stem + std::string(kStateTar));
    if (fs::exists(tar))
      candidates_.push_back({tar,
                             [digest, tar] {
                               const auto expected = digest();
                               return expected && has_digest(tar, *expected);
                             },
                             kMadeAgain});
  }

  static constexpr const char* kMadeAgain = "the next run that needs it makes it again";

  const Store& store_;
  UniqueFd root_;
  std::vector<Candidate> candidates_;
};

}  // namespace

StoreCheck check_store(const Store& store, const fs::path& images) {
  Collector collector(store);
  const std::vector<Candidate> candidates = collector.collect(images);
  StoreCheck result;
  std::mutex mutex;
  parallel_for(candidates.size(), available_cores(), [&](std::size_t i) {
    const Candidate& candidate = candidates[i];
    std::error_code gone;
    const std::uintmax_t size = fs::file_size(candidate.file, gone);
    if (gone)  // somebody else collects garbage
      return;
    bool good = false;
    try {
      good = candidate.is_good();
    } catch (const Error&) {
    }
    std::lock_guard guard(mutex);
    ++result.files;
    result.bytes += size;
    if (!good)
      result.damaged.push_back({candidate.file, candidate.remedy});
  });
  std::sort(result.damaged.begin(), result.damaged.end(),
            [](const DamagedObject& a, const DamagedObject& b) { return a.file < b.file; });
  return result;
}

}  // namespace bootstrap
