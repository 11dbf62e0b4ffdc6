#include "rootfs/relations.h"

#include "base/error.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

Segment package(const std::string& name, const std::string& fields, const std::string& version = "1") {
  Segment segment = make_segment(name, {}, {});
  segment.version = version;
  segment.control.files["control"].content = "Package: " + name + "\n" + fields;
  return segment;
}

std::vector<std::string> names(const std::vector<const Segment*>& packages) {
  std::vector<std::string> result;
  for (const Segment* one : packages)
    result.push_back(one->name);
  return result;
}

}  // namespace

TEST_CASE("a file changes hands by Replaces only, and only for the versions it names") {
  const auto owner = package("old", "Version: 1.5\n", "1.5");
  CHECK(may_take_over(package("new", "Replaces: old (<< 2)\n"), owner, "usr/bin/x"));
  CHECK_THROWS_AS(may_take_over(package("new", "Replaces: old (<< 1)\n"), owner, "usr/bin/x"), Error);
  const auto keeper = package("keeper", "Replaces: new\n");
  CHECK_FALSE(may_take_over(package("new", ""), keeper, "usr/bin/x"));
  try {
    may_take_over(package("new", ""), owner, "usr/bin/x");
    FAIL("two owners of a file");
  } catch (const Error& error) {
    CHECK(error.message().find("/usr/bin/x") != std::string::npos);
    CHECK(error.message().find("new 1") != std::string::npos);
    CHECK(error.message().find("old 1.5") != std::string::npos);
  }
}

TEST_CASE("a package waits for its Pre-Depends, and a provided name will do") {
  const auto dpkg = package("dpkg", "Provides: installer\n");
  const auto needy = package("needy", "Pre-Depends: nowhere | installer\n");
  ConfigureQueue queue;
  queue.add_unpacked(dpkg);
  CHECK_FALSE(queue.may_unpack(needy));
  queue.mark_configured({&dpkg});
  CHECK(queue.may_unpack(needy));
}

TEST_CASE("what can be configured is what needs nothing outside, circles included") {
  const auto a = package("a", "Depends: b\n");
  const auto b = package("b", "Depends: a, c\n");
  const auto c = package("c", "");
  const auto d = package("d", "Depends: later\n");
  const auto e = package("e", "Depends: d\n");
  ConfigureQueue queue;
  for (const Segment* one : {&a, &b, &c, &d, &e})
    queue.add_unpacked(*one);
  CHECK(names(queue.ready()) == std::vector<std::string>{"a", "b", "c"});
  queue.mark_configured(queue.ready());
  const auto later = package("later", "");
  queue.add_unpacked(later);
  CHECK(names(queue.ready()) == std::vector<std::string>{"d", "e", "later"});
}
