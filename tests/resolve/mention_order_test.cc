#include "resolve/mention_order.h"

#include <limits>

#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("names are ranked by their first mention anywhere in the index") {
  Archive archive;
  archive.add(
      "Package: a\nPre-Depends: p\nDepends: late (>= 1) | later:any, latest\nProvides: virtual (= 1)");
  archive.add("Package: b\nDepends: a");
  MentionOrder mentions(archive.index());
  CHECK(mentions.rank("never") == std::numeric_limits<std::uint32_t>::max());
  CHECK(mentions.rank("a") < mentions.rank("late"));
  CHECK(mentions.rank("late") < mentions.rank("later"));
  CHECK(mentions.rank("later") < mentions.rank("latest"));
  CHECK(mentions.rank("latest") < mentions.rank("virtual"));
  CHECK(mentions.rank("virtual") < mentions.rank("b"));
}
