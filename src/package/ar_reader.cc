// A reader of our own, because general ar readers are lenient: they know several dialects of names, symbol
// tables and thin archives. A .deb has none of these, and where dpkg and we read the same bytes differently,
// what was checked is not what gets installed.
#include "package/ar_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

#include "package/fail.h"

namespace bootstrap {
namespace {

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::size_t kHeaderSize = 60;
constexpr std::size_t kMaxMembers = 100;  // a .deb has three

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string data(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    ssize_t n = ::pread(fd, data.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR)
      continue;
    check(n, "read");
    if (n == 0)
      break;
    have += static_cast<std::size_t>(n);
  }
  data.resize(have);
  return data;
}

/// A decimal number, left-aligned in blanks.
std::uint64_t parse_size(std::string_view field) {
  std::string_view digits = field.substr(0, field.find(' '));
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool only_blanks_follow = field.find_first_not_of(' ', digits.size()) == std::string_view::npos;
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || !only_blanks_follow)
    fail("an ar member has no valid size");
  return value;
}

std::string parse_name(std::string_view field) {
  std::string_view name = field.substr(0, field.find_last_not_of(' ') + 1);
  // GNU ar ends names with a slash. What is left must be a plain name: "/", "//" and "/12" are GNU's tables
  // and long names, "#1/12" is BSD's.
  if (name.ends_with('/'))
    name.remove_suffix(1);
  bool printable = true;
  for (char c : name)
    printable = printable && c > ' ' && c < 0x7f && c != '/';
  if (name.empty() || !printable || name.starts_with("#1"))
    fail("an ar member has no plain short name");
  return std::string(name);
}

}  // namespace

std::vector<ArMember> read_ar(int fd) {
  struct stat status{};
  check(::fstat(fd, &status), "fstat");
  if (!S_ISREG(status.st_mode))
    fail("not a regular file");
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  if (file_size == 0)
    fail("the file is empty");
  if (read_at(fd, 0, kMagic.size()) != kMagic)
    fail("not an ar archive, so not a Debian package of format 2.0");

  std::vector<ArMember> members;
  std::uint64_t offset = kMagic.size();
  while (offset < file_size) {
    std::string header = read_at(fd, offset, kHeaderSize);
    if (header.size() < kHeaderSize)
      fail("the ar archive ends within a member's header, or garbage follows its last member");
    std::string_view view = header;
    if (view.substr(58) != "`\n")
      fail("an ar member's header is damaged");
    ArMember member;
    member.name = parse_name(view.substr(0, 16));
    member.size = parse_size(view.substr(48, 10));
    member.offset = offset + kHeaderSize;
    if (member.size > file_size - member.offset)
      fail("the ar member " + member.name + " goes beyond the end of the file");
    offset = member.offset + member.size;
    // Some tools leave the last padding out, and dpkg does not miss it.
    if (member.size % 2 != 0 && offset < file_size && read_at(fd, offset++, 1) != "\n")
      fail("the ar member " + member.name + " is not followed by its padding");
    members.push_back(std::move(member));
    if (members.size() > kMaxMembers)
      fail("the ar archive has too many members");
  }
  return members;
}

}  // namespace bootstrap
