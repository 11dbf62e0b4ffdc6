// What becomes of what a program writes.
#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("scripts write the tree, but /tmp, /run and /dev are not part of it") {
  BoxRun run =
      run_boxes({{{"argv", {"write", "/kept", "/tmp/a", "/run/b", "/run/lock/c", "/dev/d", "/dev/shm/e"}}}});
  for (const auto& [path, outcome] : fields_of(out_of(run.results.at(0)))) {
    CAPTURE(path);
    CHECK(outcome == "OK");
  }
  CHECK(run.tree.contains("kept"));
  for (const char* path : {"tmp", "run", "dev", "proc", "sys"}) {
    CAPTURE(path);
    CHECK(run.tree.contains(path));
  }
  for (const auto& item : run.tree.items())
    CHECK((item.key().find('/') == std::string::npos || item.key().starts_with("bin/")));
}

TEST_CASE("what a service writes vanishes, and the tree stays as it was") {
  Json entries = {{"etc", {{"dir", 0755}}}, {"etc/old", {{"text", "old"}}}};
  BoxRun run = run_boxes({{{"argv", {"write", "/new", "/etc/old", "/tmp/x"}}, {"service", true}},
                          {{"argv", {"read", "/new"}}, {"service", true}},
                          {{"argv", {"read", "/etc/old"}}, {"service", true}}},
                         entries);
  CHECK(fields_of(out_of(run.results.at(0))).at("/new") == "OK");
  CHECK(fields_of(out_of(run.results.at(0))).at("/etc/old") == "OK");
  CHECK(out_of(run.results.at(1)) == "open ENOENT\n");
  CHECK(out_of(run.results.at(2)) == "open OK\nold");
  CHECK(run.tree.size() == 4);  // bin, bin/payload, etc, etc/old
}

TEST_CASE("a service can replace a directory of the image by another") {
  Json entries = {{"etc", {{"dir", 0755}}}, {"etc/old", {{"text", "old"}}}};
  Json result = run_service({"replace-directory"}, {}, entries);
  // Linux before 6.6 cannot, and then the result says so.
  const std::string degraded = result.at("degraded").dump();
  CHECK((result.at("exit_code") == 0) == (degraded.find("cannot be made again") == std::string::npos));
  CHECK(out_of(result).empty());
}

TEST_CASE("a read-only service can write to /tmp and /run only") {
  Json result = run_service({"write", "/new", "/tmp/x", "/run/y"}, {{"read_only", true}});
  auto outcomes = fields_of(out_of(result));
  CHECK(outcomes.at("/new") == "EROFS");
  CHECK(outcomes.at("/tmp/x") == "OK");
  CHECK(outcomes.at("/run/y") == "OK");
}

TEST_CASE("what can be filled is bounded") {
  for (const char* path : {"/", "/dev/shm"}) {
    CAPTURE(path);
    const int megabytes = std::stoi(out_of(run_service({"fill", path})));
    CHECK(megabytes > 10);
    CHECK(megabytes <= 128);
  }
  const int megabytes = std::stoi(out_of(run_script({"fill", "/run"})));
  CHECK(megabytes <= 16);
}

TEST_CASE("the number of files is bounded") {
  for (const char* path : {"/", "/dev/shm"}) {
    CAPTURE(path);
    const int files = std::stoi(out_of(run_service({"make-files", path})));
    CHECK(files > 1000);
    CHECK(files < 20000);
  }
}

TEST_CASE("a file that grows too large ends its program") {
  Json result = run_service({"fill", "/"}, {{"file_size", 2 << 20}});
  CHECK(end_of(result) == SandboxResult::End::kSignalled);
  CHECK(result.at("problem") == "killed by SIGXFSZ");
}

TEST_CASE("mounted files are seen in the box only, and cannot be changed there") {
  Json entries = {{"etc", {{"dir", 0755}}}, {"etc/stub", {{"text", "real"}}}};
  Json files = Json::array();
  files.push_back({{"path", "etc/stub"}, {"content", "stub"}});
  files.push_back({{"path", "etc/absent"}, {"content", "x"}});
  files.push_back({{"path", "run/made/hosts"}, {"content", "made"}, {"create", true}});
  files.push_back({{"path", "etc/not-in-the-tree"}, {"content", "x"}, {"create", true}});
  BoxRun run = run_boxes({{{"argv", {"read", "/etc/stub"}}, {"files", files}},
                          {{"argv", {"write", "/etc/stub"}}, {"files", files}},
                          {{"argv", {"read", "/etc/absent"}}, {"files", files}},
                          {{"argv", {"read", "/run/made/hosts"}}, {"files", files}},
                          {{"argv", {"read", "/etc/not-in-the-tree"}}, {"files", files}},
                          {{"argv", {"read", "/etc/stub"}}}},
                         entries);
  CHECK(out_of(run.results.at(0)) == "open OK\nstub");
  CHECK(out_of(run.results.at(1)) == "/etc/stub EROFS\n");
  CHECK(out_of(run.results.at(2)) == "open ENOENT\n");
  CHECK(out_of(run.results.at(3)) == "open OK\nmade");
  CHECK(out_of(run.results.at(4)) == "open ENOENT\n");
  CHECK(out_of(run.results.at(5)) == "open OK\nreal");
  CHECK_FALSE(run.tree.contains("etc/absent"));
  CHECK_FALSE(run.tree.contains("etc/not-in-the-tree"));
}

TEST_CASE("in a service's box a file can be mounted where the image has nothing") {
  Json files = Json::array();
  files.push_back({{"path", "etc/deep/hosts"}, {"content", "made"}, {"create", true}});
  CHECK(out_of(run_service({"read", "/etc/deep/hosts"}, {{"files", files}})) == "open OK\nmade");
  CHECK(out_of(run_service({"read", "/etc/deep/hosts"}, {{"files", files}, {"read_only", true}})) ==
        "open OK\nmade");
}

TEST_CASE("a file is not mounted over a link of the tree") {
  Json entries = {
      {"etc", {{"dir", 0755}}}, {"etc/hosts", {{"link", "/bin/payload"}}}, {"var", {{"link", "/etc"}}}};
  for (const char* path : {"etc/hosts", "var/hosts"}) {
    CAPTURE(path);
    Json files = Json::array();
    files.push_back({{"path", path}, {"content", "x"}, {"create", true}});
    CHECK(run_service({"exit", "0"}, {{"files", files}}, entries).contains("thrown"));
  }
}
