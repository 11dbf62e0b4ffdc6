#include "base/atomic_file.h"

#include <sys/stat.h>

#include <chrono>
#include <iterator>

#include "support/catch.h"

using namespace bootstrap;
namespace fs = std::filesystem;

namespace {
std::ptrdiff_t entries(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}
}  // namespace

TEST_CASE("a file appears whole on commit and not at all without it") {
  TemporaryDirectory directory;
  fs::path target = directory.path() / "lock.json";
  write_file(target, "old", Durability::kDurable);
  {
    AtomicFile file(target);
    write_all(file.fd(), "half of the ne");
    CHECK(read_file(target) == "old");
  }
  CHECK(read_file(target) == "old");
  CHECK(entries(directory.path()) == 1);
  write_file(target, "new", Durability::kCache);
  CHECK(read_file(target) == "new");
}

TEST_CASE("what a killed writer left is removed by the next one") {
  TemporaryDirectory directory;
  const fs::path target = directory.path() / "lock.json";
  for (const char* name :
       {".lock.json.AbCdEf", ".lock.json.fEdCbA", ".lock.json.orig", ".other.json.AbCdEf"}) {
    write_file(directory.path() / name, "half", Durability::kCache);
    fs::last_write_time(directory.path() / name, fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  write_file(directory.path() / ".lock.json.ghIjkl", "being written", Durability::kCache);
  write_file(target, "whole", Durability::kDurable);
  CHECK(entries(directory.path()) == 4);
  CHECK_FALSE(fs::exists(directory.path() / ".lock.json.AbCdEf"));
  CHECK_FALSE(fs::exists(directory.path() / ".lock.json.fEdCbA"));
  CHECK(fs::exists(directory.path() / ".lock.json.ghIjkl"));
}

TEST_CASE("the mode of a new file does not depend on the umask") {
  TemporaryDirectory directory;
  mode_t before = ::umask(0077);
  write_file(directory.path() / "x", "", Durability::kCache);
  ::umask(before);
  struct stat status{};
  REQUIRE(::stat((directory.path() / "x").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0644);
}

TEST_CASE("a temporary directory takes what it holds with it") {
  fs::path path;
  {
    TemporaryDirectory directory;
    path = directory.path();
    fs::create_directories(path / "a/b");
    write_file(path / "a/b/c", "x", Durability::kCache);
  }
  CHECK_FALSE(fs::exists(path));
}
