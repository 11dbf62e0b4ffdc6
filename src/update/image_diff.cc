#include "update/image_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace bootstrap {

namespace {

constexpr std::uint32_t kSetIds = 06000;

bool same(const Entry& a, const Entry& b) {
  bool mode = a.mode == b.mode || a.type == EntryType::kSymlink;  // a link's mode means nothing
  return a.type == b.type && mode && a.uid == b.uid && a.gid == b.gid && a.digest == b.digest &&
         a.link_target == b.link_target && a.xattrs == b.xattrs && a.device_major == b.device_major &&
         a.device_minor == b.device_minor;
}

bool is_privileged(const std::optional<Entry>& entry) {
  return entry && entry->type == EntryType::kFile &&
         ((entry->mode & kSetIds) != 0 || entry->xattrs.contains("security.capability"));
}

std::vector<PackageChange> compare_packages(const ImageContents& before, const ImageContents& after) {
  std::map<std::pair<std::string, std::string>, PackageChange> all;
  for (const InstalledPackage& package : before.packages)
    all[{package.name, package.architecture}].before = package;
  for (const InstalledPackage& package : after.packages)
    all[{package.name, package.architecture}].after = package;
  std::vector<PackageChange> changes;
  for (auto& [key, change] : all) {
    if (!change.before || !change.after || change.before->version != change.after->version)
      changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<FileChange> compare_files(const ImageContents& before, const ImageContents& after) {
  std::vector<FileChange> changes;
  auto a = before.files.begin();
  auto b = after.files.begin();
  while (a != before.files.end() || b != after.files.end()) {
    if (b == after.files.end() || (a != before.files.end() && a->first < b->first)) {
      changes.push_back({a->first, a->second, std::nullopt});
      ++a;
    } else if (a == before.files.end() || b->first < a->first) {
      changes.push_back({b->first, std::nullopt, b->second});
      ++b;
    } else {
      if (!same(a->second, b->second))
        changes.push_back({a->first, a->second, b->second});
      ++a;
      ++b;
    }
  }
  return changes;
}

/// By the name that the loader looks for: libNAME.so.NUMBER, where the policy wants a file or link to have
/// it.
std::set<std::string> sonames(const ImageContents& contents) {
  std::set<std::string> names;
  for (const auto& [path, entry] : contents.files) {
    std::string name = path.substr(path.rfind('/') + 1);
    std::size_t version = name.find(".so.");
    if (name.starts_with("lib") && version != std::string::npos && path.starts_with("usr/lib") &&
        name.find('.', version + 4) == std::string::npos)
      names.insert(name);
  }
  return names;
}

std::set<std::string> ports(const ImageContents& contents) {
  std::set<std::string> names;
  const Json ports = contents.config.value("/config/ExposedPorts"_json_pointer, Json::object());
  for (const auto& [port, options] : ports.items())
    names.insert(port);
  return names;
}

TextChange compare_texts(const std::set<std::string>& before, const std::set<std::string>& after) {
  TextChange change;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(change.added));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(change.removed));
  return change;
}

/// What a runtime reads. Dates, history and diff IDs follow from the layers.
std::vector<std::string> compare_configs(const Json& before, const Json& after) {
  std::vector<std::string> names;
  Json a = before.value("config", Json::object());
  Json b = after.value("config", Json::object());
  a["architecture"] = before.value("architecture", "");
  b["architecture"] = after.value("architecture", "");
  std::set<std::string> keys;
  for (const Json* json : {&a, &b}) {
    for (const auto& [key, value] : json->items())
      keys.insert(key);
  }
  for (const std::string& key : keys) {
    if (key != "ExposedPorts" && a.value(key, Json()) != b.value(key, Json()))
      names.push_back(key);
  }
  return names;
}

void compare_layers(const ImageContents& before, const ImageContents& after, ImageDiff& diff) {
  std::set<Digest> there;
  for (const Layer& layer : before.layers) {
    there.insert(layer.digest);
    diff.size_before += layer.size;
  }
  std::set<Digest> here;
  for (const Layer& layer : after.layers) {
    here.insert(layer.digest);
    diff.size_after += layer.size;
    bool is_shared = there.contains(layer.digest);
    (is_shared ? diff.shared_layers : diff.new_layers).push_back(layer);
    diff.bytes_to_pull += is_shared ? 0 : layer.size;
  }
  for (const Layer& layer : before.layers) {
    if (!here.contains(layer.digest))
      diff.gone_layers.push_back(layer);
  }
}

Json to_json(const std::optional<InstalledPackage>& package) {
  if (!package)
    return nullptr;
  return {{"version", package->version},
          {"source", package->source},
          {"source_version", package->source_version}};
}

Json to_json(const std::optional<Entry>& entry) {
  if (!entry)
    return nullptr;
  Json json = {{"type", std::string(1, static_cast<char>(entry->type))},
               {"mode", fmt::format("{:04o}", entry->mode)},
               {"uid", entry->uid},
               {"gid", entry->gid}};
  if (entry->type == EntryType::kFile)
    json["digest"] = entry->digest.oci();
  if (entry->type == EntryType::kSymlink)
    json["target"] = entry->link_target;
  return json;
}

Json to_json(const TextChange& change) {
  return {{"added", change.added}, {"removed", change.removed}};
}

Json to_json(const std::vector<Layer>& layers) {
  Json json = Json::array();
  for (const Layer& layer : layers)
    json.push_back({{"digest", layer.digest.oci()}, {"size", layer.size}, {"created_by", layer.created_by}});
  return json;
}

}  // namespace

ImageDiff compare_images(const ImageContents& before, const ImageContents& after) {
  ImageDiff diff;
  diff.packages = compare_packages(before, after);
  diff.files = compare_files(before, after);
  for (const FileChange& change : diff.files) {
    if (is_privileged(change.before) || is_privileged(change.after))
      diff.privileged.push_back(change.path);
  }
  diff.sonames = compare_texts(sonames(before), sonames(after));
  if (!before.config.empty() && !after.config.empty()) {
    diff.ports = compare_texts(ports(before), ports(after));
    diff.config = compare_configs(before.config, after.config);
  }
  if (!before.layers.empty() && !after.layers.empty())
    compare_layers(before, after, diff);
  return diff;
}

Json to_json(const ImageDiff& diff) {
  Json packages = Json::array();
  for (const PackageChange& change : diff.packages) {
    packages.push_back({{"name", change.either().name},
                        {"architecture", change.either().architecture},
                        {"before", to_json(change.before)},
                        {"after", to_json(change.after)}});
  }
  Json files = Json::array();
  for (const FileChange& change : diff.files)
    files.push_back(
        {{"path", "/" + change.path}, {"before", to_json(change.before)}, {"after", to_json(change.after)}});
  Json privileged = Json::array();
  for (const std::string& path : diff.privileged)
    privileged.push_back("/" + path);
  return {{"packages", packages},
          {"files", files},
          {"privileged", privileged},
          {"sonames", to_json(diff.sonames)},
          {"ports", to_json(diff.ports)},
          {"config", diff.config},
          {"layers",
           {{"shared", to_json(diff.shared_layers)},
            {"new", to_json(diff.new_layers)},
            {"gone", to_json(diff.gone_layers)}}},
          {"size", {{"before", diff.size_before}, {"after", diff.size_after}}},
          {"bytes_to_pull", diff.bytes_to_pull}};
}

std::string describe(const Entry& entry) {
  std::string text(1, static_cast<char>(entry.type));
  for (int shift : {6, 3, 0}) {
    std::uint32_t bits = entry.mode >> shift;
    bool special = (entry.mode & (shift == 6 ? 04000U : shift == 3 ? 02000U : 01000U)) != 0;
    text += (bits & 4) != 0 ? 'r' : '-';
    text += (bits & 2) != 0 ? 'w' : '-';
    char letter = shift == 0 ? 't' : 's';
    text += special ? ((bits & 1) != 0 ? letter : static_cast<char>(letter - 'a' + 'A'))
                    : ((bits & 1) != 0 ? 'x' : '-');
  }
  return fmt::format("{} {}:{}", text, entry.uid, entry.gid);
}

}  // namespace bootstrap
