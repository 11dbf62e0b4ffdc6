#include "repo/parsed_index.h"

#include "base/error.h"
#include "repo/packages_parser.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

const std::string kText =
    "Package: linux-image\nEssential: yes\nImportant: yes\nSource: linux (6.1-2)\nVersion: 6.1-1\n"
    "Architecture: amd64\nMulti-Arch: same\nPriority: optional\nSection: kernel\nDepends: kmod,\n initramfs\n"
    "Pre-Depends: libc6\nRecommends: firmware\nSuggests: doc\nProvides: wireguard (= 1)\nConflicts: a\n"
    "Breaks: b\nReplaces: c\nEnhances: d\nFilename: pool/linux.deb\nSize: 19999999999\n"
    "Installed-Size: 400000\nSHA256: " +
    std::string(64, 'a') +
    "\n\n"
    "Package: sed\nVersion: 4.9\nArchitecture: all\nFilename: pool/sed.deb\nSize: 1\nSHA256: " +
    std::string(64, 'b') + "\nDescription: dropped\n";

std::vector<PackageRecord> read(std::string_view parsed) {
  std::vector<PackageRecord> records;
  read_parsed_index(parsed, 7, records);
  return records;
}

bool is_refused(std::string_view parsed) {
  try {
    read(parsed);
    return false;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kFailure;
  }
}

}  // namespace

TEST_CASE("every field of a record is kept") {
  const auto before = parse_packages(kText, "amd64", 7);
  const std::string parsed = write_parsed_index(before);
  const auto after = read(parsed);
  CHECK(count_records(parsed) == 2);
  REQUIRE(after.size() == 2);
  CHECK(after == before);
  CHECK(after[0].depends == "kmod,\n initramfs");
  CHECK(after[0].size == 19999999999);
  CHECK(after[0].essential);
  CHECK_FALSE(after[1].essential);
}

TEST_CASE("records are added to those of other indexes") {
  const std::string parsed = write_parsed_index(parse_packages(kText, "amd64", 0));
  std::vector<PackageRecord> records;
  read_parsed_index(parsed, 0, records);
  read_parsed_index(write_parsed_index({}), 1, records);
  read_parsed_index(parsed, 2, records);
  REQUIRE(records.size() == 4);
  CHECK(records[1].release == 0);
  CHECK(records[2].release == 2);
}

TEST_CASE("what is no parsed index is refused, without a look beyond its end") {
  const std::string parsed = write_parsed_index(parse_packages(kText, "amd64", 0));
  for (std::size_t length = 0; length < parsed.size(); ++length)
    CHECK(is_refused(std::string(parsed.data(), length)));
  CHECK(is_refused(parsed + "x"));
  CHECK(is_refused("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
  CHECK(is_refused(std::string(11, '\xff')));
  CHECK(is_refused(kText));
}
