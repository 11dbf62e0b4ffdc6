#include "package/tar_writer.h"

#include "base/atomic_file.h"
#include "base/process.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

Entry file(std::string path, std::uint64_t size = 0) {
  Entry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size = size;
  entry.mtime = 1'700'000'000;
  return entry;
}

/// A field of a header block, up to its first NUL.
std::string field(const std::string& header, std::size_t offset, std::size_t size) {
  return header.substr(offset, size).c_str();
}

std::string name_field(const std::string& header) {
  return field(header, 0, 100);
}
char type_flag(const std::string& header) {
  return header[156];
}
bool has_pax_header(const std::string& header) {
  return type_flag(header) == 'x';
}

/// The records of a pax header.
std::string records(const std::string& header) {
  std::size_t size = std::stoul(field(header, 124, 12), nullptr, 8);
  return header.substr(512, size);
}

/// What `tar --list --verbose` says of an archive, without GNU tar's notes on standard error.
std::string listed(const std::string& archive) {
  TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "x.tar";
  write_file(path, archive, Durability::kCache);
  ProcessResult result = run_process({"env", "TZ=UTC", "LC_ALL=C.UTF-8", "tar", "--list", "--verbose",
                                      "--numeric-owner", "--file", path.string()});
  CHECK(result.err.empty());
  CHECK(result.exit_code == 0);
  return result.out;
}

TEST_CASE("a plain file is one ustar block, byte for byte") {
  Entry entry = file("usr/bin/tool", 5);
  entry.mode = 04755;
  entry.uid = 12;
  entry.gid = 34;

  std::string expected(512, '\0');
  auto put = [&](std::size_t offset, std::string_view text) { expected.replace(offset, text.size(), text); };
  put(0, "usr/bin/tool");
  put(100, "0004755");
  put(108, "0000014");
  put(116, "0000042");
  put(124, "00000000005");
  put(136, "14524770400");
  put(148, std::string_view("011545\0 ", 8));
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  put(329, "0000000");
  put(337, "0000000");
  CHECK(tar_header(entry) == expected);
}

TEST_CASE("types have their own flags, and only files have a size") {
  auto header = [](EntryType type) {
    Entry entry = file("x", 7);
    entry.type = type;
    entry.device_major = 8;
    entry.device_minor = 1;
    return tar_header(entry);
  };
  CHECK(type_flag(header(EntryType::kHardlink)) == '1');
  CHECK(field(header(EntryType::kHardlink), 124, 12) == "00000000000");
  CHECK(type_flag(header(EntryType::kSymlink)) == '2');
  CHECK(type_flag(header(EntryType::kCharacterDevice)) == '3');
  CHECK(type_flag(header(EntryType::kBlockDevice)) == '4');
  CHECK(field(header(EntryType::kBlockDevice), 329, 8) == "0000010");
  CHECK(type_flag(header(EntryType::kDirectory)) == '5');
  CHECK(name_field(header(EntryType::kDirectory)) == "x/");
  CHECK(type_flag(header(EntryType::kFifo)) == '6');
}

TEST_CASE("a path of up to 255 bytes is divided at a slash, without a pax header") {
  std::string hundred(100, 'n');
  CHECK_FALSE(has_pax_header(tar_header(file(hundred))));

  std::string path = std::string(155, 'd') + "/" + hundred;
  std::string header = tar_header(file(path));
  CHECK_FALSE(has_pax_header(header));
  CHECK(header.substr(345, 155) == std::string(155, 'd'));
  CHECK(header.substr(0, 100) == hundred);

  Entry directory = file(std::string(60, 'a') + "/" + std::string(60, 'b'));
  directory.type = EntryType::kDirectory;
  header = tar_header(directory);
  CHECK(name_field(header) == std::string(60, 'b') + "/");
}

TEST_CASE("what ustar cannot say stands in a pax header with a fixed name") {
  SECTION("a name of more than 100 bytes") {
    std::string name(101, 'n');
    std::string header = tar_header(file(name));
    CHECK(has_pax_header(header));
    CHECK(name_field(header) == "PaxHeader");
    CHECK(field(header, 136, 12) == "00000000000");
    CHECK(records(header) == "111 path=" + name + "\n");
    CHECK(header.size() == 3 * 512);
  }
  SECTION("a link target of more than 100 bytes") {
    Entry entry = file("l");
    entry.type = EntryType::kSymlink;
    entry.link_target = std::string(101, 't');
    CHECK(records(tar_header(entry)) == "115 linkpath=" + entry.link_target + "\n");
    entry.link_target.pop_back();
    CHECK_FALSE(has_pax_header(tar_header(entry)));
  }
  SECTION("sizes from 8 GiB") {
    CHECK_FALSE(has_pax_header(tar_header(file("x", (8ULL << 30) - 1))));
    CHECK(records(tar_header(file("x", 8ULL << 30))) == "19 size=8589934592\n");
  }
  SECTION("owners from 2^21") {
    Entry entry = file("x");
    entry.uid = (1U << 21) - 1;
    CHECK_FALSE(has_pax_header(tar_header(entry)));
    entry.uid = 1U << 21;
    entry.gid = UINT32_MAX;
    CHECK(records(tar_header(entry)) == "18 gid=4294967295\n15 uid=2097152\n");
  }
  SECTION("times before 1970 and after 2242") {
    Entry entry = file("x");
    entry.mtime = -1;
    CHECK(records(tar_header(entry)) == "12 mtime=-1\n");
    entry.mtime = 8589934592;
    CHECK(records(tar_header(entry)) == "20 mtime=8589934592\n");
  }
  SECTION("extended attributes, sorted by name") {
    Entry entry = file("x");
    entry.xattrs["user.b"] = "2";
    entry.xattrs["security.capability"] = std::string("\x01\0\n", 3);
    CHECK(records(tar_header(entry)) == "40 SCHILY.xattr.security.capability=" + std::string("\x01\0\n", 3) +
                                            "\n25 SCHILY.xattr.user.b=2\n");
  }
}

TEST_CASE("the length of a pax record counts its own digits") {
  // 99 -> 100 bytes: where the length gets a digit more.
  for (std::size_t size = 80; size < 100; ++size) {
    Entry entry = file("l");
    entry.xattrs["user.x"] = std::string(size - 20, 'v');
    std::string text = records(tar_header(entry));
    CHECK(text.size() == std::stoul(text));
  }
}

TEST_CASE("content is padded to whole blocks, and two zero blocks are the end") {
  CHECK(tar_padding(0) == 0);
  CHECK(tar_padding(1) == 511);
  CHECK(tar_padding(512) == 0);
  CHECK(tar_padding(513) == 511);
  CHECK(tar_end() == std::string(1024, '\0'));
}

TEST_CASE("tar reads what is written") {
  Entry tool = file("usr/bin/tool", 3);
  tool.mode = 04755;
  Entry alias = file("usr/bin/alias");
  alias.type = EntryType::kHardlink;
  alias.link_target = "usr/bin/tool";
  Entry link = file("usr/lib/" + std::string(120, 'l'));
  link.type = EntryType::kSymlink;
  link.mode = 0777;
  link.link_target = std::string(150, 't');
  Entry directory = file("usr/share/" + std::string(99, 'd') + "/" + std::string(40, 'e'));
  directory.type = EntryType::kDirectory;
  directory.mode = 0755;
  Entry big_ids = file("id");
  big_ids.uid = 3'000'000;
  big_ids.gid = 70'000;
  Entry umlaut = file("usr/share/F\xc5\x91");
  Entry old = file("old");
  old.mtime = -86'400;

  std::string archive = tar_header(tool) + "abc" + std::string(tar_padding(3), '\0');
  for (const Entry& entry : {alias, link, directory, big_ids, umlaut, old})
    archive += tar_header(entry);
  archive += tar_end();

  std::string lines = listed(archive);
  auto listed_as = [&](const std::string& line) { return lines.find(line + "\n") != std::string::npos; };
  CAPTURE(lines);
  CHECK(listed_as("-rwsr-xr-x 0/0               3 2023-11-14 22:13 usr/bin/tool"));
  CHECK(listed_as("hrw-r--r-- 0/0               0 2023-11-14 22:13 usr/bin/alias link to usr/bin/tool"));
  CHECK(
      listed_as("lrwxrwxrwx 0/0               0 2023-11-14 22:13 " + link.path + " -> " + link.link_target));
  CHECK(listed_as("drwxr-xr-x 0/0               0 2023-11-14 22:13 " + directory.path + "/"));
  CHECK(lines.find("3000000/70000") != std::string::npos);
  CHECK(lines.find("1969-12-31 00:00 old") != std::string::npos);
}

}  // namespace
}  // namespace bootstrap
