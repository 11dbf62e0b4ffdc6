// What bootstrap reads in the words of others: what test_readers.py compares with dpkg and GNU tar.
//   readers_tool versions        < lines "A B": whether both are versions, and their order, as lines "lt",
//   "eq", "gt" or "invalid" readers_tool deb FILE        the control files and the entries of a package, a
//   line of JSON each readers_tool tar             < a tar stream: its entries
#include <iostream>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "debian/version.h"
#include "package/deb.h"
#include "package/tar_reader.h"

using namespace bootstrap;

namespace {

void compare_pairs() {
  for (std::string a, b; std::cin >> a >> b;) {
    const int order = compare_versions(a, b);
    std::cout << (!is_valid_version(a) || !is_valid_version(b) ? "invalid"
                  : order < 0                                  ? "lt"
                  : order > 0                                  ? "gt"
                                                               : "eq")
              << '\n';
  }
}

/// Names and content may be any bytes, which JSON cannot hold.
std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes)
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

template <typename Read>
void print(const Entry& entry, const std::string& path, const Read& read) {
  Hasher content;
  if (entry.type == EntryType::kFile) {
    for (std::string_view piece = read(); !piece.empty(); piece = read())
      content.update(piece);
  }
  const Json line = {{"path", hex(path)},
                     {"type", std::string(1, static_cast<char>(entry.type))},
                     {"mode", entry.mode},
                     {"uid", entry.uid},
                     {"gid", entry.gid},
                     {"mtime", entry.mtime},
                     {"size", entry.size},
                     {"target", hex(entry.link_target)},
                     {"major", entry.device_major},
                     {"minor", entry.device_minor},
                     {"sha256", content.finish().hex()}};
  std::cout << line.dump() << '\n';
}

void list_deb(const std::string& file) {
  const UniqueFd fd = open_file(file, O_RDONLY);
  const ControlData control = read_deb(
      fd.get(), file, false,
      [](const Entry& entry, const std::string& path, const auto& read) { print(entry, path, read); });
  for (const auto& [name, member] : control.files) {
    const Json line = {
        {"control", name}, {"mode", member.mode}, {"sha256", Digest::of(member.content).hex()}};
    std::cout << line.dump() << '\n';
  }
}

void list_tar() {
  const std::string input = read_all(STDIN_FILENO);
  TarReader reader([&, given = false]() mutable {
    return std::exchange(given, true) ? std::string_view() : std::string_view(input);
  });
  while (const auto entry = reader.next())
    print(*entry, entry->path, [&] { return reader.read(); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  try {
    if (what == "versions")
      compare_pairs();
    else if (what == "deb" && argc == 3)
      list_deb(argv[2]);
    else if (what == "tar")
      list_tar();
    else
      throw Error(ErrorKind::kUsage, "usage: readers_tool versions|tar < INPUT, readers_tool deb FILE");
    return 0;
  } catch (const Error& error) {
    std::cerr << "readers_tool: " << error.message() << '\n';
    return static_cast<int>(error.kind());
  }
}
