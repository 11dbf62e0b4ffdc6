#include "store/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using Area = Store::Area;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// Sets an environment variable, or removes it, until the end of the scope.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name))
      old_ = old;
    set(value);
  }
  ~ScopedEnvironment() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char* value) {
    if (value != nullptr)
      ::setenv(name_, value, 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

TEST_CASE("a store can be read by everybody whatever the umask") {
  TemporaryDirectory directory;
  mode_t before = ::umask(0077);
  Store store(directory.path() / "deep" / "store");
  store.put(Area::kReport, "report", "x");
  ::umask(before);

  CHECK(mode_of(store.root()) == 0755);
  CHECK(mode_of(store.root() / "segments") == 0755);
  CHECK(mode_of(store.path(Area::kReport, "report")) == 0644);
  CHECK(std::filesystem::exists(store.root() / "CACHEDIR.TAG"));
}

TEST_CASE("opening a store mends directories which an interrupted run left closed") {
  TemporaryDirectory directory;
  Store first(directory.path() / "store");
  std::filesystem::permissions(first.root() / "blobs", std::filesystem::perms::owner_all);
  Store second(directory.path() / "store");
  CHECK(mode_of(second.root() / "blobs") == 0755);
}

TEST_CASE("a store is named by BOOTSTRAP_STORE, else the XDG cache folder, else the home folder") {
  ScopedEnvironment store("BOOTSTRAP_STORE", nullptr);
  ScopedEnvironment home("HOME", "/home/u");
  ScopedEnvironment relative_cache("XDG_CACHE_HOME", "relative");
  CHECK(Store::default_root() == "/home/u/.cache/bootstrap");
  {
    ScopedEnvironment cache("XDG_CACHE_HOME", "/cache");
    CHECK(Store::default_root() == "/cache/bootstrap");
    ScopedEnvironment named("BOOTSTRAP_STORE", "/named");
    CHECK(Store::default_root() == "/named");
  }
  ScopedEnvironment no_home("HOME", nullptr);
  try {
    Store::default_root();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("the name of an object cannot lead out of its folder") {
  TemporaryDirectory directory;
  Store store(directory.path());
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../a", "a b", "a\n", "\xc3\xa4"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(store.path(Area::kBlob, name), Error);
  }
  CHECK_THROWS_AS(store.path(Area::kBlob, std::string(201, 'a')), Error);
  CHECK(store.path(Area::kBlob, "a.b_c+d:e~f-0") == directory.path() / "blobs" / "a.b_c+d:e~f-0");
}

TEST_CASE("a derived object comes back as it was put") {
  TemporaryDirectory directory;
  Store store(directory.path());
  std::string content("line\n\0binary", 12);
  CHECK_FALSE(store.get(Area::kLayer, "key").has_value());
  store.put(Area::kLayer, "key", content);
  CHECK(store.get(Area::kLayer, "key") == content);
  store.put(Area::kLayer, "key", "");
  CHECK(store.get(Area::kLayer, "key") == "");

  UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  CHECK(Store::get_beneath(root.get(), Area::kLayer, "key") == "");
  CHECK_FALSE(Store::get_beneath(root.get(), Area::kLayer, "other").has_value());
}

TEST_CASE("a damaged derived object is as good as missing, and removed") {
  TemporaryDirectory directory;
  Store store(directory.path());
  store.put(Area::kState, "key", "content");
  std::filesystem::path file = store.path(Area::kState, "key");
  std::string whole = read_file(file);

  SECTION("changed") {
    std::string changed = whole;
    changed.back() ^= 1;
    write_file(file, changed, Durability::kCache);
  }
  SECTION("cut in its checksum") {
    write_file(file, whole.substr(0, 20), Durability::kCache);
  }
  SECTION("cut in its content") {
    write_file(file, whole.substr(0, whole.size() - 1), Durability::kCache);
  }
  SECTION("empty") {
    write_file(file, "", Durability::kCache);
  }
  SECTION("a pipe") {
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }

  UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  CHECK_FALSE(Store::get_beneath(root.get(), Area::kState, "key").has_value());
  CHECK_FALSE(store.get(Area::kState, "key").has_value());
  CHECK_FALSE(store.contains(Area::kState, "key"));
}

TEST_CASE("a lock is held by one at a time") {
  TemporaryDirectory directory;
  Store store(directory.path());
  std::atomic<int> holders = 0;
  std::atomic<bool> overlapped = false;
  auto work = [&] {
    for (int i = 0; i < 200; ++i) {
      Store::Lock lock = store.lock(Area::kSegment, "object");
      if (++holders != 1)
        overlapped = true;
      --holders;
      // Whoever collects garbage removes the files of locks that it holds. Those who wait must not be let in
      // by one which nobody else can see any more.
      if (i % 10 == 0)
        std::filesystem::remove(store.root() / "locks" / "segments-object");
    }
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  CHECK_FALSE(overlapped);
}

}  // namespace
}  // namespace bootstrap
