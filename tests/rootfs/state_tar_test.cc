#include "rootfs/state_tar.h"

#include <unistd.h>

#include "base/error.h"
#include "rootfs/layer_view.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

UniqueFd write_tar(const std::filesystem::path& file,
                   const std::vector<std::pair<Entry, std::string>>& entries) {
  UniqueFd fd = open_file(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
  StateTarWriter writer(fd.get());
  for (const auto& [entry, content] : entries) {
    writer.add(entry);
    if (entry.type == EntryType::kFile)
      writer.write(content);
  }
  writer.finish();
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

}  // namespace

TEST_CASE("a state is laid over a tree: files, links, whiteouts, changes of type") {
  if (!may_make_trees())
    return;
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("etc/gone", "x");
  tree.write("gone/deep/file", "x");
  tree.write("var/run/pid", "x");
  tree.write("file", "x");
  Entry null = make_entry("dev/null", EntryType::kCharacterDevice, 0666);
  null.device_major = 1;
  null.device_minor = 3;
  Entry owned = make_file("etc/owned", "content", 0640);
  owned.gid = 42;
  const std::string long_name = "usr/" + std::string(180, 'n') + "/" + std::string(120, 'm');
  const UniqueFd fd =
      write_tar(fixture.outside("state.tar"), {{make_directory_entry("."), ""},
                                               {whiteout_of("gone", 5), ""},
                                               {null, ""},
                                               {whiteout_of("etc/gone", 5), ""},
                                               {owned, "content"},
                                               {make_directory_entry("file", 0700), ""},
                                               {make_file(long_name, "long"), "long"},
                                               {make_link("twin", "etc/owned", EntryType::kHardlink), ""},
                                               {make_link("var/run", "/run"), ""}});
  const auto entries = restore_state(tree, fd.get());
  REQUIRE(entries.size() == 9);
  CHECK(entries[4] == owned);
  CHECK(entries[2].device_minor == 3);
  CHECK_FALSE(tree.exists("gone"));
  CHECK_FALSE(tree.exists("dev/null"));
  CHECK_FALSE(tree.exists("etc/gone"));
  CHECK(tree.read("etc/owned") == "content");
  CHECK(tree.stat("etc/owned")->st_gid == 42);
  CHECK(tree.stat("etc/owned")->st_mtime == 1000);
  CHECK(tree.stat("twin")->st_ino == tree.stat("etc/owned")->st_ino);
  CHECK(S_ISDIR(tree.stat("file")->st_mode));
  CHECK(S_ISLNK(tree.stat("var/run")->st_mode));
  CHECK(tree.read(long_name) == "long");
}

TEST_CASE("content that is not as long as announced is refused") {
  const RootfsFixture fixture;
  const UniqueFd fd = open_file(fixture.outside("state.tar"), O_RDWR | O_CREAT, 0600);
  StateTarWriter writer(fd.get());
  writer.add(make_file("f", "four"));
  writer.write("abc");
  CHECK_THROWS_AS(writer.write("de"), Error);
  CHECK_THROWS_AS(writer.finish(), Error);
}
