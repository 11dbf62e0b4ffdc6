// A store with segments of made packages, a directory that serves as tree, and a sandbox that runs nothing
// but does what dpkg would have done to the database.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "package/segment.h"
#include "rootfs/dpkg_database.h"
#include "rootfs/file_stream.h"
#include "rootfs/tree.h"
#include "sandbox/sandbox.h"
#include "store/store.h"
#include "support/deb_builder.h"

namespace bootstrap {

/// Entries in memory, for tests without any file.
inline Entry make_entry(std::string path, EntryType type = EntryType::kFile, std::uint32_t mode = 0644) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = mode;
  entry.mtime = 1000;
  return entry;
}
inline Entry make_directory_entry(std::string path, std::uint32_t mode = 0755) {
  return make_entry(std::move(path), EntryType::kDirectory, mode);
}
inline Entry make_file(std::string path, std::string_view content, std::uint32_t mode = 0644) {
  Entry entry = make_entry(std::move(path), EntryType::kFile, mode);
  entry.size = content.size();
  entry.digest = Digest::of(content);
  return entry;
}
inline Entry make_link(std::string path, std::string target, EntryType type = EntryType::kSymlink) {
  Entry entry = make_entry(std::move(path), type, 0777);
  entry.link_target = std::move(target);
  return entry;
}

/// A segment in memory, without content.
inline Segment make_segment(const std::string& name, const std::vector<Entry>& directories,
                            const std::vector<Entry>& entries) {
  Segment segment;
  segment.name = segment.info_name = name;
  segment.version = "1";
  segment.architecture = "all";
  segment.control.files["control"].content = "Package: " + name + "\nVersion: 1\nArchitecture: all\n";
  segment.directories = directories;
  for (const Entry& entry : entries)
    segment.entries.push_back({entry, 0});
  return segment;
}

class RootfsFixture {
 public:
  RootfsFixture()
      : store_(directory_.path() / "store"), segments_(store_), tree_path_(directory_.path() / "tree") {
    std::filesystem::create_directory(tree_path_);
    root_ = open_file(tree_path_, O_RDONLY | O_DIRECTORY);
    store_root_ = open_file(store_.root(), O_RDONLY | O_DIRECTORY);
  }

  const Store& store() const { return store_; }
  int store_root() const { return store_root_.get(); }
  Tree tree() const { return Tree(root_.get()); }
  std::filesystem::path path(const std::string& below) const { return tree_path_ / below; }
  std::filesystem::path outside(const std::string& name) const { return directory_.path() / name; }

  Segment import(const DebBuilder& builder, PathFilter filter = {}) const {
    const std::string package = builder.build();
    const Digest digest = Digest::of(package);
    write_file(store_.path(Store::Area::kDownload, digest.hex()), package, Durability::kCache);
    return segments_.import(digest, builder.file_name(), {Compression::kZstd, std::move(filter)});
  }
  SegmentReader reader() const {
    return [this](const Segment& segment, const ByteSink& sink) {
      read_segment(store_root_.get(), segment, sink);
    };
  }

 private:
  TemporaryDirectory directory_;
  Store store_;
  SegmentStore segments_;
  std::filesystem::path tree_path_;
  UniqueFd root_;
  UniqueFd store_root_;
};

/// Trees are owned by root, so making one needs root; tests that do are left out for anybody else.
inline bool may_make_trees() {
  return ::geteuid() == 0;
}

/// Instead of running dpkg, marks everything as installed and puts conffiles in place; other programs do
/// nothing. `on_run` sees each call first and may change the tree as a script would.
class FakeSandbox : public Sandbox {
 public:
  explicit FakeSandbox(const Tree& tree) : tree_(tree) { next_result.end = SandboxResult::End::kExited; }

  SandboxResult run(const SandboxSpec& spec) override {
    runs.push_back(spec);
    SandboxResult result = next_result;
    if (on_run)
      on_run(spec);
    if (result.exit_code == 0 && spec.argv[0] == "dpkg")
      install_all();
    return result;
  }

  /// "dpkg --no-triggers --configure a b", ...
  std::vector<std::string> commands() const {
    std::vector<std::string> lines;
    for (const auto& spec : runs) {
      std::string line;
      for (const auto& word : spec.argv)
        line += (line.empty() ? "" : " ") + word;
      lines.push_back(line);
    }
    return lines;
  }

  std::vector<SandboxSpec> runs;
  std::function<void(const SandboxSpec&)> on_run;
  SandboxResult next_result;

 private:
  void install_all() {
    std::string status = tree_.read(dpkg_path("status")).value_or("");
    for (std::size_t at; (at = status.find("install ok unpacked")) != std::string::npos;)
      status.replace(at, 19, "install ok installed");
    tree_.write(dpkg_path("status"), status);
    const std::string base = "/proc/self/fd/" + std::to_string(tree_.root());
    std::vector<std::filesystem::path> waiting;
    for (const auto& item : std::filesystem::recursive_directory_iterator(base + "/"))
      if (item.path().extension() == ".dpkg-new")
        waiting.push_back(item.path());
    for (const auto& from : waiting)
      std::filesystem::rename(from, std::filesystem::path(from).replace_extension());
  }

  const Tree& tree_;
};

}  // namespace bootstrap
