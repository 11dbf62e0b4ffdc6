#include "recipe/mirror_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "recipe/apt_sources.h"
#include "recipe/mirror_url.h"
#include "recipe/syntax.h"
#include "recipe/yaml_node.h"

namespace bootstrap {
namespace {

constexpr std::string_view kUrlHint =
    "a mirror is an http, https or file URL, as in https://mirror.example/debian";

/// Where the time belongs in the URL of an archive of snapshots.
constexpr std::string_view kSnapshotPlace = "{snapshot}";

std::string environment_name(std::string_view archive) {
  std::string name = "BOOTSTRAP_MIRROR_";
  for (const char c : archive)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::vector<std::string> from_environment(std::string_view archive) {
  const std::string name = environment_name(archive);
  const char* value = std::getenv(name.c_str());
  std::istringstream words(value == nullptr ? "" : value);
  std::vector<std::string> urls;
  for (std::string word; words >> word;) {
    const auto url = mirror_url(word);
    if (!url)
      throw Error(ErrorKind::kUsage, fmt::format("${}: \"{}\" is not the URL of a mirror", name, word),
                  std::string(kUrlHint));
    urls.push_back(*url);
  }
  return urls;
}

std::string url_of(const YamlNode& node) {
  const auto url = mirror_url(node.string());
  if (!url)
    node.fail("not the URL of a mirror", std::string(kUrlHint));
  return *url;
}

std::vector<std::string> from_mirrors_file(const std::filesystem::path& file, std::string_view archive) {
  if (!std::filesystem::exists(file))
    return {};
  std::vector<std::string> urls;
  YamlNode::parse(read_file(file), file.string()).for_each([&](const YamlNode& key, const YamlNode& value) {
    if (!is_archive_name(key.string()))
      key.fail("not the name of an archive");
    // All of the file is checked, whatever is asked for: a mistake should not wait for the recipe that meets
    // it.
    std::vector<std::string> of_this;
    if (value.is_sequence())
      for (const YamlNode& item : value.sequence())
        of_this.push_back(url_of(item));
    else
      of_this.push_back(url_of(value));
    if (key.string() == archive)
      urls = std::move(of_this);
  });
  return urls;
}

std::vector<std::string> from_apt(const AptSources& sources, std::string_view archive) {
  const std::string ending = "/" + std::string(archive);
  std::vector<std::string> urls;
  for (const std::string& url : sources.urls) {
    if (url.ends_with(ending) && std::find(urls.begin(), urls.end(), url) == urls.end())
      urls.push_back(url);
  }
  return urls;
}

/// One of the host's sources may be the very one that was counted on, in a form that we do not speak.
std::string shown_unusable(const AptSources& sources) {
  constexpr std::size_t kShown = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(sources.unusable.size(), kShown); ++i)
    text += "\n  " + sources.unusable[i];
  if (sources.unusable.size() > kShown)
    text += fmt::format("\n  and {} more", sources.unusable.size() - kShown);
  return text;
}

/// Those of the URLs that serve the archive as the repository wants it: at a time, or now.
std::vector<std::string> at_its_time(const std::vector<std::string>& urls, const Repository& repository) {
  std::vector<std::string> fit;
  for (std::string url : urls) {
    const std::size_t place = url.find(kSnapshotPlace);
    if ((place != std::string::npos) != repository.snapshot.has_value())
      continue;
    if (repository.snapshot)
      url.replace(place, kSnapshotPlace.size(), snapshot_name(*repository.snapshot));
    fit.push_back(std::move(url));
  }
  if (!fit.empty())
    return fit;
  if (repository.snapshot)
    throw Error(ErrorKind::kUsage,
                fmt::format("no mirror is known that has the archive \"{}\" as it was at {}",
                            repository.archive, snapshot_name(*repository.snapshot)),
                fmt::format("name an archive of snapshots, with {} where the time belongs: --mirror "
                            "{}=https://snapshot.example/archive/debian/{}",
                            kSnapshotPlace, repository.archive, kSnapshotPlace));
  throw Error(ErrorKind::kUsage,
              fmt::format("every mirror of the archive \"{}\" serves snapshots", repository.archive),
              "say which: `snapshot:` in the recipe's repository, as in 20261101T120000Z");
}

}  // namespace

MirrorMap::MirrorMap(Options options) : options_(std::move(options)) {
  for (const std::string& argument : options_.from_command_line) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (equals == std::string::npos || !is_archive_name(name))
      throw Error(ErrorKind::kUsage, fmt::format("--mirror {}: expected NAME=URL", argument),
                  "as in --mirror debian=https://mirror.example/debian");
    const auto url = mirror_url(std::string_view(argument).substr(equals + 1));
    if (!url)
      throw Error(ErrorKind::kUsage, fmt::format("--mirror {}: not the URL of a mirror", argument),
                  std::string(kUrlHint));
    command_line_[name].push_back(*url);
  }
}

std::vector<std::string> MirrorMap::urls_for(const Repository& repository,
                                             const std::filesystem::path& recipe_directory) const {
  return at_its_time(mirrors_of(repository, recipe_directory), repository);
}

std::vector<std::string> MirrorMap::mirrors_of(const Repository& repository,
                                               const std::filesystem::path& recipe_directory) const {
  const std::string& archive = repository.archive;
  if (const auto given = command_line_.find(archive); given != command_line_.end())
    return given->second;
  if (auto urls = from_environment(archive); !urls.empty())
    return urls;
  if (repository.url)
    return {*repository.url};
  if (auto urls = from_mirrors_file(recipe_directory / "mirrors.yml", archive); !urls.empty())
    return urls;
  if (!options_.config_directory.empty())
    if (auto urls = from_mirrors_file(options_.config_directory / "mirrors.yml", archive); !urls.empty())
      return urls;
  const AptSources apt = read_apt_sources(options_.apt_directory);
  if (auto urls = from_apt(apt, archive); !urls.empty())
    return urls;

  const std::string config =
      options_.config_directory.empty() ? "" : " or " + (options_.config_directory / "mirrors.yml").string();
  throw Error(ErrorKind::kUsage,
              fmt::format("no mirror is known for the archive \"{}\"{}", archive, shown_unusable(apt)),
              fmt::format("give one as --mirror {0}=URL, as ${1}, as `url:` of the repository in the recipe, "
                          "in {2}{3}, or as "
                          "an entry of {4}/sources.list or {4}/sources.list.d whose URI ends in /{0}",
                          archive, environment_name(archive), (recipe_directory / "mirrors.yml").string(),
                          config, options_.apt_directory.string()));
}

}  // namespace bootstrap
