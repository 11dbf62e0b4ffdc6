#include "pipeline/kept_sources.h"

#include <algorithm>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/blob_writer.h"
#include "repo/release_fetch.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

void add_with_content(const fs::path& path, std::set<fs::path>& paths) {
  if (fs::is_symlink(path) || !fs::is_directory(path)) {
    paths.insert(path.lexically_normal());
    return;
  }
  for (const auto& item : fs::directory_iterator(path))
    add_with_content(item.path(), paths);
}

std::set<fs::path> files_of(const RecipeChain& chain) {
  std::set<fs::path> paths;
  for (const Recipe& recipe : chain) {
    paths.insert(recipe.file.lexically_normal());
    fs::path mirrors = recipe.file.parent_path() / "mirrors.yml";
    if (fs::exists(mirrors))
      paths.insert(mirrors.lexically_normal());
    for (const Repository& repository : recipe.repositories) {
      for (const fs::path& key : repository.signed_by)
        paths.insert(key.lexically_normal());
    }
    for (const fs::path& file : recipe.test_files)
      paths.insert(file.lexically_normal());
    if (recipe.profile)
      paths.insert(recipe.profile->lexically_normal());
    for (const OwnFile& file : recipe.files)
      add_with_content(file.source, paths);
  }
  return paths;
}

/// The folder that all of them are in.
fs::path common_folder(const std::set<fs::path>& paths) {
  fs::path common = paths.begin()->parent_path();
  for (const fs::path& path : paths) {
    while (std::mismatch(common.begin(), common.end(), path.begin(), path.end()).first != common.end())
      common = common.parent_path();
  }
  return common;
}

/// As a blob, unless there is one.
Digest keep_content(std::string_view content, const ImageLayout& layout) {
  Digest digest = Digest::of(content);
  if (fs::exists(layout.blob_path(digest)))
    return digest;
  BlobWriter blob(layout.blob_directory());
  blob.write(content);
  return blob.publish();
}

}  // namespace

KeptSources keep_sources(const RecipeChain& chain, const ImageLayout& layout) {
  std::set<fs::path> paths = files_of(chain);
  const fs::path folder = common_folder(paths);
  KeptSources sources;
  sources.recipe = chain.back().file.lexically_normal().lexically_relative(folder).string();
  for (const fs::path& path : paths) {
    KeptFile& file = sources.files.emplace_back();
    file.path = path.lexically_relative(folder).string();
    if (fs::is_symlink(path)) {
      file.link_target = fs::read_symlink(path).string();
      continue;
    }
    file.content = keep_content(read_file(path), layout);
    file.executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  }
  return sources;
}

std::filesystem::path restore_sources(const KeptSources& sources, const ImageLayout& layout,
                                      const std::filesystem::path& directory) {
  for (const KeptFile& file : sources.files) {
    fs::path target = (directory / file.path).lexically_normal();
    if (fs::path(file.path).is_absolute() || target.lexically_relative(directory).string().starts_with(".."))
      throw Error(ErrorKind::kFailure,
                  "the record of " + layout.name() + " names a file outside: " + file.path);
    make_directories(target.parent_path());
    if (!file.link_target.empty()) {
      fs::create_symlink(file.link_target, target);
      continue;
    }
    std::string content = read_file(layout.blob_path(file.content));
    if (Digest::of(content) != file.content)
      throw Error(ErrorKind::kFailure, layout.blob_path(file.content).string() + " is damaged");
    write_file(target, content, Durability::kCache);
    if (file.executable)
      fs::permissions(target, fs::perms(0755));
  }
  return directory / sources.recipe;
}

std::vector<Digest> keep_releases(const std::vector<Lockfile>& locks, const ImageLayout& layout,
                                  const Store& store) {
  std::set<Digest> kept;
  for (const Lockfile& lock : locks) {
    for (const LockedRepository& repository : lock.repositories) {
      if (kept.contains(repository.inrelease))
        continue;
      if (auto text = find_release(store, repository.archive, repository.suite, repository.inrelease))
        kept.insert(keep_content(*text, layout));
    }
  }
  return {kept.begin(), kept.end()};
}

Json to_json(const KeptSources& sources) {
  Json files = Json::array();
  for (const KeptFile& file : sources.files) {
    if (!file.link_target.empty())
      files.push_back({{"path", file.path}, {"link", file.link_target}});
    else
      files.push_back(
          {{"path", file.path}, {"content", file.content.oci()}, {"executable", file.executable}});
  }
  return {{"recipe", sources.recipe}, {"files", files}};
}

KeptSources kept_sources_from_json(const Json& json) {
  KeptSources sources;
  json.at("recipe").get_to(sources.recipe);
  for (const Json& item : json.at("files")) {
    KeptFile& file = sources.files.emplace_back();
    item.at("path").get_to(file.path);
    file.link_target = item.value("link", "");
    file.executable = item.value("executable", false);
    if (file.link_target.empty())
      file.content = Digest::parse(item.at("content").get<std::string>()).value_or(Digest());
  }
  return sources;
}

}  // namespace bootstrap
