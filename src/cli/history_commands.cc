// The verbs about versions there are: history, rollback, evidence, diff, gc.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "base/atomic_file.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/found_image.h"
#include "image/layout.h"
#include "pipeline/passed_tests.h"
#include "pipeline/record.h"
#include "pipeline/repeatable.h"
#include "recipe/syntax.h"
#include "update/evidence.h"
#include "update/fixes.h"
#include "update/gc.h"
#include "update/image_diff.h"

namespace bootstrap {

namespace {

// More than this is for programs.
constexpr std::size_t kShownFiles = 50;

ImageLayout open_layout(const std::string& name, const CommonOptions& common) {
  ImageLayout layout(common.images, parse_reference(name).name);
  if (!layout.exists())
    throw Error(ErrorKind::kUsage, fmt::format("there is no image {} in {}", name, common.images.string()),
                "`bootstrap images` lists what there is; --images names another folder");
  return layout;
}

/// For verbs about all versions.
ImageLayout open_whole_layout(const std::string& name, const CommonOptions& common) {
  if (name.find(':') != std::string::npos)
    throw Error(ErrorKind::kUsage, fmt::format("{} names a version; all of the image's are meant here", name),
                fmt::format("write {}", name.substr(0, name.find(':'))));
  return open_layout(name, common);
}

std::string state_of(const ImageVersion& version) {
  return version.latest ? "latest" : version.rejected ? "rejected" : "";
}

int history(const std::string& name, const CommonOptions& common) {
  ImageLayout layout = open_whole_layout(name, common);
  Json documents = Json::array();
  if (!common.json)
    fmt::print("{:<20} {:<14} {:<14} {:<21} {:<9} {}\n", "VERSION", "IMAGE ID", "DIGEST", "DATE", "STATE",
               "REASON");
  std::vector<ImageVersion> versions = layout.versions();
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    const std::optional<Digest> image_id = layout.image_id(*version);
    if (common.json) {
      documents.push_back({{"version", version->version},
                           {"image_id", image_id ? Json(image_id->oci()) : Json()},
                           {"format", read_making(layout, version->manifest).format},
                           {"digest", version->manifest.oci()},
                           {"date", version->date},
                           {"reason", version->reason},
                           {"lock", version->lock},
                           {"latest", version->latest},
                           {"rejected", version->rejected},
                           {"evidence", version->evidence ? Json(version->evidence->oci()) : Json()}});
    } else {
      fmt::print("{:<20} {:<14} {:<14} {:<21} {:<9} {}\n", version->version,
                 image_id ? image_id->hex().substr(0, 12) : "damaged", version->manifest.hex().substr(0, 12),
                 version->date, state_of(*version), terminal_safe(version->reason));
    }
  }
  if (common.json)
    fmt::print("{}", canonical_json({{"name", layout.name()}, {"versions", documents}}));
  return 0;
}

int rollback(const std::string& name, const std::string& reference, const CommonOptions& common) {
  ImageLayout layout = open_whole_layout(name, common);
  std::string before;
  for (const ImageVersion& version : layout.versions())
    before = version.latest ? version.version : before;
  ImageVersion now = layout.make_latest(reference);
  if (common.json) {
    fmt::print("{}", canonical_json({{"name", layout.name()},
                                     {"before", before},
                                     {"latest", now.version},
                                     {"image_id", image_id_json(layout, now)},
                                     {"digest", now.manifest.oci()}}));
  } else {
    fmt::print("{}: latest is {} (was {})\n", layout.name(), now.version, before);
  }
  return 0;
}

/// What the changelogs say of packages that two versions have differently, by name. Nothing for images that
/// were not made here.
std::map<std::string, Move> fixes_between(const ImageContents& before, const ImageContents& after,
                                          const CommonOptions& common) {
  std::map<std::string, Move> fixes;
  if (before.locks.empty() || after.locks.empty())
    return fixes;
  std::vector<Move> moves = compare_packages(before.locks, after.locks);
  find_known_fixes(moves, Store(common.store.empty() ? Store::default_root() : common.store));
  for (Move& move : moves)
    fixes.emplace(move.name(), std::move(move));
  return fixes;
}

void print_packages(const ImageDiff& diff, const std::map<std::string, Move>& fixes) {
  for (const PackageChange& change : diff.packages) {
    if (!change.before) {
      fmt::print("  + {} {}\n", change.after->name, change.after->version);
    } else if (!change.after) {
      fmt::print("  - {} {}\n", change.before->name, change.before->version);
    } else {
      const auto fix = fixes.find(change.after->name);
      const bool fixed = fix != fixes.end() && !fix->second.cves.empty();
      fmt::print("  ~ {} {} -> {}{}\n", change.after->name, change.before->version, change.after->version,
                 fixed ? fmt::format("  fixes {}", fmt::join(fix->second.cves, " ")) : "");
    }
  }
}

Json to_json(const ImageDiff& diff, const std::map<std::string, Move>& fixes) {
  Json json = to_json(diff);
  for (Json& package : json["packages"]) {
    const auto fix = fixes.find(package.at("name").get<std::string>());
    package["cves"] = fix == fixes.end() ? Json::array() : Json(fix->second.cves);
    package["advisories"] = fix == fixes.end() ? Json::array() : Json(fix->second.advisories);
  }
  return json;
}

void print_files(const ImageDiff& diff) {
  for (std::size_t i = 0; i < std::min(diff.files.size(), kShownFiles); ++i) {
    const FileChange& change = diff.files[i];
    if (!change.before)
      fmt::print("  + {} /{}\n", describe(*change.after), terminal_safe(change.path));
    else if (!change.after)
      fmt::print("  - {} /{}\n", describe(*change.before), terminal_safe(change.path));
    else if (describe(*change.before) != describe(*change.after))
      fmt::print("  ~ {} -> {} /{}\n", describe(*change.before), describe(*change.after),
                 terminal_safe(change.path));
    else
      fmt::print("  ~ {} /{}\n", describe(*change.after), terminal_safe(change.path));
  }
  if (diff.files.size() > kShownFiles)
    fmt::print("    and {} more; --json lists all\n", diff.files.size() - kShownFiles);
}

void print_list(std::string_view title, const std::vector<std::string>& added,
                const std::vector<std::string>& removed) {
  if (added.empty() && removed.empty())
    return;
  fmt::print("{}\n", title);
  for (const std::string& item : added)
    fmt::print("  + {}\n", terminal_safe(item));
  for (const std::string& item : removed)
    fmt::print("  - {}\n", terminal_safe(item));
}

void print_layers(const ImageDiff& diff) {
  fmt::print("layers      {} shared, {} new, {} gone; {} -> {}; {} to pull\n", diff.shared_layers.size(),
             diff.new_layers.size(), diff.gone_layers.size(), human_size(diff.size_before),
             human_size(diff.size_after), human_size(diff.bytes_to_pull));
  for (const Layer& layer : diff.new_layers)
    fmt::print("  + {} {:>9}  {:.60}\n", layer.digest.hex().substr(0, 12), human_size(layer.size),
               layer.created_by);
}

int diff(const std::string& before, const std::string& after, const CommonOptions& common) {
  ContentsReader reader(common.images);
  ImageContents a = reader.read(before);
  ImageContents b = reader.read(after);
  ImageDiff difference = compare_images(a, b);
  const std::map<std::string, Move> fixes = fixes_between(a, b, common);
  if (common.json) {
    Json json = to_json(difference, fixes);
    json["before"] = a.label;
    json["after"] = b.label;
    fmt::print("{}", canonical_json(json));
    return 0;
  }
  fmt::print("{} -> {}\n", a.label, b.label);
  if (difference.empty()) {
    fmt::print("the same\n");
    return 0;
  }
  fmt::print("packages    {} changed\n", difference.packages.size());
  print_packages(difference, fixes);
  fmt::print("files       {} changed\n", difference.files.size());
  print_files(difference);
  std::vector<std::string> privileged;
  for (const std::string& path : difference.privileged)
    privileged.push_back("/" + path);
  print_list("setuid, setgid or with capabilities, changed", privileged, {});
  print_list("shared libraries", difference.sonames.added, difference.sonames.removed);
  print_list("ports", difference.ports.added, difference.ports.removed);
  print_list("configuration of the image, changed", difference.config, {});
  if (!a.layers.empty() && !b.layers.empty())
    print_layers(difference);
  return 0;
}

/// The evidence of a version; it is made now if its build left none.
int evidence(const std::string& text, const CommonOptions& common, Printer& printer) {
  ImageLayout layout = open_layout(text, common);
  ImageVersion version = layout.find(parse_reference(text).reference);
  if (!version.evidence) {
    TemporaryDirectory sources;
    const VersionRecord record = read_record(layout, version.manifest);
    const RecipeChain chain = load_recipe(restore_sources(record.sources, layout, sources.path()));
    WorkshopOwner owner(common, printer);
    auto tests = find_passed_tests(owner.workshop().store, version.manifest, record);
    const auto repetition = find_repetition(owner.workshop().store, record.state);
    if (tests && repetition)
      add_repetition(*repetition, record.accepted, *tests);
    ensure_evidence(layout, version, tests ? &*tests : nullptr, chain.back(), owner.workshop());
    version = layout.find(version.manifest.oci());
  }
  const Json json = read_evidence(layout, version);
  fmt::print("{}", common.json ? canonical_json(json) : terminal_safe(evidence_markdown(json)));
  return 0;
}

int gc(const GcPolicy& policy, const CommonOptions& common) {
  Store store(common.store.empty() ? Store::default_root() : common.store);
  GcResult result = collect_garbage(common.images, store, policy);
  if (common.json) {
    Json versions = Json::array();
    for (const DroppedVersion& version : result.versions)
      versions.push_back({{"name", version.name}, {"version", version.version}, {"date", version.date}});
    fmt::print("{}", canonical_json({{"versions", versions},
                                     {"files", result.garbage.files()},
                                     {"bytes", result.garbage.bytes()},
                                     {"dry_run", policy.dry_run}}));
    return 0;
  }
  std::string_view verb = policy.dry_run ? "would remove" : "removed";
  for (const DroppedVersion& version : result.versions)
    fmt::print("{} {} {} ({})\n", verb, version.name, version.version, version.date);
  fmt::print("{} {} files, {}\n", verb, result.garbage.files(), human_size(result.garbage.bytes()));
  return 0;
}

struct GcOptions {
  GcPolicy policy;
  std::string keep_within;
  std::string unused;
};

void add_gc(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto options = std::make_shared<GcOptions>();
  CLI::App* verb = app.add_subcommand("gc", "Drop old versions and everything that no image needs");
  verb->add_option("--keep", options->policy.keep, "Keep the newest N versions of each image")
      ->type_name("N");
  verb->add_option("--keep-within", options->keep_within, "Keep versions younger than this")
      ->type_name("90d");
  verb->add_option("--unused", options->unused, "Drop caches not used for this long (default: 30d)")
      ->type_name("30d");
  verb->add_flag("--dry-run", options->policy.dry_run, "Only say what would go");
  verb->callback([&common, &chosen, options] {
    chosen = [&common, options](Printer&) {
      if (!options->keep_within.empty())
        options->policy.keep_within = parse_age_option(options->keep_within, "--keep-within");
      if (!options->unused.empty())
        options->policy.unused = parse_age_option(options->unused, "--unused");
      return gc(options->policy, common);
    };
  });
}

}  // namespace

void add_history_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto name = std::make_shared<std::string>();
  auto second = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("history", "List the versions of an image, newest first, and why each is");
  verb->add_option("name", *name, "Image")->required()->type_name("NAME");
  verb->callback(
      [&common, &chosen, name] { chosen = [&common, name](Printer&) { return history(*name, common); }; });

  verb = app.add_subcommand("rollback", "Move latest back to an earlier version");
  verb->add_option("name", *name, "Image")->required()->type_name("NAME");
  verb->add_option("version", *second, "Version or digest")->required()->type_name("VERSION");
  verb->callback([&common, &chosen, name, second] {
    chosen = [&common, name, second](Printer&) { return rollback(*name, *second, common); };
  });

  verb =
      app.add_subcommand("evidence", "Say why a version is: what moved, what that fixes, what else changed");
  verb->add_option("image", *name, "Image")->required()->type_name("NAME[:VERSION]");
  verb->callback([&common, &chosen, name] {
    chosen = [&common, name](Printer& printer) { return evidence(*name, common, printer); };
  });

  verb = app.add_subcommand("diff", "Say how two images differ: packages, files, layers");
  const char* kinds = "NAME[:VERSION], a digest, or the path (with a /) of an oci-archive, layout or tree";
  verb->add_option("before", *name, kinds)->required()->type_name("IMAGE|PATH");
  verb->add_option("after", *second, "The same")->required()->type_name("IMAGE|PATH");
  verb->callback([&common, &chosen, name, second] {
    chosen = [&common, name, second](Printer&) { return diff(*name, *second, common); };
  });
  add_gc(app, common, chosen);
}

std::chrono::hours parse_age_option(const std::string& text, const std::string& option) {
  if (auto age = parse_age(text))
    return *age;
  throw Error(ErrorKind::kUsage, fmt::format("{}: \"{}\" is not an age", option, text),
              "write 12h, 90d or 4w");
}

}  // namespace bootstrap
