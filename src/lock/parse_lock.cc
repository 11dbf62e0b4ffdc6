// Reading a lock, strictly. A lock is edited by merges and by hand, and whatever it says is fetched and built
// without a further question; so nothing is guessed and nothing unknown is skipped.

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "lock/lockfile.h"

namespace bootstrap {

namespace {

constexpr unsigned kLastStage = 3;
constexpr std::uint64_t kMaxPackageSize = 1ULL << 40;

[[noreturn]] void refuse(const std::string& where, const std::string& problem) {
  throw Error(ErrorKind::kUsage, where + ": " + problem,
              "restore the lock from version control, or delete it to have it made anew");
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Starts with a letter or digit and has only letters, digits and `others` after it.
bool is_word(std::string_view text, std::string_view others) {
  return !text.empty() && is_alphanumeric(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

/// A name that can be a file name and part of a URL as it is.
bool is_name(std::string_view text) {
  return is_word(text, "+._-");
}

/// Words joined by slashes, with no way out of the archive: no "..", no scheme or host, no percent-encoding
/// (which a server would decode after we had looked).
bool is_archive_path(std::string_view path) {
  while (true) {
    std::size_t slash = path.find('/');
    if (!is_word(path.substr(0, slash), "+._~:^=,@-"))
      return false;
    if (slash == std::string_view::npos)
      return true;
    path.remove_prefix(slash + 1);
  }
}

/// 2026-07-11T10:16:37Z
bool is_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  return text.size() == kShape.size() &&
         std::equal(text.begin(), text.end(), kShape.begin(),
                    [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
}

/// One JSON object whose members are exactly the known ones.
class Members {
 public:
  Members(const Json& object, std::string where, std::initializer_list<std::string_view> required,
          std::string_view optional = {})
      : object_(object), where_(std::move(where)) {
    if (!object.is_object())
      refuse(where_, "must be an object");
    for (const auto& member : object.items()) {
      if (member.key() != optional &&
          std::find(required.begin(), required.end(), member.key()) == required.end())
        refuse(where_, "unknown member " + Json(member.key()).dump());
    }
    for (std::string_view name : required) {
      if (!object.contains(name))
        refuse(where_, "the member \"" + std::string(name) + "\" is missing");
    }
  }

  std::string at(const char* name) const { return where_ + ": " + name; }

  std::string text(const char* name, bool (*valid)(std::string_view), const char* must_be) const {
    const Json& value = object_.at(name);
    if (!value.is_string() || !valid(value.get_ref<const std::string&>()))
      refuse(at(name), std::string("must be ") + must_be);
    return value.get<std::string>();
  }

  std::string name(const char* member) const {
    return text(member, is_name, "a name (letters, digits and \"+._-\")");
  }

  std::string version(const char* member) const {
    return text(member, [](std::string_view v) { return is_word(v, "+._~:^-"); }, "a version");
  }

  bool flag(const char* name) const {
    const Json& value = object_.at(name);
    if (!value.is_boolean())
      refuse(at(name), "must be true or false");
    return value.get<bool>();
  }

  std::uint64_t number(const char* name, std::uint64_t max) const {
    const Json& value = object_.at(name);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max)
      refuse(at(name), "must be a whole number from 0 to " + std::to_string(max));
    return value.get<std::uint64_t>();
  }

  /// Only in the one spelling that we write, so that equal locks are equal bytes.
  Digest digest(const char* name, std::string_view prefix) const {
    const Json& value = object_.at(name);
    auto digest = value.is_string() ? Digest::parse(value.get_ref<const std::string&>()) : std::nullopt;
    if (!digest || std::string(prefix) + digest->hex() != value.get_ref<const std::string&>())
      refuse(at(name), "must be \"" + std::string(prefix) + "\" and 64 lower-case hexadecimal digits");
    return *digest;
  }

  const Json& list(const char* name) const {
    const Json& value = object_.at(name);
    if (!value.is_array())
      refuse(at(name), "must be a list");
    return value;
  }

 private:
  const Json& object_;
  std::string where_;
};

LockedRepository parse_repository(const Json& json, const std::string& where) {
  Members members(json, where,
                  {"archive", "suite", "components", "security", "inrelease", "date", "signed_by"});
  LockedRepository repository;
  repository.archive = members.name("archive");
  repository.suite = members.text("suite", is_archive_path, "the name of a suite");
  for (const Json& component : members.list("components")) {
    if (!component.is_string() || !is_archive_path(component.get_ref<const std::string&>()))
      refuse(members.at("components"), "must be names of components");
    repository.components.push_back(component.get<std::string>());
  }
  repository.security = members.flag("security");
  repository.inrelease = members.digest("inrelease", "sha256:");
  repository.date = members.text("date", is_timestamp, "a time like 2026-07-11T10:16:37Z");
  repository.signed_by = members.text(
      "signed_by", [](std::string_view text) { return is_word(text, ""); }, "the fingerprint of a key");
  return repository;
}

LockedPackage parse_package(const Json& json, const std::string& where) {
  Members members(json, where,
                  {"name", "version", "architecture", "archive", "suite", "path", "size", "sha256", "source",
                   "source_version", "security", "stage", "layer"});
  LockedPackage package;
  package.name = members.name("name");
  package.version = members.version("version");
  package.architecture = members.name("architecture");
  package.archive = members.name("archive");
  package.suite = members.text("suite", is_archive_path, "the name of a suite");
  package.path = members.text("path", is_archive_path,
                              "a plain path below the archive (relative, without \"..\", \"%\" or a host)");
  package.size = members.number("size", kMaxPackageSize);
  package.sha256 = members.digest("sha256", "");
  package.source = members.name("source");
  package.source_version = members.version("source_version");
  package.security = members.flag("security");
  package.stage = static_cast<unsigned>(members.number("stage", kLastStage));
  package.layer = static_cast<unsigned>(members.number("layer", UINT16_MAX));
  return package;
}

/// What no package can tell alone: no name twice, stages in their order, layers numbered without gaps.
void check_packages(const std::vector<LockedPackage>& packages, const std::string& what) {
  std::set<std::string_view> names;
  std::set<unsigned> layers;
  unsigned stage = 0;
  for (const LockedPackage& package : packages) {
    if (!names.insert(package.name).second)
      refuse(what, "the package " + package.name + " occurs twice");
    if (package.stage < stage)
      refuse(what, "packages are not in install order: " + package.name + " of stage " +
                       std::to_string(package.stage) + " comes after a package of stage " +
                       std::to_string(stage));
    stage = package.stage;
    layers.insert(package.layer);
  }
  if (!layers.empty() && *layers.rbegin() + 1 != layers.size())
    refuse(what, "layers must be numbered from 0 without gaps");
}

/// Looked at before anything else: a newer format may differ in every other member.
void check_format(const Json& document, const std::string& what) {
  if (!document.is_object() || !document.contains("format") || !document.at("format").is_number_unsigned() ||
      document.at("format") == 0U)
    refuse(what, "not a lock: it has no \"format\" number");
  if (document.at("format") > Lockfile::kFormat)
    throw Error(ErrorKind::kUsage,
                what + ": format " + document.at("format").dump() +
                    " was made by a newer bootstrap; this one reads up to format " +
                    std::to_string(Lockfile::kFormat),
                "use the bootstrap that made it");
}

Json parse_document(std::string_view text, const std::string& what) {
  try {
    return parse_json(text, what);
  } catch (const Error& error) {
    throw Error(
        ErrorKind::kUsage, error.message(),
        "resolve merge conflicts, restore it from version control, or delete it to have it made anew");
  }
}

}  // namespace

Lockfile parse_lock(std::string_view text, std::string_view what) {
  const std::string file(what);
  const Json document = parse_document(text, file);
  check_format(document, file);
  Members members(document, file, {"format", "name", "architecture", "recipe", "repositories", "packages"},
                  "parent");
  Lockfile lock;
  lock.name = members.name("name");
  lock.architecture = members.name("architecture");
  lock.recipe = members.digest("recipe", "sha256:");
  if (document.contains("parent")) {
    Members parent(document.at("parent"), members.at("parent"), {"name", "lock"});
    lock.parent = LockedParent{parent.name("name"), parent.digest("lock", "sha256:")};
  }
  for (const Json& repository : members.list("repositories"))
    lock.repositories.push_back(parse_repository(
        repository, members.at("repositories[") + std::to_string(lock.repositories.size()) + "]"));
  for (const Json& package : members.list("packages"))
    lock.packages.push_back(
        parse_package(package, members.at("packages[") + std::to_string(lock.packages.size()) + "]"));
  check_packages(lock.packages, file);
  return lock;
}

}  // namespace bootstrap
