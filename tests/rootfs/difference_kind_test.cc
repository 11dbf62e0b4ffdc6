#include "rootfs/difference_kind.h"

#include "support/catch.h"

using namespace bootstrap;
using namespace std::string_literals;

namespace {

struct Case {
  const char* path;
  std::uint32_t mode;
  std::string first;
  std::string second;
  DifferenceKind kind;
};

}  // namespace

TEST_CASE("a file that differs is told by what is in it, by its name and by who may read it") {
  using enum DifferenceKind;
  const Case cases[] = {
      {"etc/x", 0644, "-----BEGIN RSA PRIVATE KEY-----\nA", "-----BEGIN RSA PRIVATE KEY-----\nB", kSecret},
      {"etc/bind/rndc.key", 0640, "secret \"k1P/2==\";", "secret \"8a+Zw==\";", kSecret},
      {"var/lib/rabbitmq/.erlang.cookie", 0400, "ABCDEFGHIJKLMNOPQRST", "TSRQPONMLKJIHGFEDCBB", kSecret},
      {"etc/munge/munge.key", 0600, "\x01\x80\xff"s, "\x81\x02\x03"s, kSecret},
      {"etc/ldap/config", 0600, "olcRootPW: {SSHA}abcdef", "olcRootPW: {SSHA}ghijkl", kSecret},
      {"etc/pin.token", 0644, "4711", "8153", kSecret},
      {"etc/machine-id", 0444, "0123", "4567", kIdentity},
      {"etc/iscsi/initiatorname.iscsi", 0600, "InitiatorName=iqn.1993-08.org.debian:01:a1",
       "InitiatorName=iqn.1993-08.org.debian:01:b2", kIdentity},
      {"etc/id", 0644, "id=1f3d8f9a-0d8b-4a6e-9c3b-111111111111\n",
       "id=2a3d8f9a-0d8b-4a6e-9c3b-2222222222ff\n", kIdentity},
      {"etc/mail", 0644, "localhost.localdomain localhost\n", "otherhost.localdomain otherhost\n", kIdentity},
      {"etc/cert", 0644, "-----BEGIN CERTIFICATE-----\nA", "-----BEGIN CERTIFICATE-----\nB", kIdentity},
      {"var/x", 0644, "made on Tue Dec  1 12:37:07 UTC 2026\n", "made on Wed Jan  5 18:20:28 UTC 2028\n",
       kTime},
      {"var/x", 0644, "1796127094\n", "1830707707\n", kTime},
      {"var/x", 0600, "2026-12-01\n", "2028-01-05\n", kTime},
      {"var/x", 0644, "a\x70\x00\x10\x0e\x6b\x01"s, "a\x70\x10\x02\x1e\x6d\x01"s, kTime},
      {"var/x", 0644, "b\na\nc\n", "c\na\nb\n", kOrder},
      {"var/x", 0644, "one, two", "two, one", kOrder},
      {"var/x", 0644, "started as 17\n", "started as 20017\n", kNumber},
      {"var/x", 0644, "abc", "abd", kContent},
      {"var/x", 0600, "longer than any secret"s + std::string(9000, 'x'), std::string(9000, 'y'), kContent},
      {"var/x", 0644, "", "abd", kContent},
  };
  for (const Case& one : cases) {
    INFO(one.path << ": " << one.first);
    CHECK(name_of(kind_of(one.path, {one.mode, one.first}, {one.mode, one.second})) == name_of(one.kind));
  }
}

TEST_CASE("what is there only once is told by its name") {
  using enum DifferenceKind;
  const auto kind = [](const std::string& path, std::string_view content = "") {
    return kind_of(path, FileVersion{0644, content});
  };
  CHECK(kind("var/lib/x/1f3d8f9a-0d8b-4a6e-9c3b-111111111111") == kIdentity);
  CHECK(kind("var/lib/rabbit@otherhost/log") == kIdentity);
  CHECK(kind("var/lib/x/backup-20261201") == kTime);
  CHECK(kind("var/lib/x/data") == kContent);
  CHECK(kind("var/lib/x/data7") == kContent);
  CHECK(kind("etc/x", "-----BEGIN PRIVATE KEY-----") == kSecret);
}

TEST_CASE("no content is too odd to be told a kind of") {
  const std::string odd[] = {"",  "\n", "0",   std::string(3, '\0'), "\xff\xfe",
                             "-", "$",  "Jan", std::string(100, 'f')};
  for (const std::string& first : odd)
    for (const std::string& second : odd)
      CHECK_FALSE(name_of(kind_of("x", {0644, first}, {0644, second})).empty());
}
