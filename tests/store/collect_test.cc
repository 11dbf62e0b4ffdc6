#include "store/collect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using Area = Store::Area;
constexpr std::chrono::hours kMonth{30 * 24};

struct CollectFixture {
  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  Digest needed = Digest::of("needed");
  Digest other = Digest::of("other");

  std::filesystem::path file(Area area, const std::string& name) {
    std::filesystem::path path = store.directory(area) / name;
    write_file(path, "x", Durability::kCache);
    return path;
  }
  Garbage collected(std::chrono::hours unused = kMonth) {
    Garbage garbage;
    collect(store, {.packages = {needed}, .blobs = {needed}},
            {.packages = {needed, other}, .blobs = {needed, other}}, unused, garbage);
    return garbage;
  }
};

TEST_CASE("what no image needs goes, what one needs stays") {
  CollectFixture f;
  std::vector<std::filesystem::path> kept, gone;
  for (Area area : {Area::kDownload, Area::kBlob}) {
    kept.push_back(f.file(area, f.needed.hex()));
    gone.push_back(f.file(area, f.other.hex()));
  }
  kept.push_back(f.file(Area::kSegment, f.needed.hex() + "-gzip-1"));
  kept.push_back(f.file(Area::kState, "any"));
  gone.push_back(f.file(Area::kSegment, f.other.hex() + "-gzip-1"));

  Garbage garbage = f.collected();
  for (const auto& path : gone)
    CHECK(std::filesystem::exists(path));  // nothing happens yet
  CHECK(garbage.files() == gone.size());
  garbage.remove();
  for (const auto& path : kept)
    CHECK(std::filesystem::exists(path));
  for (const auto& path : gone)
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("what nobody is known to need stays until it is old") {
  CollectFixture f;
  const Digest unknown = Digest::of("of a folder that nobody told about");
  std::vector<std::filesystem::path> files;
  for (Area area : {Area::kDownload, Area::kBlob, Area::kSegment})
    files.push_back(f.file(area, unknown.hex()));
  CHECK(f.collected().files() == 0);
  for (const auto& path : files) {
    const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  }
  CHECK(f.collected().files() == files.size());
}

TEST_CASE("leftovers of dead runs go") {
  CollectFixture f;
  f.file(Area::kDownload, f.needed.hex() + ".part");
  f.file(Area::kDownload, ".spool.a1B2c3");
  f.file(Area::kBlob, ".blob.a1B2c3");
  std::filesystem::create_directories(f.store.root() / "bootstrap-a1B2c3/deep/er");
  {
    auto lock = f.store.lock(Area::kState, "key");
  }
  Garbage garbage = f.collected();
  CHECK(garbage.files() == 5);
  garbage.remove();
  CHECK_FALSE(std::filesystem::exists(f.store.root() / "bootstrap-a1B2c3"));
  CHECK(f.collected().files() == 0);
}

TEST_CASE("caches that nothing names go when they were not used for long") {
  CollectFixture f;
  auto state = f.file(Area::kState, "key.tar");
  CHECK(f.collected().files() == 0);
  timespec old[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, state.c_str(), old, 0) == 0);
  CHECK(f.collected().files() == 1);
  old[0].tv_sec = ::time(nullptr);  // read a moment ago
  REQUIRE(::utimensat(AT_FDCWD, state.c_str(), old, 0) == 0);
  CHECK(f.collected().files() == 0);
}

TEST_CASE("a file frees its space only when all its names go") {
  TemporaryDirectory directory;
  auto a = directory.path() / "a", b = directory.path() / "b";
  write_file(a, std::string(5000, 'x'), Durability::kDurable);
  std::filesystem::create_hard_link(a, b);
  Garbage garbage;
  garbage.add(a);
  CHECK(garbage.bytes() == 0);
  garbage.add(b);
  garbage.add(b);
  CHECK(garbage.bytes() >= 5000);
  CHECK(garbage.files() == 2);
}

TEST_CASE("a store that somebody else has open cannot be claimed") {
  CollectFixture f;
  {
    Store other(f.store.root());
    CHECK_FALSE(other.claim());
  }
  Store alone(f.directory.path() / "alone");
  CHECK(alone.claim());
}

}  // namespace
}  // namespace bootstrap
