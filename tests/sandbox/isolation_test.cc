// What a program in the box can reach, and what it cannot.
#include <sys/stat.h>

#include <set>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a program has the capabilities of its profile, and can never get others") {
  auto status_of = [](const Json& result) { return fields_of(out_of(result)); };
  auto script = status_of(run_script({"read", "/proc/self/status"}));
  auto service = status_of(run_service({"read", "/proc/self/status"}));
  const Json as_user = run_service({"read", "/proc/self/status"}, {{"user", "1000"}});
  auto user = status_of(as_user);
  // CAP_NET_BIND_SERVICE, where the switch that makes it unnecessary cannot be had.
  const std::string none = has_outer_proc(as_user) ? "0000000000000400" : "0000000000000000";
  CHECK(script["CapEff:"] == "00000000800000db");
  CHECK(service["CapEff:"] == "00000000000004eb");
  CHECK(user["CapEff:"] == none);
  CHECK(user["CapAmb:"] == none);
  CHECK(script["CapAmb:"] == "0000000000000000");
  CHECK(service["CapAmb:"] == "0000000000000000");
  for (auto* status : {&script, &service, &user}) {
    CHECK((*status)["CapBnd:"] == (*status)["CapEff:"]);
    CHECK((*status)["CapInh:"] == (*status)["CapAmb:"]);
    CHECK((*status)["NoNewPrivs:"] == "1");
    CHECK((*status)["Seccomp:"] == "2");
  }
}

TEST_CASE("scripts can do to files what packages need, and no device") {
  std::vector<Json> runs = {{{"argv", {"install"}}}};
  BoxRun run = run_boxes(runs);
  std::map<std::string, std::string> steps = fields_of(out_of(run.results.at(0)));
  CHECK(steps["device"] == "EPERM");
  CHECK(steps["setuid-back"] == "EPERM");
  for (const char* name : {"chown", "chmod", "setcap", "mkfifo", "mkdir", "setgroups", "setgid", "setuid"}) {
    CAPTURE(name);
    CHECK(steps[name] == "OK");
  }
  const Json& file = run.tree.at("file");
  CHECK(file.at("uid") == 33);
  CHECK(file.at("gid") == 65534);
  CHECK(file.at("mode") == (S_IFREG | 06755));
  // As the worker reads it: version 2, as root of the host would have stored it.
  CHECK(file.at("capability") == "0000000200040000000000000000000000000000");
}

TEST_CASE("only the mounts of the box are there") {
  Json result = run_script({"read", "/proc/self/mountinfo"});
  std::set<std::string> points;
  std::istringstream lines(out_of(result));
  std::string line;
  std::getline(lines, line);  // "open OK"
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    // A second mount on / would be the host's root, one lookup away.
    const bool covered_again =
        has_outer_proc(result) && (point.starts_with("/proc/") || point.starts_with("/sys/"));
    CHECK((points.insert(point).second || covered_again));
    CHECK((point == "/" || point.starts_with("/proc") || point.starts_with("/sys") ||
           point.starts_with("/dev") || point == "/tmp" || point == "/run"));
  }
  CHECK(points.count("/") == 1);
  CHECK(points.size() > 10);
}

TEST_CASE("what is shown of the kernel tells nothing about the host") {
  for (const char* path : {"/proc/keys", "/proc/interrupts", "/proc/kallsyms", "/proc/kmsg", "/proc/kcore"}) {
    CAPTURE(path);
    Json result = run_script({"read", path});
    CHECK((out_of(result) == "open OK\n" || out_of(result) == "open ENOENT\n"));
  }
  const Json result = run_script({"read", "/proc/1/cgroup"});
  CHECK((has_outer_proc(result) || out_of(result).find("/..") == std::string::npos));
}

TEST_CASE("a program has the environment and descriptors it is given, and no others") {
  Json options = {{"env", {{"A", "1"}, {"B", "two words"}}},
                  {"hostname", "box"},
                  {"working_directory", "/bin"},
                  {"program", true},
                  {"argv", {"/bin/payload", "surroundings"}}};
  options["service"] = true;
  Json result = run_boxes({options}).results.at(0);
  CHECK(out_of(result) ==
        "hostname box\ncwd /bin\nsession 1\numask 18\nenv A=1\nenv B=two words\nfd 0\nfd 1\nfd 2\n");
}

TEST_CASE("a tree with something else than directories at mount points is refused") {
  for (const char* name : {"dev", "proc", "sys", "run", "tmp"}) {
    CAPTURE(name);
    CHECK(run_script({"exit", "0"}, {}, {{name, {{"link", "/bin"}}}}).at("thrown") ==
          "/" + std::string(name) + " of the tree is not a directory: refusing to mount on it");
    CHECK(run_script({"exit", "0"}, {}, {{name, {{"text", ""}}}}).contains("thrown"));
    CHECK(run_script({"exit", "0"}, {}, {{name, {{"fifo", true}}}}).contains("thrown"));
  }
  // The service profile lets an image's own /tmp and /run be.
  CHECK(run_service({"exit", "0"}, {}, {{"dev", {{"link", "/bin"}}}}).contains("thrown"));
  CHECK(run_service({"exit", "0"}, {}, {{"tmp", {{"link", "/bin"}}}}).at("exit_code") == 0);
}

TEST_CASE("the program's user is looked up in the tree") {
  Json entries = {{"etc", {{"dir", 0755}}},
                  {"etc/passwd", {{"text", "web:x:33:34::/:/bin/sh\n"}}},
                  {"etc/group", {{"text", "log:x:4:web\n"}}}};
  CHECK(out_of(run_service({"identity"}, {{"user", "web"}}, entries)) == "33:34 4\n");
  CHECK(out_of(run_service({"identity"}, {{"user", "1000:1001"}}, entries)) == "1000:1001\n");
  CHECK(out_of(run_service({"identity"}, {}, entries)) == "0:0\n");
  CHECK(run_service({"identity"}, {{"user", "nobody"}}, entries).at("thrown") ==
        "the tree's /etc/passwd has no user \"nobody\"");
  // Standard output can be reopened by name, as daemons do that log to /dev/stdout.
  CHECK(out_of(run_service({"write", "/dev/stdout"}, {{"user", "web"}}, entries)) == "x/dev/stdout OK\n");
}
