#include "image/layer_reader.h"

#include "image/image_fixture.h"
#include "package/tar_writer.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

/// Reads all of a layer; returns its entries with their contents as link_target, for lack of another place.
std::vector<std::pair<Entry, std::string>> read(const std::filesystem::path& blob, const Layer& layer) {
  UniqueFd fd = open_file(blob, O_RDONLY);
  LayerReader reader(fd.get(), layer);
  std::vector<std::pair<Entry, std::string>> entries;
  while (auto entry = reader.next()) {
    std::string content;
    for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read())
      content += piece;
    entries.emplace_back(std::move(*entry), std::move(content));
  }
  return entries;
}

/// A blob as it is, described as a layer that it claims to be.
Layer layer_of(const std::string& blob, Compression compression) {
  Layer layer;
  layer.compression = compression;
  layer.digest = Digest::of(blob);
  layer.size = blob.size();
  return layer;
}

TEST_CASE("entries come back as they were written") {
  ImageFixture f;
  TarItem program{"usr/bin/ping", '-', "elf", 04755};
  program.uid = 1000;
  program.gid = 3'000'000;
  program.xattrs = {{"security.capability", std::string("\1\0\0\2", 4)}};
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = f.layer({{"usr/bin/", 'd', "", 0755},
                           program,
                           {.path = "usr/bin/ping6", .type = 'h', .link_target = "usr/bin/ping"},
                           {.path = "bin", .type = 'l', .link_target = "usr/bin"}},
                          compression);
    auto entries = read(f.blob(layer), layer);
    REQUIRE(entries.size() == 4);
    CHECK(entries[0].first.path == "usr/bin");
    CHECK(entries[0].first.type == EntryType::kDirectory);
    CHECK(entries[1].first.mode == 04755);
    CHECK(entries[1].first.uid == 1000);
    CHECK(entries[1].first.gid == 3'000'000);
    CHECK(entries[1].first.xattrs == program.xattrs);
    CHECK(entries[1].second == "elf");
    CHECK(entries[2].first.type == EntryType::kHardlink);
    CHECK(entries[2].first.link_target == "usr/bin/ping");
    CHECK(entries[3].first.link_target == "usr/bin");
  }
}

TEST_CASE("long names in UTF-8 are read in every locale") {
  ImageFixture f;
  Entry entry;
  entry.path = "usr/share/" + std::string(150, 'x') + "/F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny.crt";
  entry.mode = 0644;
  std::filesystem::path tar = f.directory.path() / "layer.tar";
  write_file(tar, tar_header(entry) + tar_end(), Durability::kCache);
  Layer layer = make_tar_layer(f.store, tar, Compression::kGzip, "test");
  auto entries = read(f.blob(layer), layer);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].first.path == entry.path);
}

TEST_CASE("a layer that is not what its digest says is refused") {
  ImageFixture f;
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = f.layer({{"x", '-', std::string(100000, 'x')}}, compression);
    Layer other = f.layer({{"y", '-', std::string(100000, 'y')}}, compression);
    Layer lie = layer;
    lie.digest = other.digest;
    CHECK(message_of([&] { read(f.blob(layer), lie); }) ==
          "layer " + other.digest.oci() + ": it is not what its digest says");
    Layer short_one = layer;
    short_one.size -= 1;
    CHECK(message_of([&] { read(f.blob(layer), short_one); }).ends_with("its size is wrong"));
  }
}

TEST_CASE("a layer that is not what its diff ID says is refused") {
  ImageFixture f;
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = f.layer({{"x", '-', std::string(100000, 'x')}}, compression);
    const Layer other = f.layer({{"y", '-', "y"}}, compression);
    CHECK(message_of([&] { read(f.blob(layer), layer); }).empty());
    for (const Digest& claimed : {other.diff_id, layer.digest, Digest{}}) {
      Layer lie = layer;
      lie.diff_id = claimed;
      CHECK(message_of([&] { read(f.blob(layer), lie); })
                .ends_with("decompressed it is " + layer.diff_id.oci() +
                           ", which is not the diff ID that its config names"));
    }
  }
}

TEST_CASE("nothing may follow the compressed data") {
  ImageFixture f;
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = f.layer({{"x", '-', "1"}}, compression);
    std::string blob = read_file(f.blob(layer)) + "trailing bytes";
    std::filesystem::path path = f.directory.path() / "blob";
    write_file(path, blob, Durability::kCache);
    CHECK_THROWS_AS(read(path, layer_of(blob, compression)), Error);
  }
}

TEST_CASE("a path that leaves the root is refused") {
  ImageFixture f;
  for (const char* path : {"../etc/passwd", "usr/../../etc/passwd", "/etc/../../x"}) {
    INFO(path);
    Layer layer = f.layer({{path, '-', "1"}});
    CHECK_THROWS_AS(read(f.blob(layer), layer), Error);
  }
  Layer link = f.layer({{.path = "x", .type = 'h', .link_target = "../../etc/shadow"}});
  CHECK_THROWS_AS(read(f.blob(link), link), Error);
}

TEST_CASE("a gzip trailer that promises gigabytes costs nothing") {
  ImageFixture f;
  Layer layer = f.layer({{"x", '-', "1"}});
  std::string blob = read_file(f.blob(layer));
  blob.replace(blob.size() - 4, 4, std::string("\xff\xff\xff\x0f", 4));
  std::filesystem::path path = f.directory.path() / "blob";
  write_file(path, blob, Durability::kCache);
  CHECK_THROWS_AS(read(path, layer_of(blob, Compression::kGzip)), Error);
}

}  // namespace
}  // namespace bootstrap
