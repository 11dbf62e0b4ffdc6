#include "debian/version.h"

#include <string>
#include <vector>

#include "base/process.h"
#include "repo/repo_index.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

int sign(int value) {
  return (value > 0) - (value < 0);
}

/// Versions whose pairs reach every rule: epochs, '~', letters against other characters, numbers of different
/// length, leading zeros, missing numbers and missing revisions.
const std::vector<std::string> kVersions{"0",
                                         "1",
                                         "1.0",
                                         "1.0-0",
                                         "1.0-1",
                                         "1.0-1~bpo12+1",
                                         "1.0-1+b1",
                                         "1.0-1+deb12u1",
                                         "1.0-10",
                                         "1.00-1",
                                         "1.0~rc",
                                         "1.0~rc0",
                                         "1.0~rc1-1",
                                         "1.0~",
                                         "1.0~~",
                                         "1.0~~a",
                                         "1.0+dfsg-1",
                                         "1.0+dfsg0-1",
                                         "1.0a",
                                         "1.0+",
                                         "1.0.",
                                         "1.0-a",
                                         "1:0",
                                         "0:1.0",
                                         "00:1.0",
                                         "2:1.0-1",
                                         "10:1.0",
                                         "1.2.3-4.5",
                                         "1.2-3-4",
                                         "20230311+deb12u1",
                                         "99999999999999999999",
                                         "100000000000000000000"};

}  // namespace

TEST_CASE("versions are ordered as dpkg orders them") {
  // One shell for all pairs: a process each would take seconds.
  std::string script;
  for (const std::string& a : kVersions)
    for (const std::string& b : kVersions)
      script += "if dpkg --compare-versions '" + a + "' lt '" + b +
                "'; then echo -1; elif dpkg --compare-versions '" + a + "' eq '" + b +
                "'; then echo 0; else echo 1; fi\n";
  const ProcessResult dpkg = run_process({"sh"}, script);
  REQUIRE(dpkg.exit_code == 0);

  std::size_t at = 0;
  for (const std::string& a : kVersions)
    for (const std::string& b : kVersions) {
      const std::size_t end = dpkg.out.find('\n', at);
      REQUIRE(end != std::string::npos);
      INFO(a << " against " << b);
      CHECK(sign(compare_versions(a, b)) == std::stoi(dpkg.out.substr(at, end - at)));
      at = end + 1;
    }
}

TEST_CASE("the traps of version order") {
  CHECK(compare_versions("1.0", "1.0-0") == 0);
  CHECK(compare_versions("1.0~rc", "1.0~rc0") == 0);
  CHECK(compare_versions("0:1.0", "1.0") == 0);
  CHECK(compare_versions("1.0~rc1", "1.0") < 0);
  CHECK(compare_versions("1.0", "1.0+dfsg") < 0);
  CHECK(compare_versions("1.0a", "1.0+") < 0);
  CHECK(compare_versions("99999999999999999999", "100000000000000000000") < 0);
}

TEST_CASE("version syntax") {
  for (const char* valid : {"1", "1.0", "1:1.0-1", "1.0-1-2", "1.0~rc1+dfsg-1~bpo12+1", "r12", "1:2:3"})
    CHECK(is_valid_version(valid));
  for (const char* invalid : {"", ":1", "a:1", "1:", "-1", "1-", "1 0", "1.0\n", "1_0", "1.0-1:2",
                              "9999999999:1", "~1", "1.0/2", "1.0\xc3\xa4"})
    CHECK_FALSE(is_valid_version(invalid));
}
