#include "update/gc.h"

#include "image/image_fixture.h"
#include "image/index_document.h"
#include "pipeline/record.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct GcFixture : ImageFixture {
  ImageLayout layout{images, "web"};

  Layer add(const std::string& content) {
    Layer only = layer({{"x", '-', content}});
    Digest manifest = layout.add_image(spec({only}), store);
    VersionRecord record;
    record.locks.emplace_back();
    record.locks.back().name = "web";
    record.locks.back().architecture = "amd64";
    LockedPackage package;
    package.name = package.version = package.archive = package.suite = package.path = content;
    package.architecture = "amd64";
    package.source = package.source_version = content;
    package.sha256 = Digest::of("package " + content);
    record.locks.back().packages.push_back(package);
    write_record(layout, manifest, record);
    write_file(download(content), content, Durability::kCache);
    layout.add_version(manifest, "1.4", "test", Digest::of("lock"), true);
    return only;
  }
  std::filesystem::path download(const std::string& content) const {
    return store.path(Store::Area::kDownload, Digest::of("package " + content).hex());
  }
  /// As if version number `index` had been made that day.
  void date(std::size_t index, const std::string& date) {
    auto versions = layout.versions();
    versions[index].date = date;
    write_file(layout.directory() / "index.json", index_document("web", versions), Durability::kCache);
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const ImageVersion& version : layout.versions())
      names.push_back(version.version);
    return names;
  }
};

using Names = std::vector<std::string>;

GcPolicy keep(unsigned versions) {
  GcPolicy policy;
  policy.keep = versions;
  return policy;
}

TEST_CASE("without a policy no version goes") {
  GcFixture f;
  f.add("1");
  f.add("2");
  CHECK(collect_garbage(f.images, f.store, {}).versions.empty());
  CHECK(collect_garbage(f.images, f.store, {}).garbage.files() ==
        0);  // locks of the builds went the first time
  CHECK(f.left() == Names{"1.4.0", "1.4.1"});
}

TEST_CASE("old versions go with all that only they need") {
  GcFixture f;
  Layer old = f.add("1");
  Layer kept = f.add("2");
  GcPolicy policy = keep(1);
  policy.dry_run = true;
  GcResult dry = collect_garbage(f.images, f.store, policy);
  CHECK(f.left() == Names{"1.4.0", "1.4.1"});
  CHECK(std::filesystem::exists(f.download("1")));

  policy.dry_run = false;
  GcResult result = collect_garbage(f.images, f.store, policy);
  CHECK(result.garbage.files() == dry.garbage.files());
  CHECK(result.garbage.bytes() == dry.garbage.bytes());
  REQUIRE(result.versions.size() == 1);
  CHECK(result.versions[0].version == "1.4.0");
  CHECK(f.left() == Names{"1.4.1"});
  CHECK_FALSE(std::filesystem::exists(f.blob(old)));
  CHECK_FALSE(std::filesystem::exists(f.layout.blob_path(old.digest)));
  CHECK_FALSE(std::filesystem::exists(f.download("1")));
  CHECK(std::filesystem::exists(f.blob(kept)));
  CHECK(std::filesystem::exists(f.download("2")));
  f.layout.manifest(f.layout.find("latest").manifest);
}

TEST_CASE("a version stays while either rule wants it") {
  GcFixture f;
  f.add("1");
  f.add("2");
  f.add("3");
  f.date(0, "2020-01-01T00:00:00Z");
  f.date(2, "2020-01-01T00:00:00Z");
  GcPolicy policy = keep(1);
  policy.keep_within = std::chrono::hours(24);
  collect_garbage(f.images, f.store, policy);
  CHECK(f.left() == Names{"1.4.1", "1.4.2"});
}

TEST_CASE("the latest stays, however old") {
  GcFixture f;
  f.add("1");
  f.add("2");
  f.layout.make_latest("1.4.0");
  collect_garbage(f.images, f.store, keep(0));
  CHECK(f.left() == Names{"1.4.0"});
}

TEST_CASE("nothing is collected while somebody builds") {
  GcFixture f;
  f.add("1");
  Store building(f.store.root());
  CHECK_THROWS_AS(collect_garbage(f.images, f.store, {}), Error);
}

}  // namespace
}  // namespace bootstrap
