// A recipe as a value to be compared and hashed. What is left out here can be changed without a new lock, so
// whatever can change a byte of the image must be in.
#include <algorithm>

#include "base/digest.h"
#include "base/fd.h"
#include "recipe/content_digest.h"
#include "recipe/recipe.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

// Raised when a value gets another meaning, so that old locks do not fit by accident.
constexpr int kFormat = 1;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Which keys, not in which files or order.
Json key_digests(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> digests;
  for (const std::filesystem::path& file : files)
    digests.push_back(digest_of_fd(open_file(file, O_RDONLY).get()).hex());
  std::sort(digests.begin(), digests.end());
  return digests;
}

Json to_json(const Repository& repository) {
  Json json = {{"archive", repository.archive},
               {"suites", repository.suites},
               {"components", repository.components},
               {"keys", key_digests(repository.signed_by)},
               {"security", repository.security}};
  if (repository.snapshot)
    json["snapshot"] = snapshot_name(*repository.snapshot);
  return json;
}

Json to_json(const Pin& pin) {
  return {{"package", pin.package},
          {"archive", or_null(pin.archive)},
          {"suite", or_null(pin.suite)},
          {"version", or_null(pin.version)},
          {"priority", pin.priority}};
}

Json to_json(const OwnFile& file) {
  return {
      {"content", content_digest(file.source).hex()},
      // A target that ends in "/" is a folder which the file goes into under its own name.
      {"target", file.target.ends_with('/') ? file.target + file.source.filename().string() : file.target},
      {"user", file.user},
      {"group", file.group},
      {"mode", or_null(file.mode)}};
}

Json to_json(const UserAccount& user) {
  return {
      {"name", user.name}, {"uid", user.uid}, {"gid", user.gid}, {"home", user.home}, {"shell", user.shell}};
}

template <typename T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values)
    list.push_back(to_json(value));
  return list;
}

Json to_json(const PackageSelection& packages) {
  return {{"variant", name_of(packages.variant)},
          {"include", packages.include},
          {"exclude", packages.exclude},
          {"recommends", packages.recommends},
          {"pins", list_of(packages.pins)}};
}

Json to_json(const ImageOptions& image) {
  std::map<std::string, std::string> labels = image.labels;
  labels.insert(image.labels_of_ancestors.begin(), image.labels_of_ancestors.end());
  Json json = {{"entrypoint", image.entrypoint},
               {"cmd", image.cmd},
               {"env", image.env},
               {"user", image.user},
               {"workdir", image.workdir},
               {"ports", image.ports},
               {"stop_signal", image.stop_signal},
               {"labels", labels}};
  // A label that an ancestor has in the same words, which says the same as leaving it out only where labels
  // are inherited.
  for (const auto& label : image.labels_of_ancestors) {
    if (image.labels.contains(label.first) && image.labels.at(label.first) == label.second)
      json["labels_said_again"].push_back(label.first);
  }
  return json;
}

}  // namespace

Json normalised(const Recipe& recipe) {
  Json json = {{"format", kFormat},
               {"child", recipe.extends.has_value()},
               {"repositories", list_of(recipe.repositories)},
               {"packages", to_json(recipe.packages)},
               {"scripts", recipe.scripts == ScriptMode::kRun ? "run" : "skip"},
               {"debconf", recipe.debconf},
               {"paths", {{"exclude", recipe.paths.exclude}, {"include", recipe.paths.include}}},
               {"files", list_of(recipe.files)},
               {"users", list_of(recipe.users)},
               {"image", to_json(recipe.image)},
               {"layers", {{"compression", name_of(recipe.layers.compression)}, {"max", recipe.layers.max}}}};
  // Locks of recipes that have no such rules are older than these.
  if (!recipe.state.remove.empty() || !recipe.state.empty.empty())
    json["state"] = {{"remove", recipe.state.remove}, {"empty", recipe.state.empty}};
  return json;
}

Digest recipe_digest(const Recipe& recipe) {
  return Digest::of(compact_json(normalised(recipe)));
}

}  // namespace bootstrap
