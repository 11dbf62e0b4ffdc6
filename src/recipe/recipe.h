// The recipe: what an image is made of, as people write it. docs/recipe.md is its reference.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/digest.h"
#include "base/json.h"
#include "recipe/origins.h"
#include "recipe/smoke_test.h"

namespace bootstrap {

/// One archive with its suites. Where it is fetched from is the mirror map's business.
struct Repository {
  std::string archive;              ///< "debian"
  std::vector<std::string> suites;  ///< at least one
  std::vector<std::string> components = {"main"};
  std::vector<std::filesystem::path> signed_by;      ///< absolute paths of key files; at least one
  bool security = false;                             ///< what comes from here is a security update
  std::optional<std::string> url;                    ///< the recipe's own mirror
  std::optional<std::chrono::sys_seconds> snapshot;  ///< the archive as it was then; none: as it is now
};

/// As apt's preferences: a glob on package names, and where its version must come from.
struct Pin {
  std::string package;
  std::optional<std::string> archive;
  std::optional<std::string> suite;
  std::optional<std::string> version;  ///< glob
  int priority = 0;
};

/// Package sets as mmdebstrap defines them.
enum class Variant { kExtract, kCustom, kEssential, kApt, kMinbase, kBuildd, kImportant, kStandard };
std::string_view name_of(Variant variant);

struct PackageSelection {
  /// A recipe that extends another may not name one: the set it stands on is its parent's. It has kCustom,
  /// which adds nothing.
  Variant variant = Variant::kMinbase;
  std::vector<std::string> include;
  std::vector<std::string> exclude;  ///< must not end up in the set
  bool recommends = false;
  std::vector<Pin> pins;
};

enum class ScriptMode { kRun, kSkip };

/// dpkg's path-exclude and path-include: globs on absolute paths, includes win.
struct PathRules {
  std::vector<std::string> exclude;
  std::vector<std::string> include;
};

/// Own content, in the last layer.
struct OwnFile {
  std::filesystem::path source;  ///< absolute; a file or a folder
  std::string target;            ///< absolute path in the image
  std::string user = "root";     ///< name or number
  std::string group = "root";
  /// Of files. Without it 0755 for what its owner may execute, else 0644: all that a checkout keeps of a
  /// mode.
  std::optional<std::uint32_t> mode;
};

struct UserAccount {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;  ///< default: the uid; the group of that number is made with the user's name
  std::string home = "/nonexistent";
  std::string shell = "/usr/sbin/nologin";
};

/// A path that may be different in every build.
struct AcceptedPath {
  std::string path;    ///< glob on absolute paths
  std::string reason;  ///< for people
};

/// What becomes of what scripts leave in the tree, besides the built-in rules (rootfs/state_rules.h).
struct StateRules {
  std::vector<std::string> remove;   ///< globs on absolute paths: left out
  std::vector<std::string> empty;    ///< and these: of a file its content, of a directory all below it
  std::vector<AcceptedPath> accept;  ///< no part of what the image is made of
};

/// What goes into the OCI image config.
struct ImageOptions {
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::map<std::string, std::string> env;
  std::string user;
  std::string workdir = "/";
  std::vector<std::string> ports;  ///< "80/tcp"
  std::string stop_signal;         ///< "SIGQUIT"
  std::map<std::string, std::string> labels;
  /// What the ancestors say of themselves (is_of_one_image()), which is not said of this image. It counts in
  /// recipe_digest() all the same, as it did when it was inherited: locks of that time still fit.
  std::map<std::string, std::string> labels_of_ancestors;
};

struct LayerOptions {
  Compression compression = Compression::kGzip;
  unsigned max = 12;
};

struct Limits {
  std::uint64_t memory = 512ULL << 20;  ///< bytes
  unsigned pids = 256;
  std::chrono::milliseconds timeout{60000};
};

/// What `bootstrap update` may do by itself. No part of what the image is made of.
struct UpdatePolicy {
  enum class Allow {
    kSecurity,  ///< packages for which a security suite has something newer
    kAll,       ///< whatever is newer
    kNone,
  };
  Allow allow = Allow::kSecurity;
  std::vector<std::string> hold;   ///< packages that stay as they are
  std::chrono::hours max_age{24};  ///< how long a fix may be public before its absence is called overdue
};
std::string_view name_of(UpdatePolicy::Allow allow);

/// What the image may grow to; a build that goes beyond fails. What is not given may be anything.
struct Budgets {
  std::optional<std::uint64_t> size;               ///< bytes, of all layers as they are downloaded
  std::optional<std::uint64_t> packages;           ///< the parents' included, as all of these
  std::optional<std::uint64_t> setuid;             ///< files with the setuid or setgid bit
  std::optional<std::uint64_t> file_capabilities;  ///< files with capabilities
  std::optional<std::uint64_t> world_writable;     ///< files, and directories without the sticky bit
  std::optional<std::uint64_t> secrets;            ///< files with a private key, a password hash or a token
};

struct Recipe {
  std::filesystem::path file;  ///< absolute
  std::string name;
  std::optional<std::string> version;            ///< "1.4": builds are 1.4.0, 1.4.1, ...
  std::optional<std::filesystem::path> extends;  ///< absolute
  std::vector<std::string> architectures;        ///< Debian names; default: that of this machine
  std::vector<Repository> repositories;
  PackageSelection packages;
  ScriptMode scripts = ScriptMode::kRun;
  std::vector<std::string> debconf;  ///< lines for debconf-set-selections
  PathRules paths;
  StateRules state;
  std::vector<OwnFile> files;
  std::vector<UserAccount> users;
  ImageOptions image;
  LayerOptions layers;
  std::vector<SmokeTest> tests;
  std::vector<std::filesystem::path> test_files;  ///< absolute: what tests were read from besides `file`
  std::optional<std::filesystem::path> profile;   ///< absolute: a learned profile that the tests must keep to
  Limits limits;
  Budgets budgets;
  UpdatePolicy update;
  Origins origins;  ///< where each of these values stands: here, or in an ancestor
};

/// A recipe and those it extends, the root ancestor first, the recipe itself last. What a child leaves out it
/// has from its parent, key by key: architectures, repositories, pins, recommends, scripts, paths, state,
/// image, layers, limits, update. A list replaces the parent's, env and labels are added to it, and an
/// entrypoint takes the parent's cmd away; labels that describe one image (label.h) are not inherited.
/// Packages, debconf, files, users and tests are the child's own (the parent's are already in the parent's
/// layers), and so are profile and budgets.
using RecipeChain = std::vector<Recipe>;

/// Reads a recipe and its ancestors. Strict: an unknown or duplicate key, a wrong type, a missing file, a
/// loop of `extends` is an Error of kind kUsage with "file:line:column: what" , the line itself with a caret
/// below it, and the nearest valid key as hint.
RecipeChain load_recipe(const std::filesystem::path& file);

/// The normalised recipe: every value that can change the image's bytes or its package set, with defaults
/// filled in, key files and `files` content by digest, and nothing of where the recipe lies. `name`,
/// `version`, `architectures` (a lock is for one of them), `state.accept`, `tests`, `limits`, `budgets`,
/// `update`, mirrors and comments are not part of it. Reads key files and content; throws kUsage for what
/// cannot be copied into an image.
Json normalised(const Recipe& recipe);
Digest recipe_digest(const Recipe& recipe);

}  // namespace bootstrap
