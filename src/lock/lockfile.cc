#include "lock/lockfile.h"

#include <map>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"

namespace bootstrap {

namespace {

// A lock of ten thousand packages has 5 MB; more than this is not one of ours.
constexpr std::uint64_t kMaxFileSize = 64ULL << 20;

Json to_json(const LockedRepository& repository) {
  return {{"archive", repository.archive},           {"suite", repository.suite},
          {"components", repository.components},     {"security", repository.security},
          {"inrelease", repository.inrelease.oci()}, {"date", repository.date},
          {"signed_by", repository.signed_by}};
}

Json to_json(const LockedPackage& package) {
  return {{"name", package.name},
          {"version", package.version},
          {"architecture", package.architecture},
          {"archive", package.archive},
          {"suite", package.suite},
          {"path", package.path},
          {"size", package.size},
          {"sha256", package.sha256.hex()},
          {"source", package.source},
          {"source_version", package.source_version},
          {"security", package.security},
          {"stage", package.stage},
          {"layer", package.layer}};
}

std::map<std::string_view, const LockedPackage*> by_name(const Lockfile& lock) {
  std::map<std::string_view, const LockedPackage*> packages;
  for (const LockedPackage& package : lock.packages)
    packages.emplace(package.name, &package);
  return packages;
}

}  // namespace

std::filesystem::path lock_path(const std::filesystem::path& recipe_file,
                                const std::string& further_architecture) {
  std::string suffix = further_architecture.empty() ? "" : "." + further_architecture;
  return recipe_file.parent_path() / (recipe_file.stem().string() + suffix + ".lock.json");
}

std::string to_text(const Lockfile& lock) {
  Json document = {{"format", Lockfile::kFormat},       {"name", lock.name},
                   {"architecture", lock.architecture}, {"recipe", lock.recipe.oci()},
                   {"repositories", Json::array()},     {"packages", Json::array()}};
  if (lock.parent)
    document["parent"] = {{"name", lock.parent->name}, {"lock", lock.parent->lock.oci()}};
  for (const LockedRepository& repository : lock.repositories)
    document["repositories"].push_back(to_json(repository));
  for (const LockedPackage& package : lock.packages)
    document["packages"].push_back(to_json(package));
  return canonical_json(document);
}

Digest lock_digest(const Lockfile& lock) {
  return Digest::of(to_text(lock));
}

std::optional<Lockfile> read_lock(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file))
    return std::nullopt;
  return parse_lock(read_file(file, kMaxFileSize), file.string());
}

void write_lock(const std::filesystem::path& file, const Lockfile& lock) {
  write_file(file, to_text(lock), Durability::kDurable);
}

std::vector<LockChange> compare(const Lockfile& before, const Lockfile& after) {
  const auto old_packages = by_name(before);
  const auto new_packages = by_name(after);
  std::map<std::string_view, LockChange> changes;
  for (const auto& [name, package] : old_packages) {
    auto found = new_packages.find(name);
    if (found == new_packages.end())
      changes[name] = {package->name, package->version, ""};
    else if (found->second->version != package->version || found->second->sha256 != package->sha256)
      changes[name] = {package->name, package->version, found->second->version};
  }
  for (const auto& [name, package] : new_packages) {
    if (!old_packages.contains(name))
      changes[name] = {package->name, "", package->version};
  }
  std::vector<LockChange> sorted;
  for (auto& [name, change] : changes)
    sorted.push_back(std::move(change));
  return sorted;
}

}  // namespace bootstrap
