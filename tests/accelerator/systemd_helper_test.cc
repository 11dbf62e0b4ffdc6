#include "accelerator_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

constexpr const char* kOriginal = "/usr/bin/deb-systemd-helper";
using Arguments = std::vector<std::string>;

/// The original's exit status for this root.
int run_original(const RootFixture& fixture, const Arguments& arguments) {
  const Variable root("DPKG_ROOT", fixture.root());
  Arguments argv{kOriginal};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_process(argv).exit_code;
}

void add_units(const RootFixture& fixture) {
  fixture.write("/lib/systemd/system/web.service",
                "[Unit]\nDescription=WantedBy=nobody\n# Alias=comment\n[Install]\n"
                "WantedBy=multi-user.target graphical.target \nRequiredBy=web.target\n"
                "Also=web.socket web.service\nAlias=httpd.service\n");
  fixture.write("/usr/lib/systemd/system/web.socket",
                "[Install]\nWantedBy=sockets.target\nAlso=web.service\n");
  fixture.write("/lib/systemd/system/plain.service", "[Service]\nExecStart=/bin/true\n");
  fixture.write("/usr/lib/systemd/user/mine.service", "[Install]\nWantedBy=default.target\n");
  fixture.write("/etc/systemd/system/quoted.service", "[Install]\nWantedBy=\"multi-user.target\"\n");
  fixture.write("/etc/systemd/system/lower.service", "[Install]\nwantedby=multi-user.target\n");
  fixture.write("/etc/systemd/system/aliases.service", "[Install]\nAlias=a.service b.service\n");
  fixture.write("/etc/systemd/system/tty@.service",
                "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n");
}

}  // namespace

TEST_CASE("units become what the original makes of them, step by step") {
  const Variable package("DPKG_MAINTSCRIPT_PACKAGE", "p");
  const RootFixture mine;
  const RootFixture theirs;
  add_units(mine);
  add_units(theirs);
  // As debhelper's snippets call it; enabling twice changes nothing.
  const std::vector<Arguments> calls = {
      {"unmask", "web.service"},
      {"--quiet", "debian-installed", "web.service"},
      {"--quiet", "was-enabled", "web.service"},
      {"enable", "web.service"},
      {"enable", "web.service"},
      {"update-state", "web.service"},
      {"--quiet", "was-enabled", "web.service"},
      {"debian-installed", "web.service"},
      {"enable", "web.socket"},
      {"update-state", "plain.service"},
      {"enable", "plain.service"},
      {"--user", "unmask", "mine.service"},
      {"--user", "enable", "mine.service"},
      {"--user", "update-state", "mine.service"},
  };
  for (const Arguments& arguments : calls) {
    CAPTURE(arguments);
    const auto status = systemd_helper(mine.call(arguments));
    REQUIRE(status.has_value());
    CHECK(*status == run_original(theirs, arguments));
    CHECK(mine.listing() == theirs.listing());
  }
  CHECK(mine.listing().at("/etc/systemd/system/multi-user.target.wants/web.service") ==
        "l /lib/systemd/system/web.service");
}

TEST_CASE("a link that the administrator removed is found missing") {
  const Variable package("DPKG_MAINTSCRIPT_PACKAGE", "p");
  const RootFixture fixture;
  add_units(fixture);
  REQUIRE(systemd_helper(fixture.call({"enable", "web.socket"})) == 0);
  std::filesystem::remove(fixture.root() + "/etc/systemd/system/sockets.target.wants/web.socket");
  CHECK(systemd_helper(fixture.call({"--quiet", "was-enabled", "web.socket"})) == 1);
}

TEST_CASE("what the original reads in a way of its own is left to it, and nothing is touched") {
  const Variable package("DPKG_MAINTSCRIPT_PACKAGE", "p");
  const RootFixture fixture;
  add_units(fixture);
  const auto before = fixture.listing();
  for (const char* unit :
       {"quoted.service", "lower.service", "aliases.service", "tty@.service", "missing.service"})
    CHECK_FALSE(systemd_helper(fixture.call({"enable", unit})));
  CHECK_FALSE(systemd_helper(fixture.call({"enable", "web.service", "web.socket"})));
  CHECK_FALSE(systemd_helper(fixture.call({"disable", "web.service"})));
  CHECK_FALSE(systemd_helper(fixture.call({"--root=/x", "enable", "web.service"})));
  CHECK_FALSE(systemd_helper(fixture.call({})));
  CHECK(fixture.listing() == before);

  std::filesystem::create_symlink("/dev/null", fixture.root() + "/etc/systemd/system/web.service");
  CHECK_FALSE(systemd_helper(fixture.call({"unmask", "web.service"})));
  SECTION("with systemctl, systemd decides") {
    fixture.write("/usr/bin/systemctl", "");
    std::filesystem::permissions(fixture.root() + "/usr/bin/systemctl", std::filesystem::perms::all);
    CHECK_FALSE(systemd_helper(fixture.call({"enable", "plain.service"})));
  }
}
