#include "rootfs/scripts.h"

#include <functional>

#include "base/error.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

const ScriptSettings kSettings{1234, "box", "1.21.22"};

Segment with_preinst() {
  Segment package = make_segment("p", {}, {});
  package.control.files["preinst"] = {"#!/bin/sh\nexit 0\n", 0755, 0};
  package.control.files["templates"] = {"Template: p/q\n", 0644, 0};
  return package;
}

}  // namespace

TEST_CASE("a preinst runs from dpkg's control directory with its neighbours, and nothing stays") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  std::string script;
  std::string templates;
  sandbox.on_run = [&](const SandboxSpec&) {
    script = tree.read("var/lib/dpkg/tmp.ci/preinst").value_or("");
    templates = tree.read("var/lib/dpkg/tmp.ci/templates").value_or("");
  };
  ScriptRunner scripts(tree, sandbox, kSettings);
  scripts.preinst(with_preinst());
  REQUIRE(sandbox.runs.size() == 1);
  const SandboxSpec& run = sandbox.runs[0];
  CHECK(run.argv == std::vector<std::string>{"/var/lib/dpkg/tmp.ci/preinst", "install"});
  CHECK(run.profile == SandboxProfile::kMaintainerScript);
  CHECK(run.hostname == "box");
  CHECK(run.env.at("DPKG_MAINTSCRIPT_PACKAGE") == "p");
  CHECK(run.env.at("DPKG_MAINTSCRIPT_NAME") == "preinst");
  CHECK(run.env.at("DPKG_RUNNING_VERSION") == "1.21.22");
  CHECK(run.env.at("SOURCE_DATE_EPOCH") == "1234");
  CHECK(script == "#!/bin/sh\nexit 0\n");
  CHECK(templates == "Template: p/q\n");
  CHECK_FALSE(tree.exists("var/lib/dpkg/tmp.ci"));
}

TEST_CASE("a preinst without an interpreter, or not executable, runs as dpkg would run it") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  mode_t mode = 0;
  sandbox.on_run = [&](const SandboxSpec&) {
    mode = tree.stat("var/lib/dpkg/tmp.ci/preinst")->st_mode & 07777;
  };
  const std::string path = "/var/lib/dpkg/tmp.ci/preinst";
  Segment package = with_preinst();
  ControlFile& preinst = package.control.files.at("preinst");
  std::vector<std::string> expected = {path, "install"};
  SECTION("no #!") {
    preinst.content = "exit 0\n";
    expected.insert(expected.begin(), "/bin/sh");
  }
  SECTION("empty") {
    preinst.content.clear();
    expected.insert(expected.begin(), "/bin/sh");
  }
  SECTION("a program") {
    preinst.content =
        "\x7f"
        "ELF...";
  }
  SECTION("not executable") {
    preinst.mode = 0644;
  }
  ScriptRunner(tree, sandbox, kSettings).preinst(package);
  REQUIRE(sandbox.runs.size() == 1);
  CHECK(sandbox.runs[0].argv == expected);
  CHECK(mode == 0755);
}

TEST_CASE("services are kept from starting by stubs that do not stay") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  SECTION("policy-rc.d is only a place holder") {
    ScriptRunner scripts(tree, sandbox, kSettings);
    CHECK(tree.exists("usr/sbin/policy-rc.d"));
    scripts.finish();
    CHECK_FALSE(tree.exists("usr/sbin/policy-rc.d"));
  }
  SECTION("one that was there stays as it is") {
    tree.write("usr/sbin/policy-rc.d", "mine");
    ScriptRunner scripts(tree, sandbox, kSettings);
    scripts.finish();
    CHECK(tree.read("usr/sbin/policy-rc.d") == "mine");
  }
  SECTION("they say what they must say") {
    ScriptRunner scripts(tree, sandbox, kSettings);
    scripts.configure_pending();
    std::map<std::string, std::string> stubs;
    for (const auto& file : sandbox.runs.at(0).files)
      stubs[file.path] = file.content;
    CHECK(stubs.at("usr/sbin/policy-rc.d").find("exit 101") != std::string::npos);
    CHECK(stubs.count("usr/sbin/start-stop-daemon") == 1);
    CHECK(stubs.at("usr/bin/ischroot") == "#!/bin/sh\nexit 0\n");
  }
}

TEST_CASE("a failing preinst is named with the end of its output") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  sandbox.next_result.exit_code = 3;
  sandbox.next_result.err = "cannot find the thing\n";
  ScriptRunner scripts(tree, sandbox, kSettings);
  try {
    scripts.preinst(with_preinst());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message().find("p 1: its preinst failed with exit code 3") == 0);
    CHECK(error.message().find("cannot find the thing") != std::string::npos);
  }
  CHECK_FALSE(tree.exists("var/lib/dpkg/tmp.ci"));
}

TEST_CASE("dpkg's own words name the package and the script") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  sandbox.next_result.exit_code = 1;
  sandbox.next_result.out = "Setting up nginx (1.22) ...\nboom\n";
  sandbox.next_result.err =
      "dpkg: error processing package nginx (--configure):\n"
      " installed nginx package post-installation script subprocess returned error exit status 7\n"
      "Errors were encountered while processing:\n nginx\n";
  ScriptRunner scripts(tree, sandbox, kSettings);
  const Segment nginx = make_segment("nginx", {}, {});
  try {
    scripts.configure({&nginx});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message().find("nginx: installed nginx package post-installation script subprocess returned "
                               "error exit status 7:\n") == 0);
    CHECK(error.message().find("boom") != std::string::npos);
  }
}

TEST_CASE("that a script was killed for want of memory is told, whoever else has words for it") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  FakeSandbox sandbox(tree);
  sandbox.next_result.end = SandboxResult::End::kOutOfMemory;
  sandbox.next_result.exit_code = 1;
  sandbox.next_result.problem = "needed more than 2048 MiB of memory";
  ScriptRunner scripts(tree, sandbox, kSettings);
  std::string message;
  const auto failure_of = [&message](const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      message = error.message();
    }
  };
  SECTION("a preinst") {
    failure_of([&] { scripts.preinst(with_preinst()); });
  }
  SECTION("a postinst, of which dpkg tells the exit status") {
    sandbox.next_result.err =
        "dpkg: error processing package p (--configure):\n"
        " installed p package post-installation script subprocess returned error exit status 137\n";
    failure_of([&] { scripts.configure_pending(); });
    CHECK(message.find("exit status 137") != std::string::npos);
  }
  SECTION("dpkg itself") {
    failure_of([&] { scripts.configure_pending(); });
  }
  SECTION("debconf") {
    failure_of([&] { scripts.set_selections({"a b c d"}); });
  }
  CHECK(message.find("needed more than 2048 MiB of memory") != std::string::npos);
}

TEST_CASE("the last lines of a text") {
  CHECK(last_lines("", 3).empty());
  CHECK(last_lines("a\n", 3) == "a");
  CHECK(last_lines("a\nb\nc\nd\n", 2) == "c\nd");
  CHECK(last_lines("a\nb", 2) == "a\nb");
  CHECK(last_lines("\n\na", 1) == "a");
}
