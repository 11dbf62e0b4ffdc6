// POSIX.1-2001 ("pax") interchange format over ustar. Only what ustar cannot say gets a pax header, so that
// nearly all entries are plain ustar, and nothing in a header depends on who wrote it: no user names, no
// clock, no process id.
#include "package/tar_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace bootstrap {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameSize = 100;
constexpr std::size_t kPrefixSize = 155;
constexpr std::uint64_t kMaxSize = 077777777777;  // 11 octal digits and a NUL: 8 GiB - 1
constexpr std::uint64_t kMaxId = 07777777;        // 7 octal digits and a NUL: 2^21 - 1
constexpr std::string_view kPaxName = "PaxHeader";

/// A ustar header block under construction (POSIX ustar interchange format, offsets fixed by it).
class Header {
 public:
  void text(std::size_t offset, std::size_t size, std::string_view value) {
    value = value.substr(0, size);
    std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  /// `size` - 1 octal digits and a NUL.
  void number(std::size_t offset, std::size_t size, std::uint64_t value) {
    for (std::size_t i = size - 1; i-- > 0; value >>= 3)
      bytes_[offset + i] = static_cast<char>('0' + (value & 7));
  }
  std::string finish() {
    text(148, 8, "        ");
    unsigned sum = 0;
    for (char c : bytes_)
      sum += static_cast<unsigned char>(c);
    number(148, 7, sum);  // six digits, NUL, space: as tar has written it since 1979
    bytes_[154] = '\0';
    return std::string(bytes_.data(), bytes_.size());
  }

 private:
  std::array<char, kBlock> bytes_{};
};

char type_flag(EntryType type) {
  switch (type) {
    case EntryType::kFile:
      return '0';
    case EntryType::kHardlink:
      return '1';
    case EntryType::kSymlink:
      return '2';
    case EntryType::kCharacterDevice:
      return '3';
    case EntryType::kBlockDevice:
      return '4';
    case EntryType::kDirectory:
      return '5';
    case EntryType::kFifo:
      return '6';
  }
  throw Error(ErrorKind::kFailure, "tar cannot hold an entry of this type");
}

/// How ustar divides a path into prefix and name: at the last slash that leaves a prefix which fits. False
/// when no division does.
bool split_path(std::string_view path, std::string_view& prefix, std::string_view& name) {
  prefix = {};
  name = path;
  if (path.size() <= kNameSize)
    return true;
  // The slash that ends a directory's name belongs to the name.
  std::size_t slash = path.substr(0, path.size() - 1).rfind('/', kPrefixSize);
  if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 > kNameSize)
    return false;
  prefix = path.substr(0, slash);
  name = path.substr(slash + 1);
  return true;
}

/// "<length> <key>=<value>\n", where the length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
  std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  std::string record = std::to_string(length);
  record.append(" ").append(key).append("=").append(value).append("\n");
  return record;
}

std::string pax_header(const std::string& records) {
  Header header;
  header.text(0, kNameSize, kPaxName);
  header.number(100, 8, 0644);
  header.number(108, 8, 0);
  header.number(116, 8, 0);
  header.number(124, 12, records.size());
  header.number(136, 12, 0);
  header.text(156, 1, "x");
  header.text(257, 8, std::string_view("ustar\00000", 8));
  header.number(329, 8, 0);
  header.number(337, 8, 0);
  std::string blocks = header.finish();
  blocks += records;
  blocks.append(tar_padding(records.size()), '\0');
  return blocks;
}

}  // namespace

std::string tar_header(const Entry& entry) {
  std::string path = entry.path;
  if (entry.type == EntryType::kDirectory)
    path += '/';
  std::uint64_t size = entry.type == EntryType::kFile ? entry.size : 0;

  std::string records;  // in the order of their keys
  // ustar takes what fits and pax overrides it: a field that does not fit is cut or zero.
  auto fitting = [&](std::string_view key, std::uint64_t value, std::uint64_t limit) {
    if (value <= limit)
      return value;
    records += pax_record(key, std::to_string(value));
    return std::uint64_t{0};
  };

  Header header;
  for (const auto& [name, value] : entry.xattrs)
    records += pax_record("SCHILY.xattr." + name, value);
  header.number(116, 8, fitting("gid", entry.gid, kMaxId));
  std::string_view prefix;
  std::string_view name;
  const bool path_fits = split_path(path, prefix, name);
  const bool target_fits = entry.link_target.size() <= kNameSize;
  // Values of pax records are UTF-8 unless the header says that they are bytes; readers that do not know this
  // keyword take them as bytes anyway.
  if ((!path_fits && !is_utf8(path)) || (!target_fits && !is_utf8(entry.link_target)))
    records += pax_record("hdrcharset", "BINARY");
  if (!target_fits)
    records += pax_record("linkpath", entry.link_target);
  header.text(157, kNameSize, entry.link_target);
  bool mtime_fits = entry.mtime >= 0 && static_cast<std::uint64_t>(entry.mtime) <= kMaxSize;
  if (!mtime_fits)
    records += pax_record("mtime", std::to_string(entry.mtime));
  header.number(136, 12, mtime_fits ? static_cast<std::uint64_t>(entry.mtime) : 0);
  if (!path_fits)
    records += pax_record("path", path);
  header.text(0, kNameSize, name);
  header.text(345, kPrefixSize, prefix);
  header.number(124, 12, fitting("size", size, kMaxSize));
  header.number(108, 8, fitting("uid", entry.uid, kMaxId));

  header.number(100, 8, entry.mode & 07777);
  header.text(156, 1, std::string(1, type_flag(entry.type)));
  header.text(257, 8, std::string_view("ustar\00000", 8));
  header.number(329, 8, entry.device_major);
  header.number(337, 8, entry.device_minor);
  return records.empty() ? header.finish() : pax_header(records) + header.finish();
}

std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((kBlock - size % kBlock) % kBlock);
}

std::string tar_end() {
  return std::string(2 * kBlock, '\0');
}

}  // namespace bootstrap
