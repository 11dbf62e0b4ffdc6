#include "package/entry_checks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "package/deb.h"
#include "package/fail.h"

namespace bootstrap {
namespace {

constexpr std::size_t kMaxPath = 4095;  // PATH_MAX without its NUL
constexpr std::size_t kMaxName = 255;   // NAME_MAX
// The deepest of Debian's packages stay below 30. Each directory of a path costs memory here and a step of
// every walk over the tree.
constexpr std::size_t kMaxDepth = 128;
constexpr std::string_view kWhiteout = ".wh.";
// A user namespace of scripts and services has 65536 ids, and Debian's policy gives none beyond.
constexpr std::uint32_t kMaxId = 65535;
// How many bits Linux has for the two numbers of a device.
constexpr std::uint32_t kMaxDeviceMajor = (1 << 12) - 1;
constexpr std::uint32_t kMaxDeviceMinor = (1 << 20) - 1;
// XATTR_NAME_MAX and XATTR_SIZE_MAX.
constexpr std::size_t kMaxXattrName = 255;
constexpr std::size_t kMaxXattrValue = 65536;

// Debian's list of what merged-/usr moves (usrmerge, debootstrap): the directories in / that are links to
// their namesakes in /usr.
constexpr std::array<std::string_view, 7> kMerged{"bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"};

bool is_merged(std::string_view name) {
  return std::find(kMerged.begin(), kMerged.end(), name) != kMerged.end();
}

/// Without the "./" in front and the slashes behind that tar archives write.
std::string_view plain_path(std::string_view path) {
  if (path.starts_with("./"))
    path.remove_prefix(2);
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

void check_component(std::string_view name, std::string_view path) {
  if (name.empty() || name == "." || name == "..")
    fail("the path " + printable(path) + " is not canonical");
  if (name.size() > kMaxName)
    fail("the path " + printable(path) + " has a component of more than 255 bytes");
}

std::string canonical(std::string_view path, bool merge_usr) {
  if (path == "." || path == "./")
    return ".";
  if (path.starts_with('/'))
    fail("the path " + printable(path) + " is absolute");
  std::string_view rest = plain_path(path);
  if (rest.size() > kMaxPath - std::string_view("usr/").size())
    fail("the path " + printable(path) + " is too long");
  for (std::size_t begin = 0; begin <= rest.size();) {
    std::size_t end = std::min(rest.find('/', begin), rest.size());
    check_component(rest.substr(begin, end - begin), path);
    begin = end + 1;
  }
  bool moved = merge_usr && is_merged(rest.substr(0, rest.find('/')));
  return moved ? "usr/" + std::string(rest) : std::string(rest);
}

/// What a tree may have, but no package.
void check_packaged(std::string_view path) {
  // A line break would forge lines of dpkg's file lists.
  if (path.find('\n') != path.npos)
    fail("the path " + printable(path) + " contains a line break");
  if (std::count(path.begin(), path.end(), '/') >= static_cast<std::ptrdiff_t>(kMaxDepth))
    fail("the path " + printable(path) + " is too deep");
}

/// Every component: what is below a directory of such a name could not be in a layer either.
void check_no_whiteout(std::string_view path) {
  if (path.starts_with(kWhiteout) || path.find("/" + std::string(kWhiteout)) != path.npos)
    fail("the path " + printable(path) + " would be a whiteout in an image");
}

void check_xattrs(Entry& entry) {
  for (auto it = entry.xattrs.begin(); it != entry.xattrs.end();) {
    const std::string& name = it->first;
    // Both steer overlay file systems from within; the second where a user has mounted them.
    if (name.starts_with("trusted.") || name.starts_with("user.overlay."))
      fail(printable(entry.path) + " has the extended attribute " + printable(name) +
           ", which no package may set");
    if (name.size() > kMaxXattrName || it->second.size() > kMaxXattrValue)
      fail(printable(entry.path) + " has an extended attribute larger than Linux allows: " + printable(name));
    bool kept = name == "security.capability" || (name.starts_with("user.") && name.find('=') == name.npos);
    it = kept ? std::next(it) : entry.xattrs.erase(it);
  }
}

void check_owner(const Entry& entry) {
  if (const std::uint32_t id = std::max(entry.uid, entry.gid); id > kMaxId)
    fail(printable(entry.path) + " belongs to id " + std::to_string(id) + "; an image has those up to " +
         std::to_string(kMaxId));
}

void check_device(const Entry& entry) {
  if (entry.type != EntryType::kCharacterDevice && entry.type != EntryType::kBlockDevice)
    return;
  if (entry.device_major == 0 && entry.device_minor == 0)
    fail("the device 0:0 " + printable(entry.path) + " would be a whiteout in an overlay");
  if (entry.device_major > kMaxDeviceMajor || entry.device_minor > kMaxDeviceMinor)
    fail("the device " + printable(entry.path) + " has a number that Linux cannot have");
}

}  // namespace

std::string printable(std::string_view path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\"";
  for (char c : path.substr(0, 200)) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f && c != '"' && c != '\\')
      text += c;
    else
      text.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return text + (path.size() > 200 ? "...\"" : "\"");
}

std::string canonical_path(std::string_view path, bool merge_usr, std::string_view what) {
  try {
    return canonical(path, merge_usr);
  } catch (Error& error) {
    error.prepend(what);
    throw;
  }
}

std::string EntryChecker::path_of(const Entry& entry) const {
  std::string_view path = plain_path(entry.path);
  if (!merge_usr_ || !is_merged(path) || entry.type == EntryType::kDirectory)
    return canonical(entry.path, merge_usr_);
  // base-files ships the links themselves since Debian 13: what lies below them moves, they do not.
  std::string target = "usr/" + std::string(path);
  if (entry.type != EntryType::kSymlink || (entry.link_target != target && entry.link_target != "/" + target))
    fail("/" + std::string(path) + " is neither a directory nor a link to /" + target);
  return std::string(path);
}

void EntryChecker::charge(std::size_t size) {
  if (size > metadata_left_)
    fail("the names and attributes of its entries take more memory than is allowed");
  metadata_left_ -= size;
}

void EntryChecker::check_parents(const std::string& path) {
  for (std::size_t slash = path.rfind('/'); slash != path.npos; slash = path.rfind('/', slash - 1)) {
    auto [parent, added] = seen_.try_emplace(path.substr(0, slash), Seen{});
    if (parent->second.type != EntryType::kDirectory)
      fail("the path " + printable(path) + " leads through " + printable(parent->first) +
           ", which is no directory");
    if (!added)
      return;  // and so its parents have been checked
    charge(slash);
  }
}

void EntryChecker::resolve_hard_link(Entry& entry) const {
  std::string target = canonical(entry.link_target, merge_usr_);
  auto seen = seen_.find(target);
  if (seen == seen_.end() ||
      (seen->second.type != EntryType::kFile && seen->second.type != EntryType::kHardlink))
    fail("the hard link " + printable(entry.path) + " has no earlier file " + printable(target));
  entry.link_target = seen->second.type == EntryType::kFile ? target : seen->second.file;
  // One inode has one set of metadata; dpkg takes the file's.
  entry.mode = seen->second.mode;
  entry.uid = seen->second.uid;
  entry.gid = seen->second.gid;
  entry.mtime = seen->second.mtime;
  entry.xattrs.clear();
}

void EntryChecker::admit(Entry& entry) {
  entry.path = path_of(entry);
  check_packaged(entry.path);
  if (entry.path == "." && entry.type != EntryType::kDirectory)
    fail("the root is not a directory");
  charge(entry.path.size() + entry.link_target.size());
  for (const auto& [name, value] : entry.xattrs)
    charge(name.size() + value.size());
  check_no_whiteout(entry.path);
  check_parents(entry.path);
  if (entry.type == EntryType::kSymlink && (entry.link_target.empty() || entry.link_target.size() > kMaxPath))
    fail("the symbolic link " + printable(entry.path) + " has no valid target");
  if (entry.type == EntryType::kHardlink)
    resolve_hard_link(entry);
  check_xattrs(entry);
  check_owner(entry);
  check_device(entry);

  Seen seen{entry.type, entry.mode, entry.uid, entry.gid, entry.mtime, {}};
  if (entry.type == EntryType::kHardlink)
    seen.file = entry.link_target;
  auto [old, added] = seen_.try_emplace(entry.path, seen);
  bool both_directories = entry.type == EntryType::kDirectory && old->second.type == EntryType::kDirectory;
  if (!added && !both_directories)
    fail("the path " + printable(entry.path) + " comes twice");
}

}  // namespace bootstrap
