#include "pipeline/own_files_layer.h"

#include <fmt/format.h>

#include <charconv>
#include <deque>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/own_files.h"
#include "pipeline/kept_sources.h"
#include "rootfs/layer_view.h"
#include "rootfs/state_tar.h"

namespace bootstrap {

namespace {

/// What the layers below say about paths and accounts.
struct Below {
  LayerView view;
  std::deque<std::vector<Entry>> states;  ///< what the view points to
  std::string passwd;
  std::string group;
};

void add_state(const std::filesystem::path& file, Below& below) {
  std::vector<Entry>& entries = below.states.emplace_back();
  const UniqueFd tar = open_file(file, O_RDONLY);
  read_state_tar(tar.get(), [&](Entry entry, const std::function<std::string_view()>& read) {
    std::string* accounts = entry.path == "etc/passwd"  ? &below.passwd
                            : entry.path == "etc/group" ? &below.group
                                                        : nullptr;
    if (accounts != nullptr) {
      accounts->clear();
      for (std::string_view piece = read(); !piece.empty(); piece = read())
        accounts->append(piece);
    }
    entries.push_back(std::move(entry));
  });
  below.view.add_state(entries);
}

void look_below(const std::vector<AssembledRecipe>& recipes, Below& below) {
  static const std::set<std::string> kNone;
  for (const AssembledRecipe& recipe : recipes) {
    for (const StagedPackage& package : recipe.packages) {
      const auto masked = recipe.state.masked.find(package.segment->name);
      below.view.add_package(*package.segment, masked == recipe.state.masked.end() ? kNone : masked->second);
    }
    add_state(recipe.state.tar, below);
  }
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

Layer make_own_files_layer(const Recipe& recipe, const Digest& locked,
                           const std::vector<AssembledRecipe>& layers, const Store& store) {
  Below below;
  look_below(layers, below);
  const OwnFilesTar made = own_files_tar(
      recipe.files, layers.back().state.newest_mtime,
      [&](const std::string& path) { return below.view.find(path); },
      [&](std::string_view kind, const std::string& name) {
        return find_account(kind == "user" ? below.passwd : below.group, kind, name);
      });
  check_locked_content(recipe, made.contents, locked);
  TemporaryDirectory scratch(store.root());
  std::filesystem::path file = scratch.path() / "files.tar";
  write_file(file, made.tar, Durability::kCache);
  return make_tar_layer(store, file, recipe.layers.compression, "files of the recipe");
}

}  // namespace bootstrap
