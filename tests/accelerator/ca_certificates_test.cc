#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "accelerator_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

constexpr const char* kBundle = "/etc/ssl/certs/ca-certificates.crt";

/// In a process of its own, for it changes its working directory and prints. 77: left to the original.
int update(const RootFixture& fixture, const std::vector<std::string>& arguments = {}) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::freopen("/dev/null", "w", stdout) == nullptr || ::freopen("/dev/null", "w", stderr) == nullptr)
      ::_exit(99);
    ::_exit(update_ca_certificates(fixture.call(arguments)).value_or(77));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

void add_certificates(const RootFixture& fixture) {
  fixture.write("/usr/share/ca-certificates/mozilla/One.crt", "one\n");
  fixture.write("/usr/share/ca-certificates/mozilla/Zw\xc3\xb6lf=12.crt", "no newline");
  fixture.write("/usr/share/ca-certificates/unused.crt", "unused\n");
  fixture.write("/etc/ca-certificates.conf", "# comment\n\nmozilla/One.crt\nmozilla/Zw\xc3\xb6lf=12.crt\n");
  std::filesystem::create_directories(fixture.root() + "/etc/ssl/certs");
}

}  // namespace

TEST_CASE("each certificate gets a link, and all come into one file") {
  const RootFixture fixture;
  add_certificates(fixture);
  // They are links to the box's root, which the real one lacks: orphans, swept away before openssl looks.
  REQUIRE(update(fixture) == 0);
  CHECK(fixture.read(kBundle) == "one\nno newline\n");
  CHECK_FALSE(std::filesystem::exists(fixture.root() + kBundle + ".new"));
}

TEST_CASE("links that are there already stay") {
  const RootFixture fixture;
  add_certificates(fixture);
  fixture.write("/etc/ca-certificates.conf", "mozilla/One.crt\n");
  fixture.write("/etc/ssl/certs/One.pem", "a file in the link's place");
  REQUIRE(update(fixture, {"--hooksdir", ""}) == 0);
  CHECK(fixture.read(kBundle) == "one\n");
  CHECK_FALSE(std::filesystem::is_regular_file(fixture.root() + "/etc/ssl/certs/One.pem"));
}

TEST_CASE("anything but a first installation without hooks is left to the original") {
  const RootFixture fixture;
  add_certificates(fixture);
  SECTION("options") {
    CHECK(update(fixture, {"--fresh"}) == 77);
    CHECK(update(fixture, {"--hooksdir", "/other"}) == 77);
  }
  SECTION("hooks") {
    fixture.write("/etc/ca-certificates/update.d/jks-keystore", "#!/bin/sh\n");
    CHECK(update(fixture) == 77);
  }
  SECTION("a certificate that is deselected") {
    fixture.write("/etc/ca-certificates.conf", "mozilla/One.crt\n!unused.crt\n");
    CHECK(update(fixture) == 77);
  }
  SECTION("a certificate that is missing") {
    fixture.write("/etc/ca-certificates.conf", "mozilla/Two.crt\n");
    CHECK(update(fixture) == 77);
  }
  SECTION("a name that the shell would change") {
    fixture.write("/usr/share/ca-certificates/a (b).crt", "x\n");
    fixture.write("/etc/ca-certificates.conf", "a (b).crt\n");
    CHECK(update(fixture) == 77);
  }
  SECTION("local certificates") {
    fixture.write("/usr/local/share/ca-certificates/own.crt", "own\n");
    CHECK(update(fixture) == 77);
  }
  SECTION("no configuration") {
    std::filesystem::remove(fixture.root() + "/etc/ca-certificates.conf");
    CHECK(update(fixture) == 77);
  }
  CHECK_FALSE(std::filesystem::exists(fixture.root() + kBundle));
}
