#include <filesystem>

#include "accelerator_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

constexpr const char* kOriginal = "/usr/bin/dpkg-maintscript-helper";
using Arguments = std::vector<std::string>;

int original_status(const Arguments& arguments) {
  Arguments argv{kOriginal};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_process(argv).exit_code;
}

}  // namespace

TEST_CASE("nothing is to be done in a first installation, as the original finds too") {
  const RootFixture fixture;
  const Variable package("DPKG_MAINTSCRIPT_PACKAGE", "p");
  const std::string a = fixture.root() + "/a";
  const std::string b = fixture.root() + "/b";
  const auto [script, action] = GENERATE(table<const char*, const char*>(
      {std::make_tuple("preinst", "install"), std::make_tuple("postinst", "configure")}));
  const Variable name("DPKG_MAINTSCRIPT_NAME", script);
  const std::vector<Arguments> calls = {
      {"rm_conffile", a, "1.2-3~", "--", action, ""},
      {"rm_conffile", a, "1:1.2-3~bpo+1", "p", "--", action},
      {"rm_conffile", a, "", "p", "--", action, ""},
      {"mv_conffile", a, b, "2", "--", action, ""},
      {"symlink_to_dir", a, "b", "2", "p", "--", action, ""},
      {"dir_to_symlink", a, "b", "--", action, ""},
      {"dir_to_symlink", a + "/", b, "1", "--", action, ""},
      {"supports", "rm_conffile"},
      {"supports", "something_else"},
  };
  const auto before = fixture.listing();
  for (const Arguments& arguments : calls) {
    CAPTURE(arguments);
    // The paths are real, so that the original may look at them.
    const auto status = maintscript_helper({arguments, {}, {}});
    REQUIRE(status.has_value());
    CHECK(*status == original_status(arguments));
  }
  CHECK(fixture.listing() == before);
}

TEST_CASE("whatever is not a first installation, or looks wrong, is left to the original") {
  const RootFixture fixture;
  const Variable package("DPKG_MAINTSCRIPT_PACKAGE", "p");
  const Variable name("DPKG_MAINTSCRIPT_NAME", "postinst");
  CHECK_FALSE(maintscript_helper(fixture.call({})));
  CHECK_FALSE(maintscript_helper(fixture.call({"help"})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1", "--", "configure", "0.9"})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1", "--", "abort-upgrade", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "one", "--", "configure", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1-", "--", "configure", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "a", "1", "--", "configure", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1", "configure", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1", "--"})));
  CHECK_FALSE(maintscript_helper(fixture.call({"mv_conffile", "/a", "b", "--", "configure", ""})));
  CHECK_FALSE(maintscript_helper(fixture.call({"symlink_to_dir", "/a/", "b", "--", "configure", ""})));
  SECTION("what a preinst left behind") {
    std::filesystem::create_directory(fixture.root() + "/a.dpkg-backup");
    std::filesystem::create_symlink("b", fixture.root() + "/b.dpkg-backup");
    CHECK_FALSE(maintscript_helper(fixture.call({"dir_to_symlink", "/a", "b", "--", "configure", ""})));
    CHECK_FALSE(maintscript_helper(fixture.call({"symlink_to_dir", "/b", "b", "--", "configure", ""})));
  }
  SECTION("another root") {
    const Variable other("DPKG_ROOT", "/elsewhere");
    CHECK_FALSE(maintscript_helper(fixture.call({"supports", "rm_conffile"})));
  }
  SECTION("a postrm") {
    const Variable postrm("DPKG_MAINTSCRIPT_NAME", "postrm");
    CHECK_FALSE(maintscript_helper(fixture.call({"rm_conffile", "/a", "1", "--", "purge", ""})));
  }
}

TEST_CASE("outside of a script the original says so") {
  const RootFixture fixture;
  CHECK_FALSE(maintscript_helper(fixture.call({"supports", "rm_conffile"})));
}
