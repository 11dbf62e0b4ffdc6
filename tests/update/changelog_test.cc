#include "update/changelog.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

using Ids = std::vector<std::string>;

// As bookworm's packages have it.
constexpr std::string_view kOpenssl = R"(openssl (3.0.15-1~deb12u1) bookworm; urgency=medium

  * New upstream version 3.0.15
    - CVE-2023-5678 (Fix excessive time spent in DH check / generation with large Q
       parameter value).
    - CVE-2024-9143 (OOB memory access).

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Mon, 18 Nov 2024 22:26:02 +0100

openssl (3.0.14-1~deb12u2) bookworm-security; urgency=medium

  * CVE-2024-5535 (SSL_select_next_proto buffer overread) (Closes:
    #1074487).

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Sun,  1 Sep 2024 12:40:10 +0000

openssl (3.0.14-1~deb12u1) bookworm; urgency=medium

  * Import 3.0.14

 -- Sebastian Andrzej Siewior <sebastian@breakpoint.cc>  Sun, 16 Jun 2024 12:40:10 +0200
)";

std::string versions(const std::vector<ChangelogEntry>& entries) {
  std::string text;
  for (const ChangelogEntry& entry : entries)
    text += entry.version + " ";
  return text;
}

TEST_CASE("entries have version, distribution, text and date") {
  auto entries = parse_changelog(kOpenssl);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].source == "openssl");
  CHECK(entries[0].version == "3.0.15-1~deb12u1");
  CHECK(entries[1].distribution == "bookworm-security");
  CHECK(entries[0].date == "2024-11-18T21:26:02Z");
  CHECK(entries[1].date == "2024-09-01T12:40:10Z");
  CHECK(entries[2].text == "  * Import 3.0.14");
  CHECK_FALSE(entries[0].binary_only);
}

TEST_CASE("the entries of an update lie between its versions") {
  auto entries = parse_changelog(kOpenssl);
  CHECK(versions(entries_between(entries, "3.0.14-1~deb12u1", "3.0.15-1~deb12u1")) ==
        "3.0.15-1~deb12u1 3.0.14-1~deb12u2 ");
  CHECK(versions(entries_between(entries, "3.0.13-1", "3.0.14-1~deb12u2")) ==
        "3.0.14-1~deb12u2 3.0.14-1~deb12u1 ");
  CHECK(entries_between(entries, "3.0.15-1~deb12u1", "3.0.15-1~deb12u1").empty());
}

TEST_CASE("an epoch orders before all else") {
  auto entries = parse_changelog(
      "x (1:0.9-1) sid; urgency=low\n\n  * c\n\n -- A <a@b>  Tue, 07 May 2024 12:40:10 +0200\n\n"
      "x (2.0-1) sid; urgency=low\n\n  * b\n\n -- A <a@b>  Tue, 07 May 2024 12:40:10 +0200\n");
  CHECK(versions(entries_between(entries, "2.0-1", "1:0.9-1")) == "1:0.9-1 ");
}

TEST_CASE("rebuilds without a change in the source are told apart") {
  auto entries = parse_changelog(
      "bash (5.2.15-2+b8) bookworm; urgency=low, binary-only=yes\n\n"
      "  * Binary-only non-maintainer upload for amd64; no source changes.\n  * Rebuild for outdated "
      "Built-Using\n\n"
      " -- amd64 Build Daemon <buildd@debian.org>  Fri, 31 Jan 2025 10:00:00 +0000\n");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].binary_only);
  CHECK(entries[0].distribution == "bookworm");
}

TEST_CASE("what is no entry is passed over") {
  auto entries = parse_changelog(
      "x (1.0-2) unstable; urgency=low\r\n\r\n  * Fixed (again)\r\n  x (1.0-0) is not a heading;\r\n\r\n"
      " -- A <a@b>  Tue, 7 May 2024 12:40:10 +0200\r\n\n"
      "x (1.0-1) unstable; urgency=low\n  * No empty lines.\n -- A <a@b>  no date at all\n\n"
      "Older entries have been removed from this changelog.\n"
      "Local variables:\nmode: debian-changelog\nEnd:\n");
  CHECK(versions(entries) == "1.0-2 1.0-1 ");
  CHECK(entries[0].date == "2024-05-07T10:40:10Z");
  CHECK(entries[1].date.empty());
  CHECK(entries[0].text.find("(again)") != std::string::npos);

  CHECK(parse_changelog("2024-05-07  A. Author  <a@b>\n\n\t* lib/x.c (fix): CVE-2024-1; done.\n").empty());
  CHECK(parse_changelog(
            "Changes with nginx 1.22.1                       19 Oct 2022\n\n    *) Security: x (y);\n")
            .empty());
  CHECK(parse_changelog("").empty());
}

TEST_CASE("vulnerabilities are found however they are written") {
  CHECK(find_cves("CVE-2024-5535, cve-2023-0001 and CVE 2022-12345 (CVE-2024-5535)") ==
        Ids{"CVE-2022-12345", "CVE-2023-0001", "CVE-2024-5535"});
  CHECK(find_cves("CVE-2024-9999 CVE-2024-10000") == Ids{"CVE-2024-9999", "CVE-2024-10000"});
  CHECK(find_cves("d/patches/CVE-2021-3712-1.patch") == Ids{"CVE-2021-3712"});
  CHECK(find_cves("fixes CVE-2023-\n      4911") == Ids{"CVE-2023-4911"});
  CHECK(find_cves("CVE-2023-XXXX, MYCVE-2023-1234, CVE-23-1").empty());
}

TEST_CASE("advisories are found") {
  CHECK(find_advisories("DSA-5678-1, [DSA 5680] and DLA-3401-1") ==
        Ids{"DLA-3401-1", "DSA-5678-1", "DSA-5680"});
  CHECK(find_advisories("RSA-2048, DSA key").empty());
}

}  // namespace
}  // namespace bootstrap
