#include "base/error.h"

#include <cerrno>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("an error keeps its kind and hint while context is put in front") {
  try {
    try {
      throw Error(ErrorKind::kUntrusted, "the signature does not hold", "check the keys");
    } catch (Error& error) {
      error.prepend("InRelease");
      throw;
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUntrusted);
    CHECK(error.message() == "InRelease: the signature does not hold");
    CHECK(error.hint() == "check the keys");
    CHECK(std::string(error.what()) == error.message());
  }
}

TEST_CASE("exit codes are those of the manual") {
  CHECK(static_cast<int>(ErrorKind::kUsage) == 2);
  CHECK(static_cast<int>(ErrorKind::kUntrusted) == 3);
  CHECK(static_cast<int>(ErrorKind::kUnsolvable) == 4);
  CHECK(static_cast<int>(ErrorKind::kNetwork) == 5);
  CHECK(static_cast<int>(ErrorKind::kTestFailed) == 6);
  CHECK(static_cast<int>(ErrorKind::kSandbox) == 7);
}

TEST_CASE("check() turns errno into words") {
  errno = ENOSPC;
  try {
    check(-1, "write");
    FAIL("did not throw");
  } catch (const Error& error) {
    CHECK(error.message() == "write: No space left on device");
  }
  CHECK(check(3, "open") == 3);
}
