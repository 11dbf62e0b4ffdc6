#include "image/layer.h"

#include <sys/stat.h>

#include "base/process.h"
#include "image/image_fixture.h"
#include "image/layer_reader.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct LayerFixture : ImageFixture {
  SegmentStore segments{store};

  std::shared_ptr<const Segment> import(const DebBuilder& builder,
                                        Compression compression = Compression::kGzip) {
    std::string deb = builder.build();
    Digest digest = Digest::of(deb);
    write_file(store.path(Store::Area::kDownload, digest.hex()), deb, Durability::kCache);
    return std::make_shared<const Segment>(segments.import(digest, builder.file_name(), compression));
  }

  std::vector<std::string> paths(const Layer& layer) {
    UniqueFd blob_fd = open_file(blob(layer), O_RDONLY);
    LayerReader reader(blob_fd.get(), layer);
    std::vector<std::string> paths;
    while (auto entry = reader.next())
      paths.push_back(entry->path);
    return paths;
  }
};

ino_t inode(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

DebBuilder first() {
  return DebBuilder("first").file("usr/bin/one", "1").file("etc/shared/one", "1");
}
DebBuilder second() {
  return DebBuilder("second").file("usr/bin/two", "2").file("etc/shared/two", "2");
}

TEST_CASE("a package layer has every directory once, before all files") {
  LayerFixture f;
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = make_package_layer(
        f.store, f.segments, {f.import(first(), compression), f.import(second(), compression)}, compression);
    std::vector<std::string> paths = f.paths(layer);
    auto position = [&](const std::string& path) {
      INFO(path);
      CHECK(std::count(paths.begin(), paths.end(), path) == 1);
      return std::find(paths.begin(), paths.end(), path) - paths.begin();
    };
    CHECK(position(".") == 0);
    CHECK(position("usr/bin") < position("usr/bin/one"));
    CHECK(position("etc/shared") < position("usr/bin/one"));
    CHECK(position("usr/bin/one") < position("usr/bin/two"));
    CHECK(position("etc/shared/one") < position("etc/shared/two"));
  }
}

TEST_CASE("digests and sizes are those of the bytes") {
  LayerFixture f;
  Layer layer =
      make_package_layer(f.store, f.segments, {f.import(first()), f.import(second())}, Compression::kGzip);
  std::string blob = read_file(f.blob(layer));
  CHECK(layer.size == blob.size());
  CHECK(layer.digest == Digest::of(blob));
  // Another reader of gzip sees one member and the whole tar.
  ProcessResult gzip = run_process({"gzip", "-dc", f.blob(layer).string()});
  REQUIRE(gzip.exit_code == 0);
  CHECK(layer.diff_id == Digest::of(gzip.out));
  CHECK(layer.diff_size == gzip.out.size());
  CHECK(layer.created_by == "packages: first 1.0-1, second 1.0-1");
}

TEST_CASE("equal packages give equal blobs in every store") {
  LayerFixture one;
  LayerFixture other;
  Layer a = make_package_layer(one.store, one.segments, {one.import(first())}, Compression::kGzip);
  Layer b = make_package_layer(other.store, other.segments, {other.import(first())}, Compression::kGzip);
  CHECK(a.digest == b.digest);
}

TEST_CASE("a layer is made once, and again when its blob is gone or short") {
  LayerFixture f;
  std::vector<std::shared_ptr<const Segment>> packages{f.import(first()), f.import(second())};
  Layer layer = make_package_layer(f.store, f.segments, packages, Compression::kGzip);
  ino_t made = inode(f.blob(layer));
  Layer again = make_package_layer(f.store, f.segments, packages, Compression::kGzip);
  CHECK(inode(f.blob(layer)) == made);
  CHECK(to_json(again) == to_json(layer));

  write_file(f.blob(layer), "short", Durability::kCache);
  CHECK(make_package_layer(f.store, f.segments, packages, Compression::kGzip).digest == layer.digest);
  CHECK(Digest::of(read_file(f.blob(layer))) == layer.digest);
}

TEST_CASE("packages with the same file cannot share a layer") {
  LayerFixture f;
  std::vector<std::shared_ptr<const Segment>> packages{
      f.import(first()), f.import(DebBuilder("thief").file("usr/bin/one", "x"))};
  std::string message =
      message_of([&] { make_package_layer(f.store, f.segments, packages, Compression::kGzip); });
  CHECK(message == "both first and thief have the file /usr/bin/one; a layer may have it once");
}

TEST_CASE("a file cannot be where another package has a directory") {
  LayerFixture f;
  std::vector<std::shared_ptr<const Segment>> packages{f.import(first()),
                                                       f.import(DebBuilder("odd").file("etc/shared", "x"))};
  std::string message =
      message_of([&] { make_package_layer(f.store, f.segments, packages, Compression::kGzip); });
  CHECK(message == "/etc/shared of the package odd is a directory in another package of the same layer");
}

TEST_CASE("the history text of a large layer is cut at a whole package") {
  LayerFixture f;
  std::vector<std::shared_ptr<const Segment>> packages;
  for (int i = 0; i < 100; ++i)
    packages.push_back(f.import(DebBuilder("package-number-" + std::to_string(i), "1.2.3-4+deb12u5")));
  Layer layer = make_package_layer(f.store, f.segments, packages, Compression::kGzip);
  CHECK(layer.created_by.size() < 1100);
  INFO(layer.created_by);
  CHECK(layer.created_by.ends_with("package-number-27 1.2.3-4+deb12u5, and 72 more"));
}

TEST_CASE("the layer of a tar holds that tar") {
  ImageFixture f;
  std::string tar = tar_archive({{"etc/", 'd', "", 0755}, {"etc/hostname", '-', "box\n"}});
  std::filesystem::path path = f.directory.path() / "state.tar";
  write_file(path, tar, Durability::kCache);
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    Layer layer = make_tar_layer(f.store, path, compression, "state");
    CHECK(layer.diff_id == Digest::of(tar));
    CHECK(layer.diff_size == tar.size());
    CHECK(layer.compression == compression);
    CHECK(make_tar_layer(f.store, path, compression, "files").created_by == "files");
  }
}

TEST_CASE("a layer's JSON is read back, and nothing else") {
  ImageFixture f;
  Json json = to_json(f.layer({{"x", '-', "1"}}));
  CHECK(to_json(layer_from_json(json)) == json);
  for (const char* key : {"digest", "diff_id", "compression", "size"}) {
    Json broken = json;
    broken[key] = "nonsense";
    CHECK_THROWS_AS(layer_from_json(broken), Error);
    broken.erase(key);
    CHECK_THROWS_AS(layer_from_json(broken), Error);
  }
}

}  // namespace
}  // namespace bootstrap
