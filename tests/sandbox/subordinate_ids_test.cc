#include "sandbox/subordinate_ids.h"

#include "base/error.h"
#include "sandbox/id_range.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a subordinate range is found by name or number") {
  const char* file = "alice:100000:65536\nbob:165536:65536\n1002:231072:131072\n";
  CHECK(find_subordinate_range(file, "bob", 1001) == 165536U);
  CHECK(find_subordinate_range(file, "carol", 1002) == 231072U);
  CHECK_FALSE(find_subordinate_range(file, "dave", 1003));
  // A name that another one begins with.
  CHECK_FALSE(find_subordinate_range(file, "ali", 1004));
}

TEST_CASE("ranges that cannot hold 65536 spare ids are passed over") {
  CHECK(find_subordinate_range("a:100000:1000\na:200000:65536\n", "a", 1) == 200000U);
  // It would contain the host's own users.
  CHECK_FALSE(find_subordinate_range("a:1:65536\n", "a", 1));
  CHECK_FALSE(find_subordinate_range("a:4294967000:65536\n", "a", 1));
}

TEST_CASE("lines that are not assignments count for nothing") {
  const char* file =
      "\n# comment\na\na:\na:x:65536\na:100000:\na:99999999999:65536\na:-5:65536\na:300000:65536";
  CHECK(find_subordinate_range(file, "a", 1) == 300000U);
}

TEST_CASE("root without a range gets one that nobody has") {
  const std::uint32_t top = find_unassigned_range("");
  CHECK(top > 524288U);
  const std::string taken = "x:" + std::to_string(top + 10) + ":1\n";
  CHECK(find_unassigned_range(taken) + IdRange::kCount <= top + 10);
  CHECK_THROWS_AS(find_unassigned_range("x:0:4294967295\n"), Error);
}

namespace {

std::string shown(const IdFiles& files) {
  const auto range = find_new_range(files);
  return range ? std::to_string(range->first) + "-" + std::to_string(range->last) : "none";
}

IdFiles with_subuid(const std::string& text) {
  return {text, "", "", "", ""};
}

}  // namespace

TEST_CASE("a new range is the first that nobody has") {
  CHECK(shown({}) == "100000-165535");
  CHECK(shown(with_subuid("a:100000:65536\n")) == "165536-231071");
  CHECK(shown(with_subuid("1000:100000:65536")) == "165536-231071");
  // Whatever the order, and where ranges overlap, touch or lie in each other.
  CHECK(shown(with_subuid("b:231072:65536\na:100000:65536\n")) == "165536-231071");
  CHECK(shown(with_subuid("b:110000:65536\na:100000:65536\nc:100500:10\n")) == "175536-241071");
  // A gap is used when it is large enough.
  CHECK(shown(with_subuid("a:100000:65536\nb:200000:65536\n")) == "265536-331071");
  CHECK(shown(with_subuid("a:165536:65536\n")) == "100000-165535");
  CHECK(shown(with_subuid("a:1:200000\n")) == "200001-265536");
  // Ranges that are too small, empty, or reach beyond all ids.
  CHECK(shown(with_subuid("a:100000:1000\n")) == "101000-166535");
  CHECK(shown(with_subuid("a:100000:0\n")) == "100000-165535");
  CHECK(shown(with_subuid("a:100000:4294967295\n")) == "none");
}

TEST_CASE("a new range is free in both files, and holds no user and no group") {
  CHECK(shown({"a:100000:65536\n", "a:165536:65536\n", "", "", ""}) == "231072-296607");
  CHECK(shown({"", "", "far:x:100005:100:::/bin/sh\n", "", ""}) == "100006-165541");
  CHECK(shown({"", "", "", "far:x:165535:\n", ""}) == "165536-231071");
}

TEST_CASE("lines that assign nothing take nothing") {
  CHECK(shown(with_subuid("#a:100000:65536\n\na\na:100000\na:100000:65536:1\na:x:65536\na:-1:65536\n:\n")) ==
        "100000-165535");
  CHECK(shown(with_subuid("a: 100000: 65536\n")) == "165536-231071");
}

TEST_CASE("login.defs says from where, to where and how many") {
  const auto with_defs = [](const std::string& text) {
    return shown({"a:200000:65536\n", "", "", "", text});
  };
  CHECK(with_defs("SUB_UID_MIN 200000\nSUB_GID_MIN\t\t200000\n") == "265536-331071");
  CHECK(with_defs("  SUB_GID_MIN 300000 # more\n") == "300000-365535");
  CHECK(with_defs("#SUB_UID_MIN 300000\n") == "100000-165535");
  CHECK(with_defs("SUB_UID_MIN 0x50000\n") == "327680-393215");
  CHECK(with_defs("SUB_UID_COUNT 100001\n") == "265536-365536");
  // Less than a box needs would help nobody; and the host's own users stay out of it.
  CHECK(with_defs("SUB_UID_COUNT 1000\n") == "100000-165535");
  CHECK(with_defs("SUB_UID_MIN 1000\nSUB_GID_MIN 1000\n") == "65536-131071");
  CHECK(with_defs("SUB_UID_MAX 150000\n") == "none");
  CHECK(with_defs("SUB_UID_MIN many\n") == "100000-165535");
}

TEST_CASE("the command gives what is lacking") {
  const IdFiles files{"b:100000:65536\n", "", "a:x:1000:1000::/home/a:/bin/sh\n", "", ""};
  CHECK(grant_command(files, "a", true, true) ==
        "as root: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 a");
  CHECK(grant_command(files, "a", false, true) == "as root: usermod --add-subgids 165536-231071 a");
  // A user of a directory service, whom usermod does not know.
  CHECK(grant_command(files, "ldap", true, true) ==
        "as root: echo ldap:165536:65536 | tee -a /etc/subuid /etc/subgid");
  CHECK(grant_command(files, "ldap", false, true) == "as root: echo ldap:165536:65536 | tee -a /etc/subgid");
  CHECK(grant_command(with_subuid("b:100000:4294967295\n"), "a", true, true).find("SUB_UID_MIN") !=
        std::string::npos);
}
