#include "smoke/profile.h"

#include <algorithm>

#include "base/error.h"
#include "support/catch.h"
#include "support/payload_image.h"

namespace bootstrap {
namespace {

Profile sample() {
  return {{"accept", "bind"}, {"CAP_CHOWN"}, {"/run"}, {"80/tcp"}};
}

TEST_CASE("a profile is a seccomp profile of docker, and more") {
  const Json document = profile_document(sample());
  CHECK(document.at("defaultAction") == "SCMP_ACT_ERRNO");
  CHECK(document.at("syscalls").at(0).at("names") == Json({"accept", "bind"}));
  for (const Json& group : document.at("syscalls"))
    CHECK(group.at("action") == "SCMP_ACT_ALLOW");
  const Profile back = parse_profile(compact_json(document), "web.json");
  CHECK(back.capabilities == sample().capabilities);
  CHECK(back.writes == sample().writes);
  CHECK(back.ports == sample().ports);
  CHECK(excess(sample(), back).empty());
}

TEST_CASE("a call comes with those that give no other right") {
  Profile profile = sample();
  profile.calls.push_back("recvfrom");
  const Profile back = parse_profile(compact_json(profile_document(profile)), "x");
  Profile needed = profile;
  needed.calls = {"accept4", "recvmsg"};
  CHECK(excess(needed, back).empty());
  needed.calls = {"sendmsg"};
  CHECK(excess(needed, back) == "system calls sendmsg");
}

TEST_CASE("what is no learned profile is refused") {
  CHECK_THROWS_AS(parse_profile("{}", "x"), Error);
  try {
    parse_profile("[", "x");
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
  }
  CHECK_THROWS_AS(parse_profile(R"({"syscalls": []})", "docker's own"), Error);
  Profile unknown = sample();
  unknown.capabilities = {"CAP_FLY"};
  CHECK_THROWS_AS(parse_profile(compact_json(profile_document(unknown)), "x"), Error);
}

TEST_CASE("what goes beyond a profile is named") {
  const Profile more = {{"accept", "bind", "io_setup"}, {"CAP_CHOWN", "CAP_KILL"}, {"/run", "/srv"}, {}};
  CHECK(excess(more, sample()) == "system calls io_setup; capabilities CAP_KILL; writing in /srv");
}

TEST_CASE("a profile is learned, and holds a later image to it") {
  ImageOptions options;
  options.entrypoint = {"payload", "serve"};
  options.cmd = {"80", "200", "welcome", "0", "close"};
  PayloadImage image(options);
  CommandTest write;
  write.argv = {"payload", "write", "/etc/left"};
  HttpTest page;
  page.url = "http://127.0.0.1/";
  const std::vector<SmokeTest> tests = {{"page", page, {}}, {"writes", write, {}}};
  const Learned learned =
      learn_profile(image.layout, image.manifest, tests, Limits{}, BOOTSTRAP_WORKER, [](std::string_view) {});
  INFO(canonical_json(to_json(learned.report)));
  REQUIRE(learned.profile);
  CHECK(std::count(learned.profile->calls.begin(), learned.profile->calls.end(), "accept") == 1);
  CHECK(learned.profile->capabilities.empty());  // root owns all it writes, and any port can be had
  CHECK(learned.profile->writes == std::vector<std::string>{"/etc"});
  CHECK(learned.profile->ports == std::vector<std::string>{"80/tcp"});

  const auto within = [&](const Profile& profile) {
    return run_tests_within(profile, image.layout, image.manifest, tests, Limits{}, BOOTSTRAP_WORKER,
                            [](std::string_view) {});
  };
  const Profile allowed = parse_profile(compact_json(profile_document(*learned.profile)), "x");
  TestReport report = within(allowed);
  INFO(canonical_json(to_json(report)));
  CHECK(report.passed());
  REQUIRE(report.outcomes.size() == 3);

  Profile less = allowed;
  std::erase(less.calls, "accept");
  less.writes.clear();
  report = within(less);
  CHECK_FALSE(report.passed());
  CHECK(report.outcomes.at(2).actual == "system calls accept; writing in /etc");
}

TEST_CASE("a capability that is needed is found, and its want is named") {
  ImageOptions options;
  PayloadImage image(options);
  CommandTest identity;
  identity.argv = {"payload", "install"};  // chown to somebody else, among others
  identity.out.contains = "chown OK";
  const std::vector<SmokeTest> tests = {{"chown", identity, {}}};
  const Learned learned =
      learn_profile(image.layout, image.manifest, tests, Limits{}, BOOTSTRAP_WORKER, [](std::string_view) {});
  INFO(canonical_json(to_json(learned.report)));
  REQUIRE(learned.profile);
  CHECK(learned.profile->capabilities == std::vector<std::string>{"CAP_CHOWN"});
  Profile less = *learned.profile;
  less.capabilities.clear();
  const TestReport report = run_tests_within(less, image.layout, image.manifest, tests, Limits{},
                                             BOOTSTRAP_WORKER, [](std::string_view) {});
  CHECK_FALSE(report.passed());
  CHECK(report.outcomes.back().actual == "capabilities CAP_CHOWN");
}

}  // namespace
}  // namespace bootstrap
