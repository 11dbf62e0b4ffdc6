#include "rootfs/unrepeated.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "rootfs/difference_kind.h"
#include "rootfs/layer_view.h"
#include "rootfs/state_tar.h"
#include "rootfs/tree.h"

namespace bootstrap {

namespace {

// Enough of a file to tell a kind by, and of files to tell people of.
constexpr std::size_t kReadOfFile = 256 * 1024;
constexpr std::size_t kReadFiles = 200;

using Entries = std::map<std::string, Entry>;

void rewind(int tar) {
  check(::lseek(tar, 0, SEEK_SET), "cannot read the state again");
}

Entries read_entries(int tar) {
  rewind(tar);
  Entries entries;
  read_state_tar(tar, [&](Entry entry, const std::function<std::string_view()>& read) {
    if (entry.type == EntryType::kFile) {
      Hasher hasher;
      for (auto piece = read(); !piece.empty(); piece = read())
        hasher.update(piece);
      entry.digest = hasher.finish();
    }
    std::string path = entry.path;
    entries.emplace(std::move(path), std::move(entry));
  });
  return entries;
}

/// The beginnings of these files.
std::map<std::string, std::string> read_contents(int tar, const std::set<std::string>& wanted) {
  rewind(tar);
  std::map<std::string, std::string> contents;
  read_state_tar(tar, [&](const Entry& entry, const std::function<std::string_view()>& read) {
    if (entry.type != EntryType::kFile || !wanted.contains(entry.path))
      return;
    std::string& content = contents[entry.path];
    for (auto piece = read(); !piece.empty() && content.size() < kReadOfFile; piece = read())
      content += piece.substr(0, kReadOfFile - content.size());
  });
  return contents;
}

/// What differs first; empty when nothing does.
std::string compare(const Entry* first, const Entry* second) {
  if (first == nullptr || second == nullptr)
    return "there only once";
  if (first->type != second->type)
    return "type";
  if (first->size != second->size || first->digest != second->digest)
    return "content";
  if (first->link_target != second->link_target)
    return "target";
  if (first->mode != second->mode)
    return "mode";
  if (first->uid != second->uid || first->gid != second->gid)
    return "owner";
  if (first->xattrs != second->xattrs)
    return "attributes";
  return first->mtime != second->mtime ? "time" : "";
}

const Entry* find(const Entries& entries, const std::string& path) {
  const auto found = entries.find(path);
  return found == entries.end() ? nullptr : &found->second;
}

std::set<std::string> paths_of(const Entries& first, const Entries& second) {
  std::set<std::string> paths;
  for (const Entries* entries : {&first, &second})
    for (const auto& [path, entry] : *entries)
      paths.insert(path);
  return paths;
}

std::set<std::string> all_masked(const ComparedState& state) {
  std::set<std::string> paths;
  for (const auto& [package, masked] : state.masked)
    paths.insert(masked.begin(), masked.end());
  return paths;
}

/// Compares two states, and tells of what kind their differences are.
class Comparison {
 public:
  Comparison(const ComparedState& first, const ComparedState& second)
      : first_(first), second_(second), before_(read_entries(first.tar)), after_(read_entries(second.tar)) {}

  std::vector<Unrepeated> run(const std::map<std::string, std::string>& makers) {
    for (const std::string& path : paths_of(before_, after_))
      if (std::string what = compare(find(before_, path), find(after_, path)); !what.empty())
        found_.emplace(path, Unrepeated{path, std::move(what), {}, {}});
    add_removed();
    tell_kinds();
    std::vector<Unrepeated> result;
    for (auto& [path, unrepeated] : found_) {
      unrepeated.maker = maker_of(path, makers);
      result.push_back(std::move(unrepeated));
    }
    return result;
  }

 private:
  /// Of what was made the first time only, whoever made its directory; of a package's own file, that package.
  std::string maker_of(const std::string& path, const std::map<std::string, std::string>& makers) const {
    if (const auto maker = makers.find(path); maker != makers.end())
      return maker->second;
    for (const ComparedState* state : {&first_, &second_})
      for (const auto& [package, masked] : state->masked)
        if (masked.contains(path))
          return package;
    const auto of_directory = makers.find(parent_of(path));
    return of_directory == makers.end() ? "" : of_directory->second;
  }

  /// A package's file that a script removed is in no state, it is only masked.
  void add_removed() {
    const std::set<std::string> first = all_masked(first_);
    const std::set<std::string> second = all_masked(second_);
    std::vector<std::string> different;
    std::set_symmetric_difference(first.begin(), first.end(), second.begin(), second.end(),
                                  std::back_inserter(different));
    for (const std::string& path : different)
      found_.emplace(path, Unrepeated{path, "there only once", {}, {}});
  }

  void tell_kinds() {
    std::set<std::string> wanted;
    for (const auto& [path, unrepeated] : found_)
      if (wanted.size() < kReadFiles &&
          (unrepeated.what == "content" || unrepeated.what == "there only once"))
        wanted.insert(path);
    const auto before =
        wanted.empty() ? std::map<std::string, std::string>{} : read_contents(first_.tar, wanted);
    const auto after = wanted.empty() ? before : read_contents(second_.tar, wanted);
    const auto version = [](const Entries& entries, const std::map<std::string, std::string>& contents,
                            const std::string& path) -> std::optional<FileVersion> {
      const Entry* entry = find(entries, path);
      const auto content = contents.find(path);
      if (entry == nullptr)
        return std::nullopt;
      return FileVersion{entry->mode, content == contents.end() ? std::string_view() : content->second};
    };
    for (auto& [path, unrepeated] : found_) {
      const auto one = version(before_, before, path);
      const auto other = version(after_, after, path);
      DifferenceKind kind = DifferenceKind::kContent;
      if (unrepeated.what == "content") {
        kind = kind_of(path, *one, *other);
        if (kind == DifferenceKind::kIdentity && one->content.size() < kReadOfFile &&
            differ_in_hostname(one->content, other->content))
          unrepeated.what = kHostnameOnly;
      } else if (unrepeated.what == "time")
        kind = DifferenceKind::kTime;
      else if (unrepeated.what == "there only once" && (one || other))
        kind = kind_of(path, one ? *one : *other);
      else if (unrepeated.what == "target")
        kind =
            kind_of(path, {0777, find(before_, path)->link_target}, {0777, find(after_, path)->link_target});
      unrepeated.kind = name_of(kind);
    }
  }

  const ComparedState& first_;
  const ComparedState& second_;
  const Entries before_;
  const Entries after_;
  std::map<std::string, Unrepeated> found_;
};

}  // namespace

Json to_json(const Unrepeated& unrepeated) {
  return {{"path", unrepeated.path},
          {"what", unrepeated.what},
          {"kind", unrepeated.kind},
          {"maker", unrepeated.maker}};
}

Unrepeated unrepeated_from_json(const Json& json) {
  return {json.at("path").get<std::string>(), json.at("what").get<std::string>(),
          json.at("kind").get<std::string>(), json.at("maker").get<std::string>()};
}

std::vector<Unrepeated> find_unrepeated(const ComparedState& first, const ComparedState& second,
                                        const std::map<std::string, std::string>& makers) {
  if (first.masked == second.masked && digest_of_fd(first.tar) == digest_of_fd(second.tar))
    return {};
  return Comparison(first, second).run(makers);
}

}  // namespace bootstrap
