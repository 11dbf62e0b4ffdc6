// What we write, we read: entries of generated trees through tar_header() and TarReader.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "package/deb.h"
#include "package/path_order.h"
#include "package/tar_reader.h"
#include "package/tar_writer.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return engine_() % limit; }
  bool often() { return below(4) != 0; }
  /// Bytes that mean something to somebody on the way, and some that do not.
  std::string bytes(std::size_t size, bool slashes) {
    static const std::string kAlphabet("a.b-\n\t \\\"=%~\x01\x7f\x80\xff\xc3\xa9\xe2\x82\xac\xed\xa0/");
    std::string text;
    while (text.size() < size)
      if (const char c = kAlphabet[below(kAlphabet.size())]; slashes || c != '/')
        text += c;
    return text;
  }
  std::string name() {
    constexpr std::size_t kLengths[] = {1, 3, 10, 90, 99, 100, 101, 155, 255};
    std::string name = bytes(kLengths[below(often() ? 3 : std::size(kLengths))], false);
    return name == "." || name == ".." ? "dots" : name;
  }
  std::string path() {
    const std::size_t levels = 1 + below(often() ? 4 : 140);
    std::string path = name();
    for (std::size_t i = 1; i < levels && path.size() < 3800; ++i)
      path += "/" + name();
    return path;
  }

 private:
  std::mt19937 engine_;
};

Entry generated(Dice& dice, const std::string& path, const std::vector<Entry>& before) {
  constexpr EntryType kTypes[] = {
      EntryType::kFile,     EntryType::kFile, EntryType::kDirectory,       EntryType::kSymlink,
      EntryType::kHardlink, EntryType::kFifo, EntryType::kCharacterDevice, EntryType::kBlockDevice};
  constexpr std::int64_t kTimes[] = {0, 1, -86'400, 1'700'000'000, 8'589'934'592, 253'402'300'799};
  constexpr std::uint32_t kIds[] = {0, 33, 65534, 2'097'151, 2'097'152, 4'294'967'294U};
  Entry entry;
  entry.path = path;
  entry.type = kTypes[dice.below(std::size(kTypes))];
  entry.mode = static_cast<std::uint32_t>(dice.below(010000));
  entry.uid = kIds[dice.below(std::size(kIds))];
  entry.gid = kIds[dice.below(std::size(kIds))];
  entry.mtime = kTimes[dice.below(std::size(kTimes))];
  const auto file = std::find_if(before.begin(), before.end(),
                                 [](const Entry& one) { return one.type == EntryType::kFile; });
  if (entry.type == EntryType::kHardlink && file == before.end())
    entry.type = EntryType::kFile;
  if (entry.type == EntryType::kHardlink)
    entry.link_target = file->path;
  if (entry.type == EntryType::kSymlink)
    entry.link_target = dice.bytes(1 + dice.below(dice.often() ? 20 : 4095), true);
  if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
    entry.device_major = static_cast<std::uint32_t>(dice.below(4096));
    entry.device_minor = static_cast<std::uint32_t>(dice.below(1 << 20));
  }
  if (entry.type == EntryType::kFile)
    entry.size = dice.below(1500);
  if (entry.type == EntryType::kFile && !dice.often())
    entry.xattrs = {{"user.x", dice.bytes(1 + dice.below(300), true)},
                    {"security.capability", std::string("\1\0\0\2\0\4\0\0", 8)}};
  return entry;
}

}  // namespace

TEST_CASE("what we write, we read") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    std::set<std::string, PathOrder> paths;
    for (int i = 0; i < 12; ++i)
      paths.insert(dice.path());
    std::vector<Entry> entries;
    std::vector<std::string> contents;
    std::string tar;
    for (const std::string& path : paths) {
      entries.push_back(generated(dice, path, entries));
      contents.push_back(dice.bytes(entries.back().size, true));
      tar += tar_header(entries.back()) + contents.back();
      tar.append(tar_padding(contents.back().size()), '\0');
    }
    tar += tar_end();

    TarReader reader([&, given = false]() mutable {
      return std::exchange(given, true) ? std::string_view() : std::string_view(tar);
    });
    for (std::size_t i = 0; i < entries.size(); ++i) {
      INFO(entries[i].path);
      auto entry = reader.next();
      REQUIRE(entry);
      std::string content;
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read())
        content += piece;
      CHECK(content == contents[i]);
      entry->path = canonical_path(entry->path, false, "entry");
      if (entry->type == EntryType::kHardlink) {
        CHECK(canonical_path(entry->link_target, false, "link") == entries[i].link_target);
        entry->link_target = entries[i].link_target;
      }
      CHECK(*entry == entries[i]);
    }
    CHECK_FALSE(reader.next());
  }
}
