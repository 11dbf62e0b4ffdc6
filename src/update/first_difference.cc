#include "update/first_difference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fd.h"
#include "image/layer_reader.h"

namespace bootstrap {

namespace {

/// The layer a reader reads, entry by entry.
struct OpenLayer {
  OpenLayer(const ImageLayout& layout, const Layer& layer)
      : blob(open_file(layout.blob_path(layer.digest), O_RDONLY | O_NOFOLLOW)), reader(blob.get(), layer) {}
  UniqueFd blob;
  LayerReader reader;
};

std::string likely_cause(const std::string& layer) {
  if (layer.starts_with("packages"))
    return "another version of bootstrap imports this package in another way";
  if (layer.starts_with("state"))
    return "a maintainer script writes something else each time, or another version of bootstrap configures "
           "in another way; what it wrote is in the file named above";
  return "the recipe's own files are not what they were";
}

/// In words, what differs between the metadata of two entries; empty when nothing does.
std::string compare_metadata(const Entry& expected, const Entry& actual) {
  if (expected.type != actual.type)
    return fmt::format("type {} instead of {}", static_cast<char>(actual.type),
                       static_cast<char>(expected.type));
  if (expected.mode != actual.mode)
    return fmt::format("mode {:04o} instead of {:04o}", actual.mode, expected.mode);
  if (expected.uid != actual.uid || expected.gid != actual.gid)
    return fmt::format("owner {}:{} instead of {}:{}", actual.uid, actual.gid, expected.uid, expected.gid);
  if (expected.mtime != actual.mtime)
    return fmt::format("mtime {} instead of {}", actual.mtime, expected.mtime);
  if (expected.link_target != actual.link_target)
    return fmt::format("a link to {} instead of {}", actual.link_target, expected.link_target);
  if (expected.xattrs != actual.xattrs)
    return "extended attributes";
  return {};
}

/// Where the contents that both readers stand at differ first.
std::optional<std::uint64_t> compare_content(LayerReader& expected, LayerReader& actual) {
  std::uint64_t offset = 0;
  std::string_view a;
  std::string_view b;
  for (;;) {
    if (a.empty())
      a = expected.read();
    if (b.empty())
      b = actual.read();
    if (a.empty() && b.empty())
      return std::nullopt;
    std::size_t length = std::min(a.size(), b.size());
    auto same = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first -
        a.begin());
    if (same < length || length == 0)
      return offset + same;
    offset += length;
    a.remove_prefix(length);
    b.remove_prefix(length);
  }
}

FirstDifference compare_layers(const ImageLayout& expected_layout, const Layer& expected,
                               const ImageLayout& actual_layout, const Layer& actual) {
  FirstDifference difference;
  difference.layer = expected.created_by;
  difference.likely_cause = likely_cause(expected.created_by);
  OpenLayer a(expected_layout, expected);
  OpenLayer b(actual_layout, actual);
  difference.what = "the encoding of the tar";
  for (;;) {
    std::optional<Entry> left = a.reader.next();
    std::optional<Entry> right = b.reader.next();
    if (!left && !right)
      return difference;
    if (!left || !right || left->path != right->path) {
      bool is_missing = !right || (left && left->path < right->path);
      difference.path = is_missing ? left->path : right->path;
      difference.what = is_missing ? "missing" : "not there before";
      return difference;
    }
    const std::optional<std::uint64_t> offset = compare_content(a.reader, b.reader);
    const std::string what = offset ? "content" : compare_metadata(*left, *right);
    // A time says little: whatever else differs tells more, if anything does.
    if (what.empty() || (what.starts_with("mtime") && !difference.path.empty()))
      continue;
    difference.path = left->path;
    difference.offset = offset;
    difference.what = what;
    if (!what.starts_with("mtime"))
      return difference;
  }
}

FirstDifference compare_configs(const Json& expected, const Json& actual) {
  FirstDifference difference;
  for (const Json& step : Json::diff(expected, actual)) {
    difference.path = step.at("path");
    difference.what = "the image config";
    difference.likely_cause = "another version of bootstrap writes it in another way";
    break;
  }
  return difference;
}

}  // namespace

Json to_json(const FirstDifference& difference) {
  return {{"layer", difference.layer},
          {"path", difference.path},
          {"what", difference.what},
          {"offset", difference.offset ? Json(*difference.offset) : Json()},
          {"likely_cause", difference.likely_cause}};
}

std::optional<FirstDifference> find_first_difference(const ImageLayout& expected,
                                                     const Digest& expected_manifest,
                                                     const ImageLayout& actual,
                                                     const Digest& actual_manifest) {
  ImageManifest a = expected.manifest(expected_manifest);
  ImageManifest b = actual.manifest(actual_manifest);
  if (a.config_digest == b.config_digest)
    return std::nullopt;
  for (std::size_t i = 0; i < std::min(a.layers.size(), b.layers.size()); ++i) {
    if (a.layers[i].diff_id != b.layers[i].diff_id)
      return compare_layers(expected, a.layers[i], actual, b.layers[i]);
  }
  if (a.layers.size() != b.layers.size()) {
    FirstDifference difference;
    difference.layer = (a.layers.size() > b.layers.size() ? a : b).layers.back().created_by;
    difference.what = fmt::format("{} layers instead of {}", b.layers.size(), a.layers.size());
    difference.likely_cause = "another version of bootstrap spreads packages over layers in another way";
    return difference;
  }
  return compare_configs(a.config, b.config);
}

}  // namespace bootstrap
