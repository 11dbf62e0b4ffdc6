#include "repo/release.h"

#include <functional>

#include "base/error.h"
#include "support/catch.h"
#include "support/fake_verifier.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

const std::string kDigest(64, 'a');

std::string sample() {
  return "Origin: Debian\n"
         "Suite: oldstable-security\n"
         "Codename: bookworm-security\n"
         "Date: Fri, 20 Nov 2026 00:12:41 UTC\n"
         "Valid-Until: Fri, 27 Nov 2026 00:12:41 UTC\n"
         "Acquire-By-Hash: yes\n"
         "Architectures: amd64 arm64\n"
         "Components: updates/main updates/contrib\n"
         "Description: Debian 12 - Security Updates\n"
         "MD5Sum:\n"
         " d41d8cd98f00b204e9800998ecf8427e 0 main/binary-amd64/Packages\n"
         " d41d8cd98f00b204e9800998ecf8427e 0 main/binary-arm64/Packages\n"
         "SHA256:\n"
         " " +
         kDigest + "      147 main/binary-amd64/Packages\n" + " " + kDigest +
         " 2515915 main/binary-amd64/Packages.xz\n";
}

ReleaseFile parse(const std::string& text) {
  return parse_release(FakeVerifier().verify_clearsigned(FakeVerifier::clearsigned(text), {}, "test"));
}

std::string parse_error(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    return error.message();
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a release tells what it is and what it lists") {
  ReleaseFile release = parse(sample());
  CHECK(release.suite == "oldstable-security");
  CHECK(release.codename == "bookworm-security");
  CHECK(format_time(release.date) == "2026-11-20T00:12:41Z");
  REQUIRE(release.valid_until);
  CHECK(format_time(*release.valid_until) == "2026-11-27T00:12:41Z");
  CHECK(release.acquire_by_hash);
  CHECK_FALSE(release.not_automatic);
  CHECK(release.components == std::vector<std::string>{"main", "contrib"});
  CHECK(release.architectures == std::vector<std::string>{"amd64", "arm64"});
  REQUIRE(release.files.size() == 2);
  CHECK(release.files.at("main/binary-amd64/Packages.xz").size == 2515915);
  CHECK(release.files.at("main/binary-amd64/Packages").sha256.hex() == kDigest);
  CHECK(release.unusable == std::set<std::string, std::less<>>{"main/binary-arm64/Packages"});
}

TEST_CASE("names of fields are the same in any case") {
  ReleaseFile release =
      parse(replaced(replaced(sample(), "Valid-Until:", "valid-until:"), "SHA256:", "Sha256:"));
  CHECK(release.valid_until);
  CHECK(release.files.size() == 2);
}

TEST_CASE("backports are not automatic") {
  ReleaseFile release = parse(sample() + "NotAutomatic: yes\nButAutomaticUpgrades: yes\n");
  CHECK(release.not_automatic);
  CHECK(release.but_automatic_upgrades);
}

TEST_CASE("binary-all indexes count only when the release says that they are needed") {
  CHECK_FALSE(parse(sample()).separate_all);
  std::string with_all = replaced(sample(), "Architectures: amd64", "Architectures: all amd64");
  CHECK(parse(with_all).separate_all);
  CHECK_FALSE(parse(with_all + "No-Support-for-Architecture-all: Packages\n").separate_all);
}

TEST_CASE("dates are read whatever the locale, in UTC only") {
  auto date = [](const std::string& text) {
    return format_time(parse(replaced(sample(), "Fri, 20 Nov 2026 00:12:41 UTC", text)).date);
  };
  CHECK(date("Thu, 29 Feb 2024 23:59:59 UTC") == "2024-02-29T23:59:59Z");
  CHECK(date("Mon,  1 Jan 2024 00:00:00 +0000") == "2024-01-01T00:00:00Z");
  CHECK(date("1 Jan 2024 00:00:00 GMT") == "2024-01-01T00:00:00Z");
  for (const char* bad :
       {"", "Fri, 20 Nov 2026", "Fri, 29 Feb 2023 00:00:00 UTC", "Fri, 20 Nov 2026 24:00:00 UTC",
        "Fri, 20 Nov 2026 00:12:41 CET", "Fri, 20 Nov 2026 00:12:41 +0100", "2026-11-20T00:12:41Z",
        "Fri, 20 Foo 2026 00:12:41 UTC", "Fri, 20 Nov -026 00:12:41 UTC", "Fri, -1 Nov 2026 00:12:41 UTC",
        "Fri, 20 Nov 99999 00:12:41 UTC"}) {
    INFO(bad);
    CHECK(contains(parse_error(replaced(sample(), "Fri, 20 Nov 2026 00:12:41 UTC", bad)), "line 4"));
  }
}

TEST_CASE("what is no release is refused with the line") {
  CHECK(contains(parse_error(""), "no Date"));
  CHECK(contains(parse_error("<html>\n"), "line 1"));
  CHECK(contains(parse_error(" indented\n"), "line 1"));
  CHECK(contains(parse_error(sample() + "Suite: stable\n"), "Suite occurs twice"));
  CHECK(contains(parse_error(sample() + "suite: stable\n"), "suite occurs twice"));
  CHECK(contains(parse_error(replaced(sample(), "Valid-Until:", "Valid-Until :")), "not a field"));
  CHECK(contains(parse_error(sample() + "\nSuite: stable\n"), "after the end"));
  CHECK(contains(parse_error(sample() + std::string("X: a\0b\n", 7)), "NUL"));
  CHECK(parse_error("\n" + sample() + "\n\n") == "");
}

TEST_CASE("a listed file has a digest, a size and a path below the release") {
  for (const std::string& entry :
       {std::string("abc 1 main/Packages"), "sha256:" + kDigest + " 1 main/Packages",
        kDigest + " -1 main/Packages", kDigest + " 99999999999999999999 main/Packages",
        kDigest + " 0x1 main/Packages", kDigest + " 1", kDigest + " 1 main/Packages extra",
        kDigest + " 1 ../main/Packages", kDigest + " 1 main/../../Packages", kDigest + " 1 /etc/passwd",
        kDigest + " 1 main//Packages", kDigest + " 1 main/\x01", kDigest + " 1 main/\xff",
        kDigest + " 1 main/binary-amd64/Packages"}) {
    INFO(entry);
    CHECK(contains(parse_error(sample() + " " + entry + "\n"), "line 16"));
  }
  CHECK(parse_error(sample() + " " + kDigest + " 147 main/binary-amd64/Packages\n") == "");
}

TEST_CASE("a release of too many files is refused") {
  std::string text = sample();
  for (int i = 0; i < 100'000; ++i)
    text += " " + kDigest + " 1 main/" + std::to_string(i) + "\n";
  CHECK(contains(parse_error(text), "more than 100000 files"));
}

/// The complaint about the sample release, under an expectation that `change` makes of one that it meets.
std::string complaint(const std::function<void(ReleaseExpectation&)>& change) {
  const ReleaseFile release = parse(sample());
  ReleaseExpectation expected{"bookworm-security", "", release.date + 24h};
  change(expected);
  try {
    check_release(release, expected);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUntrusted);
    CHECK_FALSE(error.hint().empty());
    return error.message();
  }
  return {};
}

TEST_CASE("a suite answers to its suite name and its codename, and to no other") {
  auto asked_as = [](const std::string& suite) {
    return complaint([&](ReleaseExpectation& expected) { expected.suite = suite; });
  };
  CHECK(asked_as("bookworm-security") == "");
  CHECK(asked_as("oldstable-security") == "");
  CHECK(asked_as("oldstable-security/updates") == "");
  CHECK(contains(asked_as("trixie-security"), "bookworm-security"));
  CHECK(asked_as("") != "");
}

TEST_CASE("a release without any name is not the one that was asked for") {
  ReleaseFile release = parse(sample());
  release.suite = release.codename = "";
  CHECK_THROWS_AS(check_release(release, {"", "", release.date}), Error);
  CHECK_THROWS_AS(check_release(release, {"bookworm", "", release.date}), Error);
}

TEST_CASE("an expired release is refused, and says for how long") {
  auto complaint_after = [](std::chrono::seconds age) {
    return complaint([&](ReleaseExpectation& expected) { expected.now = parse(sample()).date + age; });
  };
  CHECK(complaint_after(7 * 24h) == "");
  CHECK(contains(complaint_after(7 * 24h + 1s), "expired 1 minute ago"));
  CHECK(contains(complaint_after(7 * 24h + 5h), "expired 5 hours ago"));
  CHECK(contains(complaint_after(10 * 24h), "expired 3 days ago (Valid-Until 2026-11-27T00:12:41Z)"));
}

TEST_CASE("a release without Valid-Until does not expire") {
  ReleaseFile release = parse(sample());
  release.valid_until.reset();
  CHECK_NOTHROW(check_release(release, {"bookworm-security", "", release.date + 24h * 3650}));
}

TEST_CASE("a release of the future is refused beyond what clocks differ") {
  auto complaint_before = [](std::chrono::seconds time) {
    return complaint([&](ReleaseExpectation& expected) { expected.now = parse(sample()).date - time; });
  };
  CHECK(complaint_before(kClockTolerance) == "");
  CHECK(contains(complaint_before(kClockTolerance + 1s), "ahead of this machine's clock"));
}

TEST_CASE("an archive cannot be rolled back behind the lock") {
  auto complaint_when_known = [](const std::string& date) {
    return complaint([&](ReleaseExpectation& expected) { expected.known_date = date; });
  };
  CHECK(complaint_when_known("2026-11-20T00:12:41Z") == "");
  CHECK(complaint_when_known("2026-11-19T00:12:41Z") == "");
  CHECK(contains(complaint_when_known("2026-11-20T00:12:42Z"), "older than the one in the lock"));
}

}  // namespace
}  // namespace bootstrap
