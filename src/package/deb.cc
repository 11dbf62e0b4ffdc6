#include "package/deb.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/error.h"
#include "package/ar_reader.h"
#include "package/decoder.h"
#include "package/entry_checks.h"
#include "package/fail.h"
#include "package/tar_reader.h"

namespace bootstrap {
namespace {

/// The bytes of a member, without moving the descriptor's position.
class MemberSource {
 public:
  MemberSource(int fd, const ArMember& member) : fd_(fd), offset_(member.offset), left_(member.size) {}

  std::string_view next() {
    std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), left_));
    ssize_t n = 0;
    do {
      n = ::pread(fd_, buffer_.data(), wanted, static_cast<off_t>(offset_));
    } while (n < 0 && errno == EINTR);
    check(n, "read");
    if (n == 0 && wanted > 0)
      fail("the file became shorter while it was read");
    offset_ += static_cast<std::uint64_t>(n);
    left_ -= static_cast<std::uint64_t>(n);
    return {buffer_.data(), static_cast<std::size_t>(n)};
  }

 private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string buffer_ = std::string(64 << 10, '\0');
};

struct TarMember {
  ArMember member;
  MemberEncoding encoding = MemberEncoding::kNone;
};

/// What deb(5) allows behind "control.tar" or "data.tar"; nullopt when `name` is no such member.
std::optional<MemberEncoding> encoding_of(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem))
    return std::nullopt;
  std::string_view suffix = name.substr(stem.size());
  constexpr std::array<std::pair<std::string_view, MemberEncoding>, 6> kSuffixes{{
      {"", MemberEncoding::kNone},
      {".gz", MemberEncoding::kGzip},
      {".xz", MemberEncoding::kXz},
      {".zst", MemberEncoding::kZstd},
      {".bz2", MemberEncoding::kBzip2},
      {".lzma", MemberEncoding::kLzma},
  }};
  for (const auto& [known, encoding] : kSuffixes) {
    if (suffix == known)
      return encoding;
  }
  fail("the member " + printable(name) + " is compressed in a way that is not known");
}

struct DebMembers {
  TarMember control;
  TarMember data;
};

void check_format(int fd, const ArMember& member) {
  if (member.name != "debian-binary")
    fail("the first member is " + printable(member.name) + ", not debian-binary");
  if (member.size > 4096)
    fail("debian-binary is too large");
  MemberSource source(fd, member);
  std::string content(source.next());
  // A higher minor number is to be accepted, and more lines may follow.
  if (!content.starts_with("2.") || content.find('\n') == content.npos ||
      content.find_first_not_of("0123456789", 2) != content.find('\n') || content.find('\n') == 2)
    fail("the package has a format that is not 2.0");
}

/// deb(5): debian-binary, control.tar, data.tar, in this order. Members that begin with an underscore may
/// come between, and any others behind.
DebMembers find_members(int fd) {
  std::vector<ArMember> members = read_ar(fd);
  if (members.empty())
    fail("the package has no members");
  check_format(fd, members.front());
  std::optional<TarMember> control;
  std::optional<TarMember> data;
  for (std::size_t i = 1; i < members.size(); ++i) {
    const ArMember& member = members[i];
    if (auto encoding = encoding_of(member.name, "control.tar")) {
      if (control)
        fail("the package has more than one control.tar");
      control = TarMember{member, *encoding};
    } else if (auto encoding = encoding_of(member.name, "data.tar")) {
      if (data)
        fail("the package has more than one data.tar");
      if (!control)
        fail("data.tar comes before control.tar");
      data = TarMember{member, *encoding};
    } else if (!data && !member.name.starts_with('_')) {
      fail("the member " + printable(member.name) + " is not known");
    }
  }
  if (!control)
    fail("the package has no control.tar");
  if (!data)
    fail("the package has no data.tar");
  return {*control, *data};
}

/// A tar member opened for reading: file window, decoder and tar reader.
class OpenTar {
 public:
  OpenTar(int fd, const TarMember& tar, std::uint64_t max_size, const DebLimits& limits)
      : source_(fd, tar.member),
        decoder_(make_decoder(
            tar.encoding, [this] { return source_.next(); }, limits.decoder_memory)),
        left_(std::min(max_size, std::max(limits.always_allowed, tar.member.size * limits.expansion))),
        reader_([this] { return decoded(); }) {}
  OpenTar(const OpenTar&) = delete;
  OpenTar& operator=(const OpenTar&) = delete;

  TarReader& reader() { return reader_; }
  /// Decompresses what lies behind the tar's end, so that damage there does not go unnoticed.
  void finish() {
    while (!decoded().empty()) {
    }
  }

 private:
  std::string_view decoded() {
    std::string_view data = decoder_->next();
    if (data.size() > left_)
      fail("the decompressed archive is larger than is allowed");
    left_ -= data.size();
    return data;
  }

  MemberSource source_;
  std::unique_ptr<Decoder> decoder_;
  std::uint64_t left_;
  TarReader reader_;
};

/// Member names become file names of dpkg's database.
void check_control_name(const std::string& name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";
  // dpkg writes "list" itself.
  if (name.empty() || name.size() > 50 || name.front() == '.' || name == "list" ||
      name.find_first_not_of(kAllowed) != name.npos)
    fail("control.tar has a member that must not be there: " + printable(name));
}

ControlData read_control(int fd, const TarMember& tar, const DebLimits& limits) {
  OpenTar open(fd, tar, limits.control_size, limits);
  ControlData control;
  while (auto entry = open.reader().next()) {
    std::string name = canonical_path(entry->path, false, "control.tar");
    if (name == "." && entry->type == EntryType::kDirectory)
      continue;
    check_control_name(name);
    if (entry->type != EntryType::kFile)
      fail("control.tar: " + printable(name) + " is not a regular file");
    ControlFile file;
    file.mode = entry->mode;
    file.mtime = entry->mtime;
    for (std::string_view piece = open.reader().read(); !piece.empty(); piece = open.reader().read())
      file.content += piece;
    if (!control.files.emplace(name, std::move(file)).second)
      fail("control.tar has " + printable(name) + " twice");
  }
  open.finish();
  auto stanza = control.files.find("control");
  if (stanza == control.files.end())
    fail("control.tar has no control file");
  check_control(stanza->second.content);
  return control;
}

/// "./bin/" -> "/bin", "./" -> "/.": as dpkg's file lists have it.
std::string listed_path(std::string_view path) {
  if (path.starts_with("./"))
    path.remove_prefix(2);
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return path.empty() || path == "." ? "/." : "/" + std::string(path);
}

void read_data(int fd, const TarMember& tar, bool merge_usr, const EntrySink& sink, const DebLimits& limits) {
  OpenTar open(fd, tar, limits.data_size, limits);
  EntryChecker checker(merge_usr, limits.metadata);
  std::uint64_t entries = 0;
  while (auto entry = open.reader().next()) {
    if (++entries > limits.entries)
      fail("data.tar has too many entries");
    std::string original_path = listed_path(entry->path);
    checker.admit(*entry);
    if (entry->size > limits.data_size)
      fail(printable(entry->path) + " is larger than is allowed");
    sink(*entry, original_path, [&] { return open.reader().read(); });
  }
  open.finish();
}

}  // namespace

ControlData read_deb(int fd, std::string_view what, bool merge_usr, const EntrySink& sink,
                     const DebLimits& limits) {
  try {
    DebMembers members = find_members(fd);
    ControlData control = read_control(fd, members.control, limits);
    read_data(fd, members.data, merge_usr, sink, limits);
    return control;
  } catch (Error& error) {
    error.prepend(what);
    throw;
  }
}

}  // namespace bootstrap
