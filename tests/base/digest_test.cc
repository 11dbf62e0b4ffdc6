#include "base/digest.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {
// FIPS 180-2, appendix B.1
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
}  // namespace

TEST_CASE("SHA-256 of known messages") {
  CHECK(Digest::of("abc").hex() == kAbc);
  CHECK(Digest::of("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a hasher takes its message in pieces and can be used again") {
  Hasher hasher;
  hasher.update("a");
  hasher.update("");
  hasher.update("bc");
  CHECK(hasher.finish().hex() == kAbc);
  hasher.update("abc");
  CHECK(hasher.finish().hex() == kAbc);
}

TEST_CASE("digests are read in the forms that indexes and OCI use, and in no other") {
  REQUIRE(Digest::parse(kAbc));
  CHECK(*Digest::parse(kAbc) == Digest::of("abc"));
  CHECK(Digest::parse(std::string("sha256:") + kAbc) == Digest::of("abc"));
  CHECK(Digest::of("abc").oci() == std::string("sha256:") + kAbc);
  std::string text = kAbc;
  CHECK_FALSE(Digest::parse(text.substr(1)));
  CHECK_FALSE(Digest::parse(text + "0"));
  CHECK_FALSE(Digest::parse("sha512:" + text));
  text[5] = 'g';
  CHECK_FALSE(Digest::parse(text));
}

TEST_CASE("a file is hashed from its start, wherever its position is") {
  TemporaryDirectory directory;
  write_file(directory.path() / "x", "abc", Durability::kCache);
  UniqueFd fd = open_file(directory.path() / "x", O_RDONLY);
  REQUIRE(::lseek(fd.get(), 2, SEEK_SET) == 2);
  CHECK(digest_of_fd(fd.get()).hex() == kAbc);
}
