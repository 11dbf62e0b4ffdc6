#include "rootfs/distroless.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>

#include "base/error.h"
#include "rootfs/distroless_files.h"
#include "rootfs/dpkg_database.h"
#include "rootfs/layer_view.h"
#include "rootfs/memory_tree.h"
#include "rootfs/relations.h"
#include "rootfs/skeleton.h"
#include "rootfs/state.h"
#include "rootfs/state_tar.h"
#include "rootfs/steps.h"

namespace bootstrap {

namespace {

// dpkg's database knows conffiles by MD5; nothing is trusted because of it.
std::string md5(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  if (::EVP_Digest(data.data(), data.size(), value.data(), &size, ::EVP_md5(), nullptr) != 1)
    throw Error(ErrorKind::kFailure, "OpenSSL has no MD5, which dpkg's database needs");
  return fmt::format("{:02x}", fmt::join(value.begin(), value.begin() + size, ""));
}

/// The parents' states: their entries, and the content of the files that a child continues.
class ParentStates {
 public:
  const std::vector<Entry>& read(const std::filesystem::path& tar) {
    auto& entries = states_.emplace_back();
    const UniqueFd fd = open_file(tar, O_RDONLY);
    read_state_tar(fd.get(), [&](Entry entry, const std::function<std::string_view()>& read) {
      std::string content;
      for (auto piece = read(); !piece.empty(); piece = read())
        content += piece;
      entry.digest = Digest::of(content);
      if (entry.type == EntryType::kFile)
        contents_[entry.path] = std::move(content);
      entries.push_back(std::move(entry));
    });
    return entries;
  }
  const std::string* content(const std::string& path) const {
    const auto found = contents_.find(path);
    return found == contents_.end() ? nullptr : &found->second;
  }

 private:
  std::deque<std::vector<Entry>> states_;
  std::unordered_map<std::string, std::string> contents_;
};

class Distroless {
 public:
  Distroless(const AssembleRequest& request, const SegmentReader& read)
      : request_(request), read_(read), parents_(parents_view()), tree_(parents_) {}

  DistrolessState make() {
    for (const auto& package : request_.packages)
      add_package(*package.segment);
    GeneratedFiles files(
        tree_, [this](const std::string& path) { return content(path); },
        steps_of(request_).back().newest_mtime);
    if (request_.parents.empty())
      add_skeleton(files, request_.architecture);
    std::vector<const Segment*> own;
    for (const auto& package : request_.packages)
      own.push_back(package.segment.get());
    for (const auto& [name, target] : merged_links(own))
      if (!files.has(name))
        files.link(name, target);
    add_accounts(files, request_.users);
    add_certificates(files);
    add_what_scripts_make(files);
    files.write(dpkg_path("status"), files.read(dpkg_path("status")) + status_of_packages());
    return difference(own, files);
  }

 private:
  LayerView parents_view() {
    LayerView view;
    static const std::set<std::string> kNone;
    for (const auto& parent : request_.parents) {
      for (const auto& package : parent.packages) {
        const auto found = parent.state.masked.find(package.segment->name);
        view.add_package(*package.segment, found == parent.state.masked.end() ? kNone : found->second);
        for (const auto& entry : package.segment->entries)
          owners_[entry.entry.path] = package.segment.get();
      }
      view.add_state(states_.read(parent.state.tar));
    }
    return view;
  }

  void add_package(const Segment& package) try {
    for (const Entry& directory : package.directories)
      tree_.put(directory);
    for (const auto& source : package.entries) {
      const Entry& entry = source.entry;
      if (!takes(package, entry.path))
        continue;
      owners_[entry.path] = &package;
      tree_.put(entry);
    }
    keep_contents(package);
  } catch (Error& error) {
    error.prepend(package.name);
    throw;
  }

  // All that will be asked for, in one pass over the segment.
  void keep_contents(const Segment& package) {
    std::vector<const SegmentEntry*> files;
    for (const auto& source : package.entries)
      if (source.entry.type == EntryType::kFile && source.entry.size > 0 &&
          is_wanted(package, source.entry.path))
        files.push_back(&source);
    stream_files(
        package, read_, files,
        [&](std::size_t index, std::string_view piece) { contents_[files[index]->entry.path] += piece; },
        [](std::size_t) {});
  }

  static bool is_wanted(const Segment& package, const std::string& path) {
    return is_read_by_generators(path) ||
           std::find(package.conffiles.begin(), package.conffiles.end(), path) != package.conffiles.end();
  }

  bool takes(const Segment& package, const std::string& path) const {
    const auto owner = owners_.find(path);
    return owner == owners_.end() || may_take_over(package, *owner->second, path);
  }

  // A conffile is in place already; the database says what it was shipped as.
  std::string status_of_packages() const {
    std::string status;
    for (const auto& package : request_.packages) {
      const Segment& segment = *package.segment;
      std::vector<std::pair<std::string, std::string>> conffiles;
      for (const auto& path : segment.control.conffiles())
        if (const std::string canonical = canonical_dpkg_path(path); tree_.has(canonical))
          conffiles.emplace_back(path, md5(content(canonical)));
      status += status_stanza(segment.control, "install ok installed", conffiles);
    }
    return status;
  }

  std::string content(const std::string& path) const {
    if (const auto kept = contents_.find(path); kept != contents_.end())
      return kept->second;
    if (const std::string* of_parent = states_.content(path))
      return *of_parent;
    const auto owner = owners_.find(path);
    if (owner == owners_.end())
      throw Error(ErrorKind::kFailure, "nobody has the content of " + path);
    return read_file_of(*owner->second, path);
  }

  std::string read_file_of(const Segment& segment, const std::string& path) const {
    const auto find = [&](const std::string& wanted) {
      return std::find_if(segment.entries.begin(), segment.entries.end(),
                          [&](const SegmentEntry& one) { return one.entry.path == wanted; });
    };
    auto entry = find(path);
    if (entry != segment.entries.end() && entry->entry.type == EntryType::kHardlink)
      entry = find(entry->entry.link_target);
    std::string content;
    if (entry == segment.entries.end() || entry->entry.type != EntryType::kFile || entry->entry.size == 0)
      return content;
    stream_files(
        segment, read_, {&*entry}, [&](std::size_t, std::string_view piece) { content += piece; },
        [](std::size_t) {});
    return content;
  }

  DistrolessState difference(const std::vector<const Segment*>& own, const GeneratedFiles& files) const {
    auto found = find_difference(parents_, own, tree_.listing(), steps_of(request_).back().newest_mtime);
    DistrolessState state{{}, std::move(found.masked)};
    for (Entry& entry : found.entries) {
      StateFile file{std::move(entry), {}};
      if (file.entry.type == EntryType::kFile && file.entry.size > 0) {
        const auto generated = files.contents().find(file.entry.path);
        file.content = generated != files.contents().end() ? generated->second : content(file.entry.path);
      }
      state.files.push_back(std::move(file));
    }
    return state;
  }

  const AssembleRequest& request_;
  const SegmentReader& read_;
  ParentStates states_;
  std::unordered_map<std::string, const Segment*> owners_;
  std::unordered_map<std::string, std::string> contents_;  ///< of packages' files that were asked for
  LayerView parents_;
  MemoryTree tree_;
};

}  // namespace

DistrolessState distroless_state(const AssembleRequest& request, const SegmentReader& read) {
  return Distroless(request, read).make();
}

}  // namespace bootstrap
