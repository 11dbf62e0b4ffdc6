#include "package/segment_metadata.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

Segment sample() {
  Segment segment;
  segment.key = "key";
  segment.package = Digest::of("package");
  segment.compression = Compression::kZstd;
  segment.name = "name";
  segment.version = "1:2";
  segment.architecture = "amd64";
  segment.multi_arch_same = true;
  segment.info_name = "name:amd64";
  segment.control.files["postinst"] = {"#!/bin/sh\n", 0755, -5};
  Entry entry;
  entry.path = std::string("odd \xff\0name", 10);
  entry.mode = 07777;
  entry.uid = UINT32_MAX - 1;
  entry.size = UINT64_MAX;
  entry.mtime = INT64_MIN;
  entry.xattrs["security.capability"] = std::string("\0\x01", 2);
  entry.digest = Digest::of("content");
  segment.entries = {{entry, 1ULL << 40}};
  Entry link;
  link.path = "link";
  link.type = EntryType::kSymlink;
  link.link_target = "target";
  link.mtime = INT64_MAX;
  segment.entries.push_back({link, 0});
  entry.type = EntryType::kDirectory;
  entry.digest = {};
  segment.directories = {entry};
  segment.conffiles = {"etc/a", "etc/b"};
  segment.fragment = {1, 2, 3, {4, 5}};
  segment.data = Digest::of("data");
  segment.newest_mtime = 1'700'000'000;
  return segment;
}

TEST_CASE("a segment's metadata come back as they were") {
  Segment segment = sample();
  auto back = deserialise(serialise(segment));
  REQUIRE(back.has_value());
  CHECK(back->key == segment.key);
  CHECK(back->package == segment.package);
  CHECK(back->compression == segment.compression);
  CHECK(back->name == segment.name);
  CHECK(back->version == segment.version);
  CHECK(back->architecture == segment.architecture);
  CHECK(back->multi_arch_same);
  CHECK(back->info_name == segment.info_name);
  CHECK(back->control.files.at("postinst").content == "#!/bin/sh\n");
  CHECK(back->control.files.at("postinst").mode == 0755);
  CHECK(back->control.files.at("postinst").mtime == -5);
  REQUIRE(back->entries.size() == 2);
  CHECK(back->entries[0].entry == segment.entries[0].entry);
  CHECK(back->entries[0].offset == 1ULL << 40);
  CHECK(back->entries[1].entry == segment.entries[1].entry);
  CHECK(back->directories == segment.directories);
  CHECK(back->conffiles == segment.conffiles);
  CHECK(back->fragment.size == 1);
  CHECK(back->fragment.compressed_size == 2);
  CHECK(back->fragment.crc32 == 3);
  CHECK(back->fragment.blocks == segment.fragment.blocks);
  CHECK(back->data == segment.data);
  CHECK(back->newest_mtime == segment.newest_mtime);
}

TEST_CASE("bytes that are no metadata are recognised") {
  std::string good = serialise(sample());
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(deserialise(good.substr(0, size)).has_value());
  CHECK_FALSE(deserialise(good + "x").has_value());
  // Lengths that promise more than there is must not be believed.
  CHECK_FALSE(deserialise(std::string(100, '\xff')).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x80;
    deserialise(bad);  // anything but a crash
  }
}

}  // namespace
}  // namespace bootstrap
