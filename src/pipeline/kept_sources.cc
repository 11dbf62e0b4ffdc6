#include "pipeline/kept_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json_bytes.h"
#include "image/blob_writer.h"
#include "recipe/content_digest.h"
#include "repo/release_fetch.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

using KeptByPath = std::map<fs::path, KeptFile>;

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
  }
  return paths;
}

/// "a/b/" is "a/b".
fs::path without_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

/// The folder that all of them are in.
fs::path common_folder(const KeptByPath& files) {
  fs::path common = files.begin()->first.parent_path();
  for (const auto& [path, file] : files) {
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

/// The `files:` of a recipe as they are read here: they must be what went into the image.
void keep_own_files(const Recipe& recipe, const Digest& locked, const ImageLayout& layout, KeptByPath& kept) {
  std::vector<Digest> contents;
  for (const OwnFile& file : recipe.files)
    contents.push_back(read_content(file.source, [&](const OwnContent& part) {
      KeptFile& one = kept[without_slash(part.source.lexically_normal())];
      one.folder = part.kind == OwnContent::Kind::kFolder;
      if (one.folder)
        return;
      if (part.kind == OwnContent::Kind::kLink) {
        one.link_target = part.data;
        return;
      }
      one.content = keep_content(part.data, layout);
      one.executable = part.executable;
    }));
  check_locked_content(recipe, contents, locked);
}

}  // namespace

void check_locked_content(const Recipe& recipe, const std::vector<Digest>& contents, const Digest& locked) {
  if (recipe_digest(recipe, contents) != locked)
    throw Error(ErrorKind::kFailure,
                fmt::format("{}: what `files:` or `signed-by:` name was changed while the image was built",
                            recipe.file.filename().string()),
                "build again when they are as they shall be; no version was made of this");
}

KeptSources keep_sources(const RecipeChain& chain, const std::vector<Lockfile>& locks,
                         const ImageLayout& layout) {
  KeptByPath kept;
  for (const fs::path& path : files_of(chain)) {
    if (fs::is_symlink(path)) {
      kept[path].link_target = fs::read_symlink(path).string();
      continue;
    }
    kept[path].content = keep_content(read_file(path), layout);
    kept[path].executable = (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  }
  for (std::size_t i = 0; i < chain.size(); ++i)
    keep_own_files(chain[i], locks.at(i).recipe, layout, kept);
  const fs::path folder = common_folder(kept);
  KeptSources sources;
  sources.recipe = chain.back().file.lexically_normal().lexically_relative(folder).string();
  for (auto file = kept.begin(); file != kept.end(); ++file) {
    const fs::path& path = file->first;
    const auto next = std::next(file);  // what is in a folder follows it
    if (file->second.folder && next != kept.end() && next->first.parent_path() == path)
      continue;
    file->second.path = path.lexically_relative(folder).string();
    sources.files.push_back(file->second);
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
    if (file.folder) {
      make_directories(target);
      continue;
    }
    std::string content = read_file(layout.blob_path(file.content));
    if (Digest::of(content) != file.content)
      throw Error(ErrorKind::kFailure, layout.blob_path(file.content).string() + " is damaged");
    // Not through a temporary file, for whose name there may be no room.
    const UniqueFd fd =
        open_file(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, file.executable ? 0755 : 0644);
    write_all(fd.get(), content);
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
    Json& item = files.emplace_back(Json{{"path", json_of_bytes(file.path)}});
    if (!file.link_target.empty())
      item["link"] = json_of_bytes(file.link_target);
    else if (file.folder)
      item["folder"] = true;
    else
      item.update({{"content", file.content.oci()}, {"executable", file.executable}});
  }
  return {{"recipe", sources.recipe}, {"files", files}};
}

KeptSources kept_sources_from_json(const Json& json) {
  KeptSources sources;
  json.at("recipe").get_to(sources.recipe);
  for (const Json& item : json.at("files")) {
    KeptFile& file = sources.files.emplace_back();
    file.path = bytes_of_json(item.at("path"));
    if (item.contains("link"))
      file.link_target = bytes_of_json(item.at("link"));
    file.folder = item.value("folder", false);
    file.executable = item.value("executable", false);
    if (file.link_target.empty() && !file.folder)
      file.content = Digest::parse(item.at("content").get<std::string>()).value_or(Digest());
  }
  return sources;
}

}  // namespace bootstrap
