#include "rootfs/assemble_tree.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

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

  /// Takes the packages in two steps, the first of stage 0, the second of all others; or, as when the first
  /// step's state is in the store, that from its state alone. Returns the state of the second.
  std::map<std::string, std::string> build_in_steps(bool from_state) {
    const RootfsFixture scratch;
    const Tree tree = scratch.tree();
    FakeSandbox sandbox(tree);
    sandbox.on_run = [&](const SandboxSpec& spec) { on_run(tree, spec); };
    std::vector<PlannedPackage> first, second;
    for (const PlannedPackage& package : packages)
      (package.stage == 0 ? first : second).push_back(package);
    plan.steps = {{first, kBuilderTime}, {second, kBuilderTime + 1}};
    plan.done.reset();
    if (from_state) {
      plan.done = PlannedParent{first, masked_, "states/first.tar", kBuilderTime};
      plan.steps.erase(plan.steps.begin());
    }
    std::vector<UniqueFd> outputs;
    for (const char* name : {"first.tar", "state.tar"})
      if (!from_state || std::string(name) == "state.tar")
        outputs.push_back(
            open_file(store_.store().path(Store::Area::kState, name), O_RDWR | O_CREAT | O_TRUNC, 0644));
    Trace trace("test");
    masked_ = assemble_tree(
                  plan, store_.store_root(), tree, sandbox, outputs, [](std::string_view) {}, trace)
                  .front()
                  .masked;
    return state();
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
  std::map<std::string, std::set<std::string>> masked_;  ///< of the last first step
};

namespace fs = std::filesystem;

/// All that a script can see of a tree but inode numbers and the order of directories: a line for each path.
std::map<std::string, std::string> seen_by_scripts(const Tree& tree) {
  const fs::path root = "/proc/self/fd/" + std::to_string(tree.root()) + "/.";
  std::map<ino_t, std::string> first_paths;
  std::map<std::string, std::string> seen;
  std::vector<fs::path> paths{root};
  for (const auto& item : fs::recursive_directory_iterator(root))
    paths.push_back(item.path());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const std::string name = path.lexically_relative(root).string();
    struct stat status{};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    std::string line = std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) + " " +
                       std::to_string(status.st_gid) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
                       std::to_string(status.st_mtim.tv_nsec);
    if (!S_ISDIR(status.st_mode))
      line += " as " + first_paths.emplace(status.st_ino, name).first->second;
    if (S_ISREG(status.st_mode))
      line += ": " + read_file(path);
    if (S_ISLNK(status.st_mode))
      line += " -> " + fs::read_symlink(path).string();
    std::string attributes(4096, '\0');
    const ssize_t size = ::llistxattr(path.c_str(), attributes.data(), attributes.size());
    line += " " + attributes.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    // We make these for the script that is looking.
    if (name != "usr/sbin" && name != "var/lib/dpkg" && !name.starts_with("var/lib/dpkg/tmp.ci") &&
        name != "usr/sbin/policy-rc.d")
      seen[name] = line;
  }
  return seen;
}

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

namespace {

std::string real_path(const Tree& tree, const std::string& path) {
  return "/proc/self/fd/" + std::to_string(tree.root()) + "/" + path;
}

void make_socket(const std::string& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

/// What a script does to the tree of the packages that the test below has.
using Deed = std::function<void(const Tree& tree)>;
const std::vector<std::pair<const char*, Deed>> kDeeds = {
    {"nothing", [](const Tree&) {}},
    {"a socket", [](const Tree& tree) { make_socket(real_path(tree, "srv/socket")); }},
    {"a socket in a directory that is dropped",
     [](const Tree& tree) {
       tree.make_directory("run/service");
       make_socket(real_path(tree, "run/service/socket"));
     }},
    {"a FIFO", [](const Tree& tree) { REQUIRE(::mkfifo(real_path(tree, "srv/fifo").c_str(), 0640) == 0); }},
    {"a device",
     [](const Tree& tree) { REQUIRE(::mknod(real_path(tree, "srv/null").c_str(), S_IFCHR, 0) == 0); }},
    {"a directory", [](const Tree& tree) { tree.make_directory("srv/made", 0711); }},
    {"a directory with a time of its own",
     [](const Tree& tree) {
       tree.make_directory("srv/made");
       tree.set_mtime("srv/made", 1000);
     }},
    {"a package's directory touched", [](const Tree& tree) { tree.set_mtime("usr/share/p", 2000); }},
    {"a package's file touched", [](const Tree& tree) { tree.set_mtime("usr/share/p/file", 2000); }},
    {"a package's link touched", [](const Tree& tree) { tree.set_mtime("usr/share/p/link", 2000); }},
    {"a package's directory removed", [](const Tree& tree) { tree.remove("usr/share/p/empty"); }},
    {"a package's directory replaced by a link",
     [](const Tree& tree) {
       tree.remove("usr/share/p/empty");
       tree.make_symlink("usr/share/p/empty", "/srv");
     }},
    {"a package's file removed", [](const Tree& tree) { tree.remove("usr/share/p/file"); }},
    {"a package's file changed", [](const Tree& tree) { tree.write("usr/share/p/file", "changed"); }},
    {"a hard link to a package's file",
     [](const Tree& tree) {
       fs::create_hard_link(real_path(tree, "usr/share/p/file"), real_path(tree, "srv/same"));
     }},
    {"two hard links to a package's file",
     [](const Tree& tree) {
       fs::create_hard_link(real_path(tree, "usr/share/p/file"), real_path(tree, "a-first"));
       fs::create_hard_link(real_path(tree, "usr/share/p/file"), real_path(tree, "srv/same"));
     }},
    {"a hard link to a package's hard links",
     [](const Tree& tree) {
       fs::create_hard_link(real_path(tree, "usr/share/p/twin"), real_path(tree, "srv/same"));
     }},
    {"a hard link to a file that is dropped",
     [](const Tree& tree) {
       tree.write("var/log/dpkg.log", "noise");
       fs::create_hard_link(real_path(tree, "var/log/dpkg.log"), real_path(tree, "srv/log"));
     }},
    {"one of a package's hard links changed",
     [](const Tree& tree) {
       tree.remove("usr/share/p/twin");
       tree.write("usr/share/p/twin", "alone");
     }},
    {"hard links of its own",
     [](const Tree& tree) {
       tree.write("srv/one", "x");
       fs::create_hard_link(real_path(tree, "srv/one"), real_path(tree, "srv/another"));
     }},
    {"a name that is not UTF-8",
     [](const Tree& tree) { tree.write("srv/" + std::string(150, 'n') + "\xff", "x"); }},
    {"a name with a line break", [](const Tree& tree) { tree.write("srv/line\nbreak", "x"); }},
    {"an attribute of a package's directory's neighbour",
     [](const Tree& tree) {
       tree.write("srv/attributed", "x");
       ::setxattr(real_path(tree, "srv/attributed").c_str(), "user.kept", "x", 1, 0);
       ::setxattr(real_path(tree, "srv/attributed").c_str(), "trusted.dropped", "x", 1, 0);
     }},
    {"leftovers beside each other",
     [](const Tree& tree) {
       tree.make_directory("var/backups/a");
       tree.write("var/backups/a/x", "x");
       tree.make_directory("var/backups/a-b");
       tree.write("var/backups/a-b/x", "x");
       tree.write("var/backups/a.c", "x");
     }},
};

}  // namespace

TEST_CASE("a step that is restored and one that was just made are one condition") {
  if (!may_make_trees())
    return;
  for (const auto& [what, deed] : kDeeds) {
    INFO(what);
    AssembleTest test;
    test.add(dpkg(), 0);
    test.add(DebBuilder("pp")
                 .file("usr/share/p/file", "as shipped")
                 .hardlink("usr/share/p/twin", "usr/share/p/file")
                 .symlink("usr/share/p/link", "file")
                 .directory("usr/share/p/empty")
                 .directory("srv"),
             0);
    test.add(DebBuilder("later").script("preinst", "#!/bin/sh\n").file("usr/share/later", "x"), 1);
    std::map<std::string, std::string> seen;
    bool done = false;
    test.on_run = [&, &do_deed = deed](const Tree& tree, const SandboxSpec& spec) {
      if (spec.argv[0].ends_with("preinst"))
        seen = seen_by_scripts(tree);
      else if (!std::exchange(done, true))
        do_deed(tree);
    };
    const auto made = test.build_in_steps(false);
    const auto seen_when_made = std::exchange(seen, {});
    const auto restored = test.build_in_steps(true);
    REQUIRE_FALSE(seen.empty());
    for (const auto& [path, line] : seen) {
      INFO(path);
      const auto same = seen_when_made.find(path);
      REQUIRE(same != seen_when_made.end());
      CHECK(same->second == line);
    }
    CHECK(seen.size() == seen_when_made.size());
    CHECK(made == restored);
  }
}
