#include "update/fixes.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/fd.h"
#include "debian/version.h"
#include "package/deb.h"
#include "pipeline/materials.h"
#include "repo/decompress.h"

namespace bootstrap {

namespace {

// The kernel's changelog has 8 MB; what is older than this is of no interest.
constexpr std::size_t kKept = 1 << 20;
constexpr std::uint64_t kLargest = 64ULL << 20;

/// changelog.Debian.gz, changelog.Debian.amd64.gz (a binary-only rebuild) or, in a package that is Debian's
/// own, changelog.gz.
bool is_changelog(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return path.starts_with("usr/share/doc/") && path.compare(slash + 1, 9, "changelog") == 0;
}

std::string whole(const std::function<std::string_view()>& read) {
  std::string content;
  for (std::string_view piece = read(); !piece.empty() && content.size() < kLargest; piece = read())
    content.append(piece);
  return content;
}

/// The changelog of a package whose .deb the store has, from the store where it was read before.
std::string stored_changelog(const LockedPackage& package, const Store& store) {
  const std::string key = "changelog-" + package.sha256.hex();
  if (auto known = store.get(Store::Area::kReport, key))
    return *known;
  std::filesystem::path path = store.path(Store::Area::kDownload, package.sha256.hex());
  if (!std::filesystem::exists(path))
    return {};
  UniqueFd deb = open_file(path, O_RDONLY);
  if (digest_of_fd(deb.get()) != package.sha256)
    return {};
  std::string text = read_changelog(deb.get(), package.name + " " + package.version);
  text.resize(std::min(text.size(), kKept));
  store.put(Store::Area::kReport, key, text);
  return text;
}

/// The new versions of packages that are still made from the same source.
std::vector<const LockedPackage*> upgraded(const std::vector<Move>& moves) {
  std::vector<const LockedPackage*> packages;
  for (const Move& move : moves) {
    if (move.from && move.to && move.from->source == move.to->source)
      packages.push_back(&*move.to);
  }
  return packages;
}

void fetch_missing(const std::vector<const LockedPackage*>& packages, const Recipe& recipe,
                   Workshop& workshop) {
  std::vector<Download> downloads;
  for (const LockedPackage* package : packages) {
    if (!workshop.store.contains(Store::Area::kReport, "changelog-" + package->sha256.hex()) &&
        !workshop.store.contains(Store::Area::kDownload, package->sha256.hex()))
      downloads.push_back(download_of(*package, recipe, workshop.mirrors));
  }
  if (downloads.empty())
    return;
  workshop.reporter.stage(recipe.name, "reading changelogs");
  workshop.fetcher.fetch(
      downloads, [](std::size_t) {},
      [&](const FetchProgress& progress) { workshop.reporter.download(progress); });
}

void apply_changelog(Move& move, const std::vector<ChangelogEntry>& entries) {
  std::vector<ChangelogEntry> source_entries;
  std::vector<ChangelogEntry> rebuilds;
  for (const ChangelogEntry& entry : entries)
    (entry.binary_only ? rebuilds : source_entries).push_back(entry);
  // A binary package may be numbered otherwise than its source, whose numbers the changelog has. Rebuilds are
  // numbered as the binary.
  move.changes = entries_between(rebuilds, move.from->version, move.to->version);
  for (ChangelogEntry& entry :
       entries_between(source_entries, move.from->source_version, move.to->source_version))
    move.changes.push_back(std::move(entry));
  std::string text;
  for (const ChangelogEntry& entry : move.changes)
    text += entry.text + "\n";
  move.cves = find_cves(text);
  move.advisories = find_advisories(text);
  move.changelog_complete =
      std::any_of(source_entries.begin(), source_entries.end(), [&](const ChangelogEntry& entry) {
        return compare_versions(entry.version, move.from->source_version) <= 0;
      });
}

Json to_json(const std::optional<LockedPackage>& package) {
  if (!package)
    return nullptr;
  return {{"version", package->version},   {"architecture", package->architecture},
          {"source", package->source},     {"source_version", package->source_version},
          {"archive", package->archive},   {"suite", package->suite},
          {"security", package->security}, {"sha256", package->sha256.hex()},
          {"size", package->size}};
}

}  // namespace

std::string Move::published() const {
  std::string oldest;
  for (const ChangelogEntry& entry : changes) {
    if (!entry.date.empty() && (oldest.empty() || entry.date < oldest))
      oldest = entry.date;
  }
  return oldest;
}

Json to_json(const Move& move) {
  Json changes = Json::array();
  for (const ChangelogEntry& entry : move.changes)
    changes.push_back({{"version", entry.version},
                       {"distribution", entry.distribution},
                       {"date", entry.date},
                       {"text", entry.text}});
  return {{"name", move.name()},
          {"from", to_json(move.from)},
          {"to", to_json(move.to)},
          {"security", move.is_security()},
          {"cves", move.cves},
          {"advisories", move.advisories},
          {"published", move.published()},
          {"released", move.released},
          {"changes", changes},
          {"changelog_complete", move.changelog_complete}};
}

std::vector<Move> compare_packages(const std::vector<Lockfile>& before, const std::vector<Lockfile>& after) {
  std::map<std::string, Move> moves;
  std::map<std::pair<std::string, std::string>, std::string> dates;
  for (const Lockfile& lock : before) {
    for (const LockedPackage& package : lock.packages)
      moves[package.name].from = package;
  }
  for (const Lockfile& lock : after) {
    for (const LockedRepository& repository : lock.repositories)
      dates[{repository.archive, repository.suite}] = repository.date;
    for (const LockedPackage& package : lock.packages)
      moves[package.name].to = package;
  }
  std::vector<Move> changed;
  for (auto& [name, move] : moves) {
    if (move.from && move.to && move.from->version == move.to->version &&
        move.from->sha256 == move.to->sha256)
      continue;
    if (move.to)
      move.released = dates[{move.to->archive, move.to->suite}];
    changed.push_back(std::move(move));
  }
  return changed;
}

void find_fixes(std::vector<Move>& moves, const Recipe& recipe, Workshop& workshop) {
  try {
    fetch_missing(upgraded(moves), recipe, workshop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNetwork)
      throw;
    workshop.reporter.note(recipe.name, "changelogs are missing: " + error.message());
  }
  find_known_fixes(moves, workshop.store);
}

void find_known_fixes(std::vector<Move>& moves, const Store& store) {
  // A package may have its folder of documentation as a link to that of another package of the same source.
  using Source = std::tuple<std::string, std::string>;
  std::map<Source, std::vector<ChangelogEntry>> of_source;
  for (const LockedPackage* package : upgraded(moves)) {
    std::vector<ChangelogEntry> entries = parse_changelog(stored_changelog(*package, store));
    std::vector<ChangelogEntry>& known = of_source[{package->source, package->source_version}];
    if (entries.size() > known.size())
      known = std::move(entries);
  }
  for (Move& move : moves) {
    if (move.from && move.to && move.from->source == move.to->source)
      apply_changelog(move, of_source[{move.to->source, move.to->source_version}]);
  }
}

std::string read_changelog(int deb, std::string_view what) {
  std::map<std::string, std::string> found;  // by path
  read_deb(deb, what, true,
           [&](const Entry& entry, const std::string&, const std::function<std::string_view()>& read) {
             if (entry.type == EntryType::kFile && is_changelog(entry.path))
               found[entry.path] = whole(read);
           });
  // Beside changelog.Debian.gz, changelog.gz is the upstream author's.
  bool has_own = std::any_of(found.begin(), found.end(), [](const auto& item) {
    return item.first.find("changelog.Debian") != std::string::npos;
  });
  std::string rebuilds;
  std::string text;
  for (const auto& [path, content] : found) {
    std::string name = path.substr(path.rfind('/') + 1);
    if (has_own && !name.starts_with("changelog.Debian"))
      continue;
    std::string plain =
        name.ends_with(".gz") ? decompress(content, IndexCompression::kGzip, kLargest) : content;
    bool is_rebuild = name != "changelog.Debian.gz" && name != "changelog.Debian" && has_own;
    (is_rebuild ? rebuilds : text) += plain;
  }
  return rebuilds + text;
}

}  // namespace bootstrap
