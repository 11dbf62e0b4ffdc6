#include "pipeline/own_files_layer.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/own_files.h"
#include "rootfs/state_tar.h"

namespace bootstrap {

namespace {

/// What the layers below say about folders and accounts.
struct Below {
  std::map<std::string, Entry> directories;
  std::string passwd;
  std::string group;
};

Below look_below(const std::vector<AssembledRecipe>& recipes) {
  Below below;
  for (const AssembledRecipe& recipe : recipes) {
    for (const StagedPackage& package : recipe.packages) {
      for (const Entry& directory : package.segment->directories)
        below.directories.emplace(directory.path, directory);
    }
    UniqueFd tar = open_file(recipe.state.tar, O_RDONLY);
    read_state_tar(tar.get(), [&](const Entry& entry, const std::function<std::string_view()>& read) {
      if (entry.type == EntryType::kDirectory)
        below.directories.insert_or_assign(entry.path, entry);
      std::string* file = entry.path == "etc/passwd"  ? &below.passwd
                          : entry.path == "etc/group" ? &below.group
                                                      : nullptr;
      if (file == nullptr)
        return;
      file->clear();
      for (std::string_view piece = read(); !piece.empty(); piece = read())
        file->append(piece);
    });
  }
  return below;
}

/// The third field of the account's line; a number stands for itself.
std::uint32_t find_account(const std::string& accounts, std::string_view kind, const std::string& name) {
  std::uint32_t id = 0;
  auto is_number = [&id](std::string_view text) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (is_number(name))
    return id;
  std::istringstream lines(accounts);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":"))
      continue;
    std::size_t second = line.find(':', name.size() + 1);
    if (second == std::string::npos)
      continue;
    std::size_t third = line.find(':', second + 1);
    if (is_number(std::string_view(line).substr(second + 1, third - second - 1)))
      return id;
  }
  throw Error(ErrorKind::kUsage, fmt::format("files: the image has no {} named {}", kind, name),
              "use a number, or declare the account under `users:`");
}

}  // namespace

Layer make_own_files_layer(const Recipe& recipe, const std::vector<AssembledRecipe>& below,
                           const Store& store) {
  Below accounts = look_below(below);
  std::string tar = own_files_tar(
      recipe.files, below.back().state.newest_mtime,
      [&](const std::string& path) {
        auto directory = accounts.directories.find(path);
        return directory == accounts.directories.end() ? std::nullopt : std::optional(directory->second);
      },
      [&](std::string_view kind, const std::string& name) {
        return find_account(kind == "user" ? accounts.passwd : accounts.group, kind, name);
      });
  TemporaryDirectory scratch(store.root());
  std::filesystem::path file = scratch.path() / "files.tar";
  write_file(file, tar, Durability::kCache);
  return make_tar_layer(store, file, recipe.layers.compression, "files of the recipe");
}

}  // namespace bootstrap
