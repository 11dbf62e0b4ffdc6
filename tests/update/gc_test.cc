#include "update/gc.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "image/image_fixture.h"
#include "image/index_document.h"
#include "pipeline/record.h"
#include "store/users.h"
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

/// An image in a folder of its own that was built with the same store.
struct OtherFolderFixture : GcFixture {
  std::filesystem::path elsewhere = directory.path() / "elsewhere";
  Digest blob = Digest::of("blob of elsewhere");
  std::filesystem::path file = store.path(Store::Area::kBlob, blob.hex());

  OtherFolderFixture() {
    write_file(file, "x", Durability::kCache);
    const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), old, 0) == 0);
    std::filesystem::create_directories(elsewhere / "db");
    note_user(store, elsewhere, "db", {.packages = {}, .blobs = {blob}});
  }
  bool goes(const GcPolicy& policy = {}) const {
    collect_garbage(images, store, policy);
    return !std::filesystem::exists(file);
  }
};

TEST_CASE("what an image of another folder needs stays") {
  OtherFolderFixture f;
  CHECK_FALSE(f.goes());
  const GcResult result = collect_garbage(f.directory.path() / "nothing here", f.store, {});
  REQUIRE(result.others.size() == 1);
  CHECK(result.others.front().folder == f.elsewhere);
  CHECK_FALSE(result.others.front().missing);
  CHECK(std::filesystem::exists(f.file));
}

TEST_CASE("a folder that is not there may come back, unless it is forgotten") {
  OtherFolderFixture f;
  std::filesystem::remove_all(f.elsewhere);
  CHECK_FALSE(f.goes());
  GcPolicy policy;
  policy.dry_run = true;
  policy.forget = {f.elsewhere};
  CHECK_FALSE(f.goes(policy));
  CHECK(store_users(f.store).size() == 1);
  policy.dry_run = false;
  CHECK(f.goes(policy));
  CHECK(store_users(f.store).empty());
}

TEST_CASE("an image that was removed from its folder needs nothing") {
  OtherFolderFixture f;
  std::filesystem::remove_all(f.elsewhere / "db");
  CHECK(f.goes());
}

TEST_CASE("a folder that has been missing for long needs nothing") {
  OtherFolderFixture f;
  std::filesystem::remove_all(f.elsewhere);
  for (const auto& note : std::filesystem::directory_iterator(f.store.directory(Store::Area::kUser)))
    std::filesystem::last_write_time(
        note.path(), std::filesystem::file_time_type::clock::now() - kMissingCounts - std::chrono::hours(1));
  CHECK(f.goes());
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
