#include "lock/lockfile.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "lock/sample_lock.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("a lock lies beside its recipe, one for each architecture") {
  CHECK(lock_path("recipes/web.yml") == "recipes/web.lock.json");
  CHECK(lock_path("recipes/web.v2.yaml") == "recipes/web.v2.lock.json");
  CHECK(lock_path("recipes/web.yml", "arm64") == "recipes/web.arm64.lock.json");
}

TEST_CASE("a lock survives being written and read") {
  Lockfile lock = sample_lock();
  lock.parent = LockedParent{"base", Digest::of("base")};
  CHECK(parse_lock(to_text(lock), "web.lock.json") == lock);

  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "web.lock.json";
  CHECK(read_lock(file) == std::nullopt);
  write_lock(file, lock);
  CHECK(read_lock(file) == lock);
  CHECK(read_file(file) == to_text(lock));
}

TEST_CASE("the text of a lock is exactly this") {
  Lockfile lock = sample_lock();
  lock.packages.resize(1);
  CHECK(to_text(lock) == R"({
  "architecture": "amd64",
  "format": 1,
  "name": "web",
  "packages": [
    {
      "architecture": "amd64",
      "archive": "debian",
      "layer": 0,
      "name": "libc6",
      "path": "pool/main/g/glibc/libc6_2.36-9_amd64.deb",
      "security": false,
      "sha256": ")" + Digest::of("libc6").hex() +
                             R"(",
      "size": 2000,
      "source": "glibc",
      "source_version": "2.36-9",
      "stage": 0,
      "suite": "bookworm",
      "version": "2.36-9"
    }
  ],
  "recipe": ")" + Digest::of("recipe").oci() +
                             R"(",
  "repositories": [
    {
      "archive": "debian",
      "components": [
        "main"
      ],
      "date": "2026-07-11T10:16:37Z",
      "inrelease": ")" + Digest::of("InRelease").oci() +
                             R"(",
      "security": false,
      "signed_by": "B8E5F13176D2A7A75220028078DBA3BC47EF2265",
      "suite": "bookworm"
    }
  ]
}
)");
}

TEST_CASE("a checkout with CRLF line ends has the same digest") {
  Lockfile lock = sample_lock();
  std::string text = to_text(lock);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  CHECK(lock_digest(parse_lock(text, "web.lock.json")) == lock_digest(lock));
}

TEST_CASE("comparing locks names what was added, removed, moved and silently replaced") {
  Lockfile before = sample_lock();
  Lockfile after = before;
  CHECK(compare(before, after).empty());

  after.packages[0].version = "2.36-10";           // libc6
  after.packages[1].sha256 = Digest::of("other");  // libssl3, same version
  after.packages[2].name = "nginx-light";          // instead of nginx
  after.packages[0].layer = 1;

  std::vector<LockChange> changes = compare(before, after);
  REQUIRE(changes.size() == 4);
  CHECK(changes[0].name == "libc6");
  CHECK(changes[0].from == "2.36-9");
  CHECK(changes[0].to == "2.36-10");
  CHECK(changes[1].name == "libssl3");
  CHECK(changes[1].from == changes[1].to);
  CHECK(changes[2].name == "nginx");
  CHECK(changes[2].to.empty());
  CHECK(changes[3].name == "nginx-light");
  CHECK(changes[3].from.empty());
}

TEST_CASE("a package that only moved to another layer did not change") {
  Lockfile before = sample_lock();
  Lockfile after = before;
  after.packages[0].layer = 1;
  CHECK(compare(before, after).empty());
}

}  // namespace
}  // namespace bootstrap
