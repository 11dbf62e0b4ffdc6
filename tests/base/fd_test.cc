#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;
namespace fs = std::filesystem;

TEST_CASE("opening beneath a directory never leaves it and follows no link") {
  TemporaryDirectory directory;
  fs::create_directories(directory.path() / "root/etc");
  write_file(directory.path() / "secret", "host", Durability::kCache);
  write_file(directory.path() / "root/etc/passwd", "image", Durability::kCache);
  fs::create_symlink("/etc", directory.path() / "root/absolute");
  fs::create_symlink("..", directory.path() / "root/up");
  fs::create_symlink("etc", directory.path() / "root/inside");
  UniqueFd root = open_file(directory.path() / "root", O_RDONLY | O_DIRECTORY);

  UniqueFd passwd = open_beneath(root.get(), "etc/passwd", O_RDONLY);
  CHECK(read_all(passwd.get()) == "image");
  for (const char* path :
       {"../secret", "absolute/passwd", "up/secret", "inside/passwd", "/etc/passwd", "etc/../../secret"}) {
    INFO(path);
    CHECK_FALSE(try_open_beneath(root.get(), path, O_RDONLY));
    CHECK_THROWS_AS(open_beneath(root.get(), path, O_RDONLY), Error);
  }
}

TEST_CASE("reading stops at the limit") {
  TemporaryDirectory directory;
  write_file(directory.path() / "x", "0123456789", Durability::kCache);
  CHECK(read_file(directory.path() / "x", 10) == "0123456789");
  CHECK_THROWS_AS(read_file(directory.path() / "x", 9), Error);
}

TEST_CASE("a descriptor has one owner") {
  Pipe pipe = make_pipe();
  int raw = pipe.read.get();
  UniqueFd moved = std::move(pipe.read);
  CHECK_FALSE(pipe.read);
  CHECK(moved.get() == raw);
  moved.reset();
  CHECK(::fcntl(raw, F_GETFD) == -1);
}
