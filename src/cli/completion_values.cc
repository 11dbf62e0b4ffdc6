#include "cli/completion_values.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "image/layout.h"
#include "lock/lockfile.h"
#include "pipeline/record.h"
#include "recipe/recipe.h"
#include "sandbox/capability_names.h"
#include "update/gc.h"

namespace bootstrap {

namespace {

using Values = std::vector<std::string>;

Values given(const CompletionContext& context, const std::string& type) {
  const auto found = context.arguments.find(type);
  return found == context.arguments.end() ? Values{} : found->second;
}

Values versions_of(const CompletionContext& context, const std::string& name, const std::string& prefix) {
  Values values = {prefix + "latest"};
  for (const ImageVersion& version : ImageLayout(context.images, name).versions())
    values.push_back(prefix + version.version);
  return values;
}

/// Names, and once there is a colon versions.
Values references(const CompletionContext& context, const std::string& word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos)
    return image_names(context.images);
  return versions_of(context, word.substr(0, colon), word.substr(0, colon + 1));
}

Values names_of(const std::vector<Lockfile>& locks) {
  std::set<std::string> names;
  for (const Lockfile& lock : locks) {
    for (const LockedPackage& package : lock.packages)
      names.insert(package.name);
  }
  return {names.begin(), names.end()};
}

/// What the image of this command line is made of.
Values packages_of_image(const CompletionContext& context) {
  const Values images = given(context, "NAME[:VERSION]");
  if (images.empty())
    return {};
  const ImageReference reference = parse_reference(images.front());
  const ImageLayout layout(context.images, reference.name);
  return names_of(read_record(layout, layout.find(reference.reference).manifest).locks);
}

/// What the recipes of this command line are locked to.
Values packages_of_recipes(const CompletionContext& context) {
  std::vector<Lockfile> locks;
  for (const std::string& file : given(context, "RECIPE...")) {
    for (const Recipe& recipe : load_recipe(file)) {
      if (auto lock = read_lock(lock_path(recipe.file)))
        locks.push_back(std::move(*lock));
    }
  }
  return names_of(locks);
}

/// "none|user|bridge": the words to choose from; nothing for what only describes a value ("FILE|DIR").
Values choices(const std::string& type) {
  Values words;
  std::istringstream text(type);
  for (std::string word; std::getline(text, word, '|');)
    words.push_back(word);
  const bool literal = words.size() > 1 && std::none_of(type.begin(), type.end(),
                                                        [](unsigned char c) { return std::isupper(c) != 0; });
  return literal ? words : Values();
}

}  // namespace

Values values_of(const std::string& type, const std::string& word, const CompletionContext& context) {
  if (type.starts_with("RECIPE"))
    return {":recipes"};
  if (type == "DIR")
    return {":directories"};
  if (type == "FILE" || type == "FILE|DIR" ||
      (type.starts_with("SRC:") && word.find(':') == std::string::npos))
    return {":files"};
  if (type == "NAME")
    return image_names(context.images);
  if (type == "NAME[:VERSION]")
    return references(context, word);
  if (type == "IMAGE|PATH") {
    Values values = references(context, word);
    values.push_back(":files");
    return values;
  }
  if (type == "VERSION" && !given(context, "NAME").empty())
    return versions_of(context, given(context, "NAME").front(), "");
  if (type == "PACKAGE|PATH")
    return packages_of_image(context);
  if (type == "PACKAGE")
    return packages_of_recipes(context);
  if (type == "CAP") {
    Values names = capability_names(parse_capability("ALL").value_or(0));
    names.insert(names.begin(), "ALL");
    return names;
  }
  return choices(type);
}

}  // namespace bootstrap
