// Where packages come from and which they are: `repositories` and `packages`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "recipe/mirror_url.h"
#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

constexpr std::string_view kPackageHint =
    "lower-case letters, digits, \"+\", \"-\" and \".\"; a version is chosen with `pins`";

Repository read_repository(const YamlNode& node, FileReferences& files) {
  node.map_of({"archive", "suites", "components", "signed-by", "security", "url", "snapshot"});
  Repository repository;
  repository.archive = checked(node.at("archive"), is_archive_name, "not the name of an archive",
                               "lower-case letters, digits and single dashes, as in debian-security");
  repository.suites = checked_list(node.at("suites"), is_suite_or_component, "not the name of a suite");
  if (repository.suites.empty())
    node.at("suites").fail("a repository needs a suite");

  repository.components = {"main"};
  if (const YamlNode* components = node.find("components")) {
    repository.components = checked_list(*components, is_suite_or_component, "not the name of a component");
    if (repository.components.empty())
      components->fail("a repository needs a component", "leave the key out for [main]");
  }
  for (const YamlNode& key : node.at("signed-by").sequence())
    repository.signed_by.push_back(files.resolve(key, FileReference::Kind::kFile));
  if (repository.signed_by.empty())
    node.at("signed-by").fail("a repository needs a key", "nothing unverified is ever unpacked");

  if (const YamlNode* security = node.find("security"))
    repository.security = security->boolean();
  if (const YamlNode* url = node.find("url")) {
    repository.url = mirror_url(url->string());
    if (!repository.url)
      url->fail("not the URL of a mirror", "http, https or file, as in https://mirror.example/debian");
  }
  if (const YamlNode* snapshot = node.find("snapshot")) {
    repository.snapshot = parse_snapshot(snapshot->string());
    if (!repository.snapshot)
      snapshot->fail("not a time", "in UTC, as in 20261101T120000Z");
  }
  return repository;
}

Pin read_pin(const YamlNode& node) {
  node.map_of({"package", "archive", "suite", "version", "priority"});
  Pin pin;
  pin.package =
      checked(node.at("package"), is_package_glob, "not a glob on package names", "as in \"nginx*\"");
  if (const YamlNode* archive = node.find("archive"))
    pin.archive = checked(*archive, is_archive_name, "not the name of an archive");
  if (const YamlNode* suite = node.find("suite"))
    pin.suite = checked(*suite, is_suite_or_component, "not the name of a suite");
  if (const YamlNode* version = node.find("version")) {
    pin.version = version->quoted_string();
    if (!is_version_glob(*pin.version))
      version->fail("not a glob on versions", "as in \"1.22.*\"");
  }
  if (!pin.archive && !pin.suite && !pin.version)
    node.fail("a pin needs an archive, a suite or a version");
  // APT keeps priorities in a signed 16-bit number, and 0 means nothing to it.
  pin.priority = static_cast<int>(node.at("priority").integer(-32768, 32767));
  if (pin.priority == 0)
    node.at("priority")
        .fail("a pin's priority must not be 0",
              "below 0 a version is never chosen, at 1000 and above even a downgrade is");
  return pin;
}

Variant read_variant(const YamlNode& node) {
  constexpr auto kVariants =
      std::to_array({Variant::kExtract, Variant::kCustom, Variant::kEssential, Variant::kApt,
                     Variant::kMinbase, Variant::kBuildd, Variant::kImportant, Variant::kStandard});
  std::array<std::string_view, kVariants.size()> names;
  std::transform(kVariants.begin(), kVariants.end(), names.begin(),
                 [](Variant variant) { return name_of(variant); });
  return kVariants[node.one_of(names)];
}

}  // namespace

std::string_view name_of(Variant variant) {
  switch (variant) {
    case Variant::kExtract:
      return "extract";
    case Variant::kCustom:
      return "custom";
    case Variant::kEssential:
      return "essential";
    case Variant::kApt:
      return "apt";
    case Variant::kMinbase:
      return "minbase";
    case Variant::kBuildd:
      return "buildd";
    case Variant::kImportant:
      return "important";
    case Variant::kStandard:
      return "standard";
  }
  return "unknown";
}

std::vector<Repository> read_repositories(const YamlNode& node, FileReferences& files) {
  std::vector<Repository> repositories;
  std::set<std::pair<std::string, std::string>> seen;
  for (const YamlNode& item : node.sequence()) {
    Repository repository = read_repository(item, files);
    for (const std::string& suite : repository.suites)
      if (!seen.emplace(repository.archive, suite).second)
        item.fail(fmt::format("suite \"{}\" of archive \"{}\" is here twice", suite, repository.archive));
    repositories.push_back(std::move(repository));
  }
  if (repositories.empty())
    node.fail("an image needs a repository");
  return repositories;
}

void read_packages(const YamlNode& node, bool has_parent, PackageSelection& packages) {
  node.map_of({"variant", "include", "exclude", "recommends", "pins"});
  if (const YamlNode* variant = node.find("variant")) {
    if (has_parent)
      node.key("variant").fail("a recipe that extends another has no variant",
                               "the set of packages it stands on is its parent's");
    packages.variant = read_variant(*variant);
  }
  if (const YamlNode* include = node.find("include"))
    packages.include =
        checked_list(*include, is_package_name, "not the name of a package", std::string(kPackageHint));
  if (const YamlNode* exclude = node.find("exclude")) {
    packages.exclude =
        checked_list(*exclude, is_package_name, "not the name of a package", std::string(kPackageHint));
    for (const YamlNode& item : exclude->sequence())
      if (std::find(packages.include.begin(), packages.include.end(), item.string()) !=
          packages.include.end())
        item.fail(fmt::format("\"{}\" is both included and excluded", item.string()));
  }
  if (const YamlNode* recommends = node.find("recommends"))
    packages.recommends = recommends->boolean();
  if (const YamlNode* pins = node.find("pins")) {
    packages.pins.clear();
    for (const YamlNode& item : pins->sequence())
      packages.pins.push_back(read_pin(item));
  }
}

}  // namespace bootstrap
