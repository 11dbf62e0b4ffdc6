#include "recipe/syntax.h"

#include <string>

#include "recipe/mirror_url.h"
#include "support/catch.h"

using namespace bootstrap;
using namespace std::chrono_literals;

TEST_CASE("names of recipes are safe as folders and image names") {
  for (const char* name : {"web", "a", "0", "my-app", "a.b_c-1"})
    CHECK(is_recipe_name(name));
  for (const char* name :
       {"", "Web", "-a", ".a", "..", "a/b", "a b", "a:b", "a\n", "$(id)", "a'b", "ä", "a..b", "a-"})
    CHECK(!is_recipe_name(name));
  CHECK(is_recipe_name(std::string(128, 'a')));
  CHECK(!is_recipe_name(std::string(129, 'a')));
}

TEST_CASE("versions are one to three numbers") {
  for (const char* version : {"1", "1.4", "1.10", "2026.11.21", "0.0.1"})
    CHECK(is_recipe_version(version));
  for (const char* version :
       {"", "1.", ".1", "1..2", "1.2.3.4", "v1", "1.04", "-1", "1.x", "99999999999", "1 "})
    CHECK(!is_recipe_version(version));
}

TEST_CASE("archives, suites and components never lead elsewhere") {
  CHECK(is_archive_name("debian-security"));
  for (const char* name : {"", "Debian", "a/b", "a.b", "-a", "a-", "a--b", "a_b"})
    CHECK(!is_archive_name(name));
  for (const char* name : {"bookworm", "bookworm-updates", "stable/updates", "non-free-firmware", "jammy"})
    CHECK(is_suite_or_component(name));
  for (const char* name : {"", "..", "../x", "a/../b", "/a", "a/", "a//b", "./", "a b", "a\n", "a%2e"})
    CHECK(!is_suite_or_component(name));
}

TEST_CASE("package names follow Debian policy") {
  for (const char* name : {"nginx", "libstdc++6", "g++", "0ad", "python3.11", "a1"})
    CHECK(is_package_name(name));
  for (const char* name :
       {"", "a", "Nginx", "-nginx", "a/b", "nginx=1.2", "nginx:i386", "a b", "a_b", "nginx*", "a\n", "é1"})
    CHECK(!is_package_name(name));
  CHECK(is_package_glob("*"));
  CHECK(is_package_glob("nginx*"));
  CHECK(!is_package_glob("nginx;"));
  CHECK(is_version_glob("1:1.22.*-9+deb12u?~"));
  CHECK(!is_version_glob("1 2"));
}

TEST_CASE("users are names or numbers") {
  CHECK(is_user_name("_apt"));
  CHECK(is_user_name("www-data"));
  for (const char* name : {"", "1a", "-a", "A", "a:b", "a\n", "a b"})
    CHECK(!is_user_name(name));
  CHECK(!is_user_name(std::string(33, 'a')));
  for (const char* owner : {"root", "root:root", "0", "10001:10001", "app:33"})
    CHECK(is_user_and_group(owner));
  for (const char* owner : {"", ":", "root:", ":root", "a:b:c", "65536", "99999999999", "-1", "007"})
    CHECK(!is_user_and_group(owner));
}

TEST_CASE("environment variables and signals") {
  CHECK(is_environment_name("_PATH1"));
  for (const char* name : {"", "1A", "A-B", "A=B", "A B", "Ä"})
    CHECK(!is_environment_name(name));
  for (const char* name : {"SIGQUIT", "SIGTERM", "SIGWINCH", "SIGRTMIN+3"})
    CHECK(is_signal_name(name));
  for (const char* name :
       {"", "SIG", "QUIT", "SIGFOO", "sigquit", "3", "SIGRTMIN+31", "SIGRTMIN+0", "SIGRTMIN+"})
    CHECK(!is_signal_name(name));
}

TEST_CASE("absolute paths have no way up") {
  for (const char* path : {"/", "/usr/share/doc/*", "/a/..b", "/srv/", "/a b/$(c)'\""})
    CHECK(is_absolute_path(path));
  for (const char* path : {"", "usr", "./a", "/..", "/a/../b", "/a/.", "//a", "/a//b", "/a\n"})
    CHECK(!is_absolute_path(path));
}

TEST_CASE("debconf selections have owner, question and type") {
  CHECK(is_debconf_selection("tzdata tzdata/Areas select Etc"));
  CHECK(is_debconf_selection("a a/b string"));
  for (const char* line : {"", "tzdata", "tzdata tzdata/Areas", "a a/b selct x", "# a a/b string x",
                           "a a/b string\nb b/c string x"})
    CHECK(!is_debconf_selection(line));
}

TEST_CASE("tests ask the image's own services only") {
  for (const char* url : {"http://127.0.0.1:80/", "http://localhost:8080", "http://127.0.0.1:1/a?b=c"})
    CHECK(is_loopback_url(url));
  for (const char* url :
       {"http://127.0.0.1/", "https://127.0.0.1:443/", "http://127.0.0.2:80/", "http://mirror.example:80/",
        "http://127.0.0.1:80@mirror.example/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
        "http://127.0.0.1:80/a b", "http://127.0.0.1:80/\r\nX: y", "http://127.0.0.1:80?x", ""})
    CHECK(!is_loopback_url(url));
}

TEST_CASE("durations have a unit") {
  CHECK(parse_duration("60s") == 60s);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2m") == 2min);
  CHECK(parse_duration("24h") == 24h);
  for (const char* text :
       {"", "60", "s", "0s", "-1s", "1.5s", "1 s", "1d", "25h", "86401s", "060s", "99999999999s", "1S"})
    CHECK(!parse_duration(text));
}

TEST_CASE("the times of snapshots") {
  const auto time = parse_snapshot("20261101T123005Z");
  REQUIRE(time);
  CHECK(time->time_since_epoch() == std::chrono::seconds(1793536205));
  CHECK(snapshot_name(*time) == "20261101T123005Z");
  CHECK(snapshot_name(*parse_snapshot("20240229T000000Z")) == "20240229T000000Z");
  for (const char* text : {"", "20261101", "20261101T123005", "20261101T123005z", "2026-11-01T12:30:05Z",
                           "20260229T000000Z", "20261301T000000Z", "20261101T240000Z", "20261101T126000Z",
                           "20261101T123060Z", "20261101T12300aZ", "20261101T123005Z "})
    CHECK(!parse_snapshot(text));
}

TEST_CASE("ages have a unit") {
  CHECK(parse_age("12h") == 12h);
  CHECK(parse_age("0d") == 0h);
  CHECK(parse_age("7d") == 168h);
  CHECK(parse_age("2w") == 336h);
  for (const char* text : {"", "7", "d", "-1d", "7D", "1.5d", "7 d", "10001d"})
    CHECK(!parse_age(text));
}

TEST_CASE("sizes have a unit") {
  CHECK(parse_size("512M") == 512ULL << 20);
  CHECK(parse_size("1G") == 1ULL << 30);
  CHECK(parse_size("64K") == 65536U);
  for (const char* text :
       {"", "512", "M", "0M", "-1M", "1.5G", "512MB", "1m", "9999999999T", "18446744073709551616K"})
    CHECK(!parse_size(text));
}

TEST_CASE("modes are octal and ports have a protocol") {
  CHECK(parse_mode("0644") == 0644U);
  CHECK(parse_mode("755") == 0755U);
  CHECK(parse_mode("4755") == 04755U);
  for (const char* text : {"", "64", "0888", "00644", "0o644", "u+x", "-644"})
    CHECK(!parse_mode(text));
  CHECK(parse_port("80") == "80/tcp");
  CHECK(parse_port("53/udp") == "53/udp");
  for (const char* text : {"", "0", "65536", "80/http", "80/", "/tcp", "8080:80", "http", "080"})
    CHECK(!parse_port(text));
}

TEST_CASE("mirrors are http, https or file") {
  CHECK(mirror_url("https://mirror.example/debian/") == "https://mirror.example/debian");
  CHECK(mirror_url("HTTP://mirror.example/debian") == "http://mirror.example/debian");
  CHECK(mirror_url("http://[::1]:8080/debian") == "http://[::1]:8080/debian");
  CHECK(mirror_url("file:///srv/debian//") == "file:///srv/debian");
  CHECK(mirror_url("file:/srv/debian") == "file:///srv/debian");
  for (const char* url :
       {"", "/srv/debian", "ftp://mirror.example/debian", "http:///debian", "http://", "file://host/x",
        "file:", "file:relative", "cdrom:[Debian]/", "http://mirror.example/a b", "http://m.example/?x",
        "http://m.example/#x", "mirror+https://m.example/debian", "http://m.example/\n"})
    CHECK(!mirror_url(url));
}
