// Where packages come from and which they are: `repositories` and `packages`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "recipe/mirror_url.h"
#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

Value<std::string> url_of_mirror() {
  auto read = [](const YamlNode& node, Reading&) {
    const std::optional<std::string> url = mirror_url(node.string());
    if (!url)
      node.fail("not the URL of a mirror", "http, https or file, as in https://mirror.example/debian");
    return *url;
  };
  return {read,
          [](const std::string& url) { return Shown(url); },
          {{"type", "string"}, {"pattern", "^([Hh][Tt][Tt][Pp][Ss]?|[Ff][Ii][Ll][Ee]):[^ ?#]+$"}}};
}

const Fields<Pin>& pin_fields() {
  static const Fields<Pin> kFields =
      Fields<Pin>()
          .required("package", &Pin::package, word(kPackageGlob), "Which packages: a glob on names")
          .add("archive", &Pin::archive, word(kArchiveName), "Only versions from this archive")
          .add("suite", &Pin::suite, word(kSuite), "Only versions from this suite")
          .add("version", &Pin::version, quoted_word(kVersionGlob), "Only versions that this glob fits")
          // APT keeps priorities in a signed 16-bit number, and 0 means nothing to it.
          .required("priority", &Pin::priority, integer<int>(-32768, 32767),
                    "As in apt_preferences(5): below 0 a version is never chosen, at 1000 and above even a "
                    "downgrade is")
          .check([](const YamlNode& node, const Pin& pin) {
            if (!pin.archive && !pin.suite && !pin.version)
              node.fail("a pin needs an archive, a suite or a version");
            if (pin.priority == 0)
              node.at("priority")
                  .fail("a pin's priority must not be 0",
                        "below 0 a version is never chosen, at 1000 and above even a downgrade is");
          });
  return kFields;
}

constexpr auto kVariants =
    std::to_array({Variant::kExtract, Variant::kCustom, Variant::kEssential, Variant::kApt, Variant::kMinbase,
                   Variant::kBuildd, Variant::kImportant, Variant::kStandard});

void check_excluded(const YamlNode& node, const PackageSelection& packages) {
  const YamlNode* exclude = node.find("exclude");
  for (std::size_t i = 0; exclude != nullptr && i < packages.exclude.size(); ++i)
    if (std::find(packages.include.begin(), packages.include.end(), packages.exclude[i]) !=
        packages.include.end())
      exclude->sequence()[i].fail(fmt::format("\"{}\" is both included and excluded", packages.exclude[i]));
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

const Fields<Repository>& repository_fields() {
  static const Fields<Repository> kFields =
      Fields<Repository>()
          .required("archive", &Repository::archive, word(kArchiveName),
                    "Name of the archive; where it is fetched from is the mirror map's business")
          .required("suites", &Repository::suites,
                    not_empty(set_of(word(kSuite)), "a repository needs a suite"),
                    "Suites, as in [bookworm, bookworm-updates]")
          .add("components", &Repository::components,
               not_empty(set_of(word(kComponent)), "a repository needs a component",
                         "leave the key out for [main]"),
               "Components; default: [main]")
          .required("signed-by", &Repository::signed_by,
                    not_empty(list_of(file(FileReference::Kind::kFile)), "a repository needs a key",
                              "nothing unverified is ever unpacked"),
                    "OpenPGP key files, relative to the recipe's folder; one good signature is needed")
          .add("security", &Repository::security, boolean(),
               "Whether what comes from here is a security update")
          .add("url", &Repository::url, url_of_mirror(), "The recipe's own mirror for this archive")
          .add("snapshot", &Repository::snapshot, snapshot_time(),
               "The archive as it was then, in UTC: 20261101T120000Z");
  return kFields;
}

Value<std::vector<Repository>> repositories() {
  Value<std::vector<Repository>> list =
      not_empty(list_of(repository_fields().value()), "an image needs a repository");
  list.read = [all = list.read](const YamlNode& node, Reading& reading) {
    std::vector<Repository> result = all(node, reading);
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t i = 0; i < result.size(); ++i)
      for (const std::string& suite : result[i].suites)
        if (!seen.emplace(result[i].archive, suite).second)
          node.sequence()[i].fail(
              fmt::format("suite \"{}\" of archive \"{}\" is here twice", suite, result[i].archive));
    return result;
  };
  return list;
}

const Fields<PackageSelection>& package_fields() {
  static const Fields<PackageSelection> kFields =
      Fields<PackageSelection>()
          .add("variant", &PackageSelection::variant, choice(kVariants, &name_of),
               "The set to start from, as mmdebstrap defines it; not for a recipe that extends another")
          .add("include", &PackageSelection::include, set_of(word(kPackageName)), "Packages wanted besides")
          .add("exclude", &PackageSelection::exclude, set_of(word(kPackageName)),
               "Packages that must not end up in the set")
          .add("recommends", &PackageSelection::recommends, boolean(),
               "Whether recommended packages count as dependencies")
          .add("pins", &PackageSelection::pins, list_of(pin_fields().value()),
               "Preferences, as in apt_preferences(5)")
          .check(check_excluded);
  return kFields;
}

}  // namespace bootstrap
