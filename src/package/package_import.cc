#include "package/package_import.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "package/entry_checks.h"
#include "package/fail.h"
#include "package/path_order.h"

namespace bootstrap {
namespace {

constexpr std::string_view kDatabase = "var/lib/dpkg";
constexpr std::string_view kInfoDirectory = "var/lib/dpkg/info";

/// A file of data.tar under the name by which dpkg lists it.
struct ListedPath {
  std::string original;
  std::size_t entry = 0;  ///< index of its SegmentEntry; of a hard link: its own
};

/// What read_deb() hands on, collected.
class Collector {
 public:
  Collector(Segment& segment, Spool& content) : segment_(segment), content_(content) {}

  void add(const Entry& entry, const std::string& original_path,
           const std::function<std::string_view()>& read) {
    list_ += original_path;
    list_ += '\n';
    segment_.newest_mtime = std::max(segment_.newest_mtime, entry.mtime);
    if (entry.type == EntryType::kDirectory) {
      segment_.directories.push_back(entry);
      return;
    }
    SegmentEntry item{entry, content_.size()};
    if (entry.type == EntryType::kFile) {
      Hasher hasher;
      for (std::string_view piece = read(); !piece.empty(); piece = read()) {
        hasher.update(piece);
        content_.append(piece);
      }
      item.entry.digest = hasher.finish();
      if (content_.size() - item.offset != entry.size)
        fail("the content of " + printable(entry.path) + " does not have the size that its header says");
    }
    if (entry.type == EntryType::kFile || entry.type == EntryType::kHardlink)
      hashed_.push_back({original_path, segment_.entries.size()});
    segment_.entries.push_back(std::move(item));
  }

  /// The content of NAME.list.
  const std::string& list() const { return list_; }
  /// What NAME.md5sums holds when the package brings none: dpkg then writes it for all files, conffiles too.
  std::string md5sums() const;

 private:
  Segment& segment_;
  Spool& content_;
  std::string list_;
  std::vector<ListedPath> hashed_;
};

std::string md5_hex(const Spool& content, std::uint64_t offset, std::uint64_t size) {
  std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  if (!context || ::EVP_DigestInit_ex(context.get(), ::EVP_md5(), nullptr) != 1)
    fail("the cryptographic library has no MD5, which dpkg's file lists need");
  content.read(offset, size, [&](std::string_view piece) {
    ::EVP_DigestUpdate(context.get(), piece.data(), piece.size());
  });
  ::EVP_DigestFinal_ex(context.get(), value.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex.append(1, kDigits[value[i] >> 4]).append(1, kDigits[value[i] & 15]);
  }
  return hex;
}

std::string Collector::md5sums() const {
  std::unordered_map<std::string, const SegmentEntry*> files;
  for (const SegmentEntry& item : segment_.entries) {
    if (item.entry.type == EntryType::kFile)
      files.emplace(item.entry.path, &item);
  }
  std::string sums;
  for (const ListedPath& listed : hashed_) {
    const Entry& entry = segment_.entries[listed.entry].entry;
    const SegmentEntry& file = *files.at(entry.type == EntryType::kHardlink ? entry.link_target : entry.path);
    sums.append(md5_hex(content_, file.offset, file.entry.size)).append("  ");
    sums.append(listed.original.substr(1)).append("\n");
  }
  return sums;
}

bool matches(std::string_view text, std::string_view allowed, std::size_t min_size) {
  return text.size() >= min_size && text.size() <= 200 && text.find_first_not_of(allowed) == text.npos;
}

/// Name and architecture become parts of file names and of lines.
void read_identity(Segment& segment) {
  constexpr std::string_view kLowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
  segment.name = segment.control.field("Package");
  segment.version = segment.control.field("Version");
  segment.architecture = segment.control.field("Architecture");
  if (!matches(segment.name, std::string(kLowerDigits) + "+-.", 2) ||
      kLowerDigits.find(segment.name.front()) == kLowerDigits.npos)
    fail("the control file has no valid Package field: " + printable(segment.name));
  if (!matches(segment.version, std::string(kLowerDigits) + "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+-~:", 1))
    fail("the control file has no valid Version field: " + printable(segment.version));
  if (!matches(segment.architecture, std::string(kLowerDigits) + "-", 1))
    fail("the control file has no valid Architecture field: " + printable(segment.architecture));
  segment.multi_arch_same = segment.control.field("Multi-Arch") == "same";
  segment.info_name = segment.name + (segment.multi_arch_same ? ":" + segment.architecture : "");
}

/// What dpkg knows is written by dpkg, or by us in its place. A package with a status or diversions of its
/// own could say that others are installed, or send their files elsewhere; so it may ship nothing but
/// directories there, and none where the info files are.
void check_database_is_free(const Segment& segment) {
  const std::string database = std::string(kDatabase) + "/";
  const std::string info = std::string(kInfoDirectory) + "/";
  auto in_the_way = [&](const Entry& entry) {
    const bool is_directory = entry.type == EntryType::kDirectory;
    const bool parent = info.starts_with(entry.path + "/");
    if (entry.path.starts_with(info) || (!is_directory && (parent || entry.path.starts_with(database))))
      fail("the package ships " + printable(entry.path) + ", which belongs to dpkg's database");
  };
  for (const SegmentEntry& item : segment.entries)
    in_the_way(item.entry);
  for (const Entry& directory : segment.directories)
    in_the_way(directory);
}

void add_info_file(Segment& segment, Spool& content, std::string_view member, const ControlFile& file) {
  Entry entry;
  entry.path = std::string(kInfoDirectory) + "/" + segment.info_name + "." + std::string(member);
  entry.mode = file.mode & 0755;  // dpkg extracts them with a umask of 022, and not setuid
  entry.size = file.content.size();
  entry.mtime = file.mtime;
  entry.digest = Digest::of(file.content);
  segment.entries.push_back({std::move(entry), content.size()});
  content.append(file.content);
  segment.newest_mtime = std::max(segment.newest_mtime, file.mtime);
}

void add_info_files(Segment& segment, Spool& content, const Collector& collector) {
  // dpkg would give the files that it writes itself the time of installation.
  const std::int64_t mtime = segment.control.files.at("control").mtime;
  for (const auto& [member, file] : segment.control.files) {
    if (member != "control")
      add_info_file(segment, content, member, file);
  }
  add_info_file(segment, content, "list", ControlFile{collector.list(), 0644, mtime});
  if (segment.control.files.count("md5sums") == 0)
    add_info_file(segment, content, "md5sums", ControlFile{collector.md5sums(), 0644, mtime});
}

/// Sorts; of directories that came twice the first stays; adds parents that the package leaves out.
void complete_directories(Segment& segment, std::size_t shipped_entries) {
  std::vector<Entry>& directories = segment.directories;
  std::unordered_set<std::string> known;
  std::erase_if(directories, [&](const Entry& entry) { return !known.insert(entry.path).second; });
  auto add_parents = [&](const std::string& path) {
    for (std::size_t slash = path.rfind('/'); slash != path.npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      if (!known.insert(path.substr(0, slash)).second)
        continue;
      Entry parent;
      parent.path = path.substr(0, slash);
      parent.type = EntryType::kDirectory;
      parent.mode = 0755;
      parent.mtime = segment.newest_mtime;
      directories.push_back(std::move(parent));
    }
  };
  for (std::size_t i = 0; i < shipped_entries; ++i)
    add_parents(segment.entries[i].entry.path);
  for (std::size_t i = 0, shipped = directories.size(); i < shipped; ++i)
    add_parents(std::string(directories[i].path));
  std::sort(directories.begin(), directories.end(),
            [](const Entry& a, const Entry& b) { return PathOrder()(a.path, b.path); });
}

}  // namespace

Segment read_package(int fd, std::string_view what, bool merge_usr, Spool& content) {
  Segment segment;
  Collector collector(segment, content);
  segment.control = read_deb(
      fd, what, merge_usr,
      [&](const Entry& entry, const std::string& original_path,
          const std::function<std::string_view()>& read) { collector.add(entry, original_path, read); });
  try {
    read_identity(segment);
    check_database_is_free(segment);
    std::size_t shipped = segment.entries.size();
    add_info_files(segment, content, collector);
    complete_directories(segment, shipped);
    for (const std::string& path : segment.control.conffiles())
      segment.conffiles.push_back(canonical_path(std::string_view(path).substr(1), merge_usr, "conffiles"));
  } catch (Error& error) {
    error.prepend(what);
    throw;
  }
  return segment;
}

}  // namespace bootstrap
