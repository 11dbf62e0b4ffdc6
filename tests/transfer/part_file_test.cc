#include "transfer/part_file.h"

#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {

TEST_CASE("a part file goes on where the last one stopped") {
  TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "x.part";
  PartFile::open(path)->append("hello ");
  auto part = PartFile::open(path);
  REQUIRE(part);
  CHECK(part->size() == 6);
  part->append("world");
  CHECK(part->finish() == Digest::of("hello world"));
  part->commit(directory.path() / "x");
  CHECK(read_file(directory.path() / "x") == "hello world");
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a part file that starts over forgets what it had") {
  TemporaryDirectory directory;
  auto part = PartFile::open(directory.path() / "x.part");
  part->append("nonsense, and long");
  part->restart();
  CHECK(part->size() == 0);
  part->append("hello");
  CHECK(part->finish() == Digest::of("hello"));
  part->commit(directory.path() / "x");
  CHECK(read_file(directory.path() / "x") == "hello");
}

TEST_CASE("an empty part file leaves nothing behind") {
  TemporaryDirectory directory;
  PartFile::open(directory.path() / "x.part");
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("one holder at a time") {
  TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "x.part";
  auto first = PartFile::open(path);
  first->append("x");
  CHECK_FALSE(PartFile::open(path));
  first->commit(directory.path() / "x");
  // The name is free again, and what is opened now is a new file.
  auto second = PartFile::open(path);
  REQUIRE(second);
  CHECK(second->size() == 0);
}

TEST_CASE("part files are readable whatever the umask, and never reached through a link") {
  TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "x.part";
  const mode_t before = ::umask(0077);
  auto part = PartFile::open(path);
  ::umask(before);
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);

  std::filesystem::create_symlink(directory.path() / "elsewhere", directory.path() / "y.part");
  CHECK_THROWS_AS(PartFile::open(directory.path() / "y.part"), Error);
}

}  // namespace bootstrap
