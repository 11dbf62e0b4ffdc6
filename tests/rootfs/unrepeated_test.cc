#include "rootfs/unrepeated.h"

#include <algorithm>

#include "rootfs/script_times.h"
#include "rootfs/state_tar.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// A state in a file of its own.
class State {
 public:
  void add(Entry entry, std::string_view content = {}) {
    entry.size = content.size();
    writer_.add(entry);
    writer_.write(content);
  }
  ComparedState finish() {
    writer_.finish();
    return {fd_.get(), masked};
  }

  std::map<std::string, std::set<std::string>> masked;

 private:
  TemporaryDirectory directory_;
  UniqueFd fd_ = open_file(directory_.path() / "state.tar", O_RDWR | O_CREAT, 0600);
  StateTarWriter writer_{fd_.get()};
};

std::map<std::string, std::string> compare(State& first, State& second,
                                           const std::map<std::string, std::string>& makers = {}) {
  std::map<std::string, std::string> found;
  for (const Unrepeated& one : find_unrepeated(first.finish(), second.finish(), makers))
    found[one.path] = one.what + (one.maker.empty() ? "" : " by " + one.maker);
  return found;
}

using Found = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("states that are alike differ in nothing") {
  State one;
  State other;
  for (State* state : {&one, &other}) {
    state->masked["package"] = {"usr/x"};
    state->add(make_directory_entry("etc"));
    state->add(make_file("etc/a", "x"), "x");
  }
  CHECK(compare(one, other).empty());
}

TEST_CASE("everything about a path is compared") {
  State one;
  State other;
  Entry owned = make_entry("c");
  Entry later = make_entry("f");
  Entry extended = make_entry("g");
  one.add(make_entry("a"), "x");
  one.add(make_entry("b"), "x");
  one.add(owned);
  one.add(make_link("d", "here"));
  one.add(make_entry("e"));
  one.add(later);
  one.add(extended);
  one.add(make_entry("h"));
  owned.uid = 7;
  later.mtime += 1;
  extended.xattrs["user.x"] = "y";
  other.add(make_entry("a"), "y");
  other.add(make_entry("b", EntryType::kFile, 0600), "x");
  other.add(owned);
  other.add(make_link("d", "there"));
  other.add(make_directory_entry("e"));
  other.add(later);
  other.add(extended);
  other.add(make_entry("i"));
  CHECK(compare(one, other) == Found{{"a", "content"},
                                     {"b", "mode"},
                                     {"c", "owner"},
                                     {"d", "target"},
                                     {"e", "type"},
                                     {"f", "time"},
                                     {"g", "attributes"},
                                     {"h", "there only once"},
                                     {"i", "there only once"}});
}

TEST_CASE("content that differs late in a large file differs") {
  State one;
  State other;
  std::string content(1 << 20, 'x');
  one.add(make_entry("a"), content);
  content.back() = 'y';
  other.add(make_entry("a"), content);
  CHECK(compare(one, other) == Found{{"a", "content"}});
}

TEST_CASE("a package's file that was removed only once is found, though no state has it") {
  State one;
  State other;
  one.masked["package"] = {"usr/x", "usr/y"};
  other.masked["package"] = {"usr/x"};
  CHECK(compare(one, other) == Found{{"usr/y", "there only once by package"}});
}

TEST_CASE("whose script made a path is told of the path, or else of its directory") {
  State one;
  State other;
  one.add(make_entry("var/lib/x/a"), "1");
  one.add(make_entry("var/lib/x/b"));
  other.add(make_entry("var/lib/x/a"), "2");
  CHECK(compare(one, other, {{"var/lib/x", "mine"}, {"var/lib/x/a", "yours"}}) ==
        Found{{"var/lib/x/a", "content by yours"}, {"var/lib/x/b", "there only once by mine"}});
}

TEST_CASE("what was changed at the very time a script was begun is of the script before") {
  ScriptTimes times;
  CHECK(times.at(5).empty());
  times.begin(10, "first");
  times.begin(20, "second");
  CHECK(times.at(10).empty());
  CHECK(times.at(11) == "first");
  CHECK(times.at(20) == "first");
  CHECK(times.at(21) == "second");
}
