#include "rootfs/assemble_tree.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "rootfs/state_tar.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// Builds recipes, one upon the other, each in a tree of its own.
class AssembleTest {
 public:
  AssembleTest() {
    plan.architecture = "amd64";
    plan.hostname = "localhost";
  }

  void add(const DebBuilder& builder, unsigned stage) {
    packages.push_back({store_.import(builder).key, false, stage});
  }

  AssembledTree build() {
    const RootfsFixture scratch;
    const Tree tree = scratch.tree();
    FakeSandbox sandbox(tree);
    sandbox.on_run = [&](const SandboxSpec& spec) {
      if (on_run)
        on_run(tree, spec);
    };
    plan.steps = {{packages, kBuilderTime}};
    std::vector<UniqueFd> outputs;
    outputs.push_back(
        open_file(store_.store().path(Store::Area::kState, "state.tar"), O_RDWR | O_CREAT | O_TRUNC, 0644));
    Trace trace("test");
    auto results =
        assemble_tree(plan, store_.store_root(), tree, sandbox, outputs, [](std::string_view) {}, trace);
    commands = sandbox.commands();
    return results.front();
  }

  /// What the last build made becomes the parent of the next.
  void extend(const AssembledTree& built) {
    const auto name = "parent" + std::to_string(plan.parents.size()) + ".tar";
    std::filesystem::rename(store_.store().path(Store::Area::kState, "state.tar"),
                            store_.store().path(Store::Area::kState, name));
    plan.parents.push_back({packages, built.masked, "states/" + name});
    packages.clear();
  }

  std::map<std::string, std::string> state() const {
    std::map<std::string, std::string> contents;
    const UniqueFd fd = open_file(store_.store().path(Store::Area::kState, "state.tar"), O_RDONLY);
    read_state_tar(fd.get(), [&](Entry entry, const std::function<std::string_view()>& read) {
      std::string& content = contents[entry.path];
      for (auto piece = read(); !piece.empty(); piece = read())
        content += piece;
      if (entry.type == EntryType::kSymlink)
        content = "-> " + entry.link_target;
    });
    return contents;
  }

  AssemblePlan plan;
  std::vector<PlannedPackage> packages;
  std::function<void(const Tree&, const SandboxSpec&)> on_run;
  std::vector<std::string> commands;

 private:
  RootfsFixture store_;
};

DebBuilder dpkg() {
  return DebBuilder("dpkg", "1.21").file("usr/bin/dpkg", "dpkg");
}

}  // namespace

TEST_CASE("the essential closure is unpacked whole, later stages package by package") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(dpkg(), 0);
  test.add(DebBuilder("libc").script("preinst", "#!/bin/sh\n").file("usr/lib/libc", "x"), 0);
  test.add(DebBuilder("early").file("usr/bin/early", "x"), 1);
  test.add(DebBuilder("needy")
               .field("Pre-Depends", "early")
               .script("preinst", "#!/bin/sh\n")
               .file("usr/bin/needy", "x"),
           1);
  std::vector<std::string> seen;
  test.on_run = [&](const Tree& tree, const SandboxSpec& spec) {
    if (spec.argv[0].ends_with("preinst"))
      seen.push_back(std::string(tree.exists("usr/lib/libc") ? "libc " : "") +
                     (tree.exists("usr/bin/early") ? "early " : "") +
                     (tree.exists("usr/bin/needy") ? "needy" : ""));
  };
  test.build();
  CHECK(seen == std::vector<std::string>{"libc ", "libc early "});
  CHECK(test.commands == std::vector<std::string>{
                             "/var/lib/dpkg/tmp.ci/preinst install",
                             "dpkg --no-triggers --configure dpkg libc", "dpkg --configure --pending",
                             "dpkg --no-triggers --configure early", "/var/lib/dpkg/tmp.ci/preinst install",
                             "dpkg --no-triggers --configure needy", "dpkg --configure --pending"});
}

TEST_CASE("the state holds what no package ships, and nothing else") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(dpkg().conffile("etc/c", "as shipped"), 0);
  test.plan.users = {{"app", 10001, 10001, "/nonexistent", "/bin/false"}};
  test.on_run = [](const Tree& tree, const SandboxSpec&) {
    tree.write("etc/made", "by a script");
    tree.write("etc/machine-id", "0123456789abcdef");
    tree.write("usr/bin/dpkg", "changed");
    tree.write("var/log/dpkg.log", "noise");
  };
  const auto built = test.build();
  const auto state = test.state();
  CHECK(state.at("etc/made") == "by a script");
  CHECK(state.at("etc/machine-id").empty());
  CHECK(state.at("usr/bin/dpkg") == "changed");
  CHECK(state.at("bin") == "-> usr/bin");
  CHECK(state.at("etc/passwd").find("app:x:10001:") == 0);
  CHECK(state.count("dev/null") == 1);
  CHECK(state.at("var/lib/dpkg/status").find("Status: install ok installed") != std::string::npos);
  CHECK(state.count("etc/c") == 0);
  CHECK(state.count("var/log/dpkg.log") == 0);
  CHECK(state.count("usr/sbin/policy-rc.d") == 0);
  CHECK(state.count("var/lib/dpkg/info/dpkg.list") == 0);
  CHECK(built.masked == std::map<std::string, std::set<std::string>>{{"dpkg", {"usr/bin/dpkg"}}});
}

TEST_CASE("building twice gives the same bytes") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(dpkg(), 0);
  test.on_run = [](const Tree& tree, const SandboxSpec&) { tree.write("etc/made", "x"); };
  test.build();
  const auto first = test.state();
  ::usleep(20000);
  test.build();
  CHECK(test.state() == first);
}

TEST_CASE("a child starts from its parent's tree and keeps only its own difference") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(dpkg().file("usr/share/old", "x").file("usr/share/kept", "x"), 0);
  test.on_run = [](const Tree& tree, const SandboxSpec&) {
    tree.write("etc/base", "base");
    tree.make_directory("var");
    if (!tree.exists("var/link"))
      tree.make_symlink("var/link", "/run");
  };
  const auto base = test.build();
  test.extend(base);

  test.add(DebBuilder("child").directory("var/link").file("usr/bin/child", "x"), 3);
  std::string inherited;
  test.on_run = [&](const Tree& tree, const SandboxSpec&) {
    inherited = tree.read("etc/base").value_or("") + tree.read("usr/bin/dpkg").value_or("");
    tree.remove("usr/share/old");
    tree.write("etc/base", "base");
  };
  const auto child = test.build();
  CHECK(inherited == "basedpkg");
  CHECK(test.commands ==
        std::vector<std::string>{"dpkg --no-triggers --configure child", "dpkg --configure --pending"});
  const auto state = test.state();
  CHECK(state.count("etc/base") == 0);
  CHECK(state.count("usr/share/.wh.old") == 1);
  CHECK(state.count("bin") == 0);
  CHECK(state.count("dev/null") == 0);
  CHECK(state.count("dev/.wh.null") == 0);
  CHECK(state.count("var/link") == 0);  // the child's directory is masked, so the parent's link shows
  CHECK(state.at("var/lib/dpkg/status").find("Package: child") != std::string::npos);
  CHECK(child.masked == std::map<std::string, std::set<std::string>>{{"child", {"var/link"}}});
}

TEST_CASE("debconf selections are made as soon as debconf is configured") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.plan.debconf = {"tzdata tzdata/Areas select Etc"};
  test.add(dpkg(), 0);
  SECTION("with debconf") {
    test.add(DebBuilder("debconf").file("usr/bin/debconf", "x"), 0);
    test.add(DebBuilder("tzdata").file("usr/share/zone", "x"), 1);
    std::string selections;
    test.on_run = [&](const Tree& tree, const SandboxSpec& spec) {
      if (spec.argv[0] == "debconf-set-selections")
        selections = tree.read(spec.argv[1].substr(1)).value_or("");
    };
    test.build();
    CHECK(selections == "tzdata tzdata/Areas select Etc\n");
    REQUIRE(test.commands.size() == 5);
    CHECK(test.commands[1].find("debconf-set-selections") == 0);
    CHECK(test.state().count("var/lib/dpkg/debconf-selections") == 0);
  }
  SECTION("without debconf it is an error, not silence") {
    CHECK_THROWS_AS(test.build(), Error);
  }
}

TEST_CASE("a package that dpkg leaves half-configured is an error") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(dpkg(), 0);
  test.on_run = [](const Tree& tree, const SandboxSpec&) {
    tree.write("var/lib/dpkg/status", "Package: dpkg\nStatus: install ok half-configured\n\n");
  };
  CHECK_THROWS_AS(test.build(), Error);
}

TEST_CASE("running scripts without dpkg is refused with the way out") {
  if (!may_make_trees())
    return;
  AssembleTest test;
  test.add(DebBuilder("lonely").file("usr/bin/x", "x"), 0);
  try {
    test.build();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(error.hint().find("scripts: skip") != std::string::npos);
  }
}
