#include "rootfs/accelerated_sandbox.h"

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a helper that is not known byte for byte is not covered") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("usr/bin/dpkg-maintscript-helper", "#!/bin/sh\nexit 0\n", 0755);
  CHECK(accelerator_mounts(tree, "program").empty());
}

TEST_CASE("a known helper is covered, and stays within reach") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  // The machine's own is the one original at hand.
  const UniqueFd root = open_file("/", O_RDONLY | O_DIRECTORY);
  const auto original = Tree(root.get()).read("usr/bin/deb-systemd-helper");
  REQUIRE(original);
  tree.write("usr/bin/deb-systemd-helper", *original, 0755);
  const auto mounts = accelerator_mounts(tree, "program");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].path == "usr/bin/deb-systemd-helper");
  CHECK(mounts[0].content.starts_with("#!/run/bootstrap/accelerator deb-systemd-helper\n"));
  CHECK_FALSE(mounts[0].create);
  CHECK(mounts[1].path == "run/bootstrap/original/deb-systemd-helper");
  CHECK(mounts[1].content == *original);
  CHECK(mounts[2].path == "run/bootstrap/accelerator");
  CHECK(mounts[2].content == "program");

  SECTION("one byte more, and it is not") {
    tree.write("usr/bin/deb-systemd-helper", *original + "\n", 0755);
    CHECK(accelerator_mounts(tree, "program").empty());
  }
  SECTION("only scripts are served") {
    auto inner = std::make_unique<FakeSandbox>(tree);
    FakeSandbox& runs = *inner;
    AcceleratedSandbox sandbox(std::move(inner), "program");
    SandboxSpec spec;
    spec.root = tree.root();
    spec.argv = {"true"};
    sandbox.run(spec);
    spec.profile = SandboxProfile::kService;
    sandbox.run(spec);
    REQUIRE(runs.runs.size() == 2);
    CHECK(runs.runs[0].files.size() == 3);
    CHECK(runs.runs[1].files.empty());
  }
}
