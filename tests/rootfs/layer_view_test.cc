#include "rootfs/layer_view.h"

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("in one layer the first package decides about a directory") {
  const auto a = make_segment("a", {make_directory_entry("d", 0700)}, {});
  const auto b = make_segment("b", {make_directory_entry("d", 0755)}, {make_file("d/f", "x")});
  LayerView view;
  view.add_package(a, {});
  view.add_package(b, {});
  CHECK(view.find("d")->mode == 0700);
  CHECK(view.find("d/f") != nullptr);
}

TEST_CASE("a state covers, hides and replaces what lies below it") {
  const auto package = make_segment(
      "a", {make_directory_entry("d"), make_directory_entry("e")},
      {make_file("d/f", "x"), make_file("d/g", "x"), make_file("e/h", "x"), make_file("e2", "x")});
  const std::vector<Entry> state{make_file("d/.wh.f", ""), make_directory_entry("d", 0700),
                                 make_link("e", "/elsewhere")};
  LayerView view;
  view.add_package(package, {"d/g"});
  view.add_state(state);
  CHECK(view.find("d")->mode == 0700);
  CHECK(view.find("d/f") == nullptr);
  CHECK(view.find("d/g") == nullptr);
  CHECK(view.find("e")->type == EntryType::kSymlink);
  CHECK(view.find("e/h") == nullptr);
  CHECK(view.find("e2") != nullptr);
}

TEST_CASE("whiteouts name what they hide") {
  const Entry whiteout = whiteout_of("etc/x", 5);
  CHECK(whiteout.path == "etc/.wh.x");
  CHECK(hidden_by(whiteout) == "etc/x");
  CHECK(whiteout_of("top", 5).path == ".wh.top");
  CHECK(hidden_by(whiteout_of("top", 5)) == "top");
  CHECK_FALSE(hidden_by(make_file("etc/x", "")).has_value());
}
