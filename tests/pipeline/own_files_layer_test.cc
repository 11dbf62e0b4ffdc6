#include "pipeline/own_files_layer.h"

#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "image/layer_reader.h"
#include "pipeline/kept_sources.h"
#include "rootfs/state_tar.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

namespace fs = std::filesystem;

struct Fixture {
  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  fs::path source = directory.path() / "site";
  Recipe recipe;
  AssembledRecipe below;

  Fixture() {
    fs::create_directory(source);
    write("index.html", "hello");
    fs::create_symlink("index.html", source / "link");
    recipe.file = directory.path() / "recipe.yml";
    recipe.files.push_back({source, "/var/run/site", "0", "0", {}});
    below.state.tar = directory.path() / "state.tar";
    const UniqueFd fd = open_file(below.state.tar, O_WRONLY | O_CREAT, 0644);
    StateTarWriter writer(fd.get());
    for (const char* path : {".", "var"}) {
      Entry entry;
      entry.path = path;
      entry.type = EntryType::kDirectory;
      entry.mode = 0755;
      writer.add(entry);
    }
    Entry link;
    link.path = "var/run";
    link.type = EntryType::kSymlink;
    link.link_target = "/run";
    writer.add(link);
    writer.finish();
  }

  void write(const std::string& name, std::string_view content) const {
    write_file(source / name, content, Durability::kCache);
  }
  Layer make(const Digest& locked) const { return make_own_files_layer(recipe, locked, {below}, store); }
  std::size_t layers() const {
    std::size_t count = 0;
    for (const auto& item : fs::recursive_directory_iterator(store.root()))
      count += item.is_regular_file() && item.file_size() > 0;
    return count;
  }
};

}  // namespace

TEST_CASE("what differs from what was locked is not packed, nor kept") {
  const std::vector<std::pair<const char*, std::function<void(const Fixture&)>>> changes = {
      {"content", [](const Fixture& f) { f.write("index.html", "other"); }},
      {"of the same size and date",
       [](const Fixture& f) {
         const auto time = fs::last_write_time(f.source / "index.html");
         f.write("index.html", "hallo");
         fs::last_write_time(f.source / "index.html", time);
       }},
      {"executable",
       [](const Fixture& f) { REQUIRE(::chmod((f.source / "index.html").c_str(), 0755) == 0); }},
      {"one more", [](const Fixture& f) { f.write("more", ""); }},
      {"one less", [](const Fixture& f) { fs::remove(f.source / "index.html"); }},
      {"another name", [](const Fixture& f) { fs::rename(f.source / "index.html", f.source / "index"); }},
      {"another link",
       [](const Fixture& f) {
         fs::remove(f.source / "link");
         fs::create_symlink("elsewhere", f.source / "link");
       }},
  };
  for (const auto& [what, change] : changes) {
    INFO(what);
    const Fixture f;
    const Digest locked = recipe_digest(f.recipe);
    const std::size_t before = f.layers();
    change(f);
    CHECK_THROWS_AS(f.make(locked), Error);
    CHECK(f.layers() == before);
    f.make(recipe_digest(f.recipe));
    CHECK(f.layers() > before);
  }
}

TEST_CASE("files go where the links of the layers below lead") {
  const Fixture f;
  const Layer layer = f.make(recipe_digest(f.recipe));
  const UniqueFd fd = open_file(f.store.path(Store::Area::kBlob, layer.digest.hex()), O_RDONLY);
  LayerReader reader(fd.get(), layer);
  std::vector<std::string> paths;
  while (const auto entry = reader.next())
    paths.push_back(entry->path);
  CHECK(paths == std::vector<std::string>{".", "run", "run/site", "run/site/index.html", "run/site/link"});
}

TEST_CASE("what a record keeps is what was locked, and all of it") {
  const Fixture f;
  for (const std::string& name : {std::string("caf\xe9"), std::string("line\nbreak"), std::string(250, 'n')})
    std::ofstream(f.source / name) << name;
  fs::create_symlink("to\xff", f.source / "strange");
  fs::create_directories(f.source / "empty/inside");
  write_file(f.recipe.file, "name: x\n", Durability::kCache);
  const ImageLayout layout(f.directory.path(), "image");
  fs::create_directories(layout.blob_directory());
  Lockfile lock;
  lock.recipe = recipe_digest(f.recipe);
  const KeptSources kept = keep_sources({f.recipe}, {lock}, layout);
  const Json json = parse_json(compact_json(to_json(kept)), "kept");
  restore_sources(kept_sources_from_json(json), layout, f.directory.path() / "again");
  Recipe again = f.recipe;
  again.files.front().source = f.directory.path() / "again/site";
  CHECK(recipe_digest(again) == lock.recipe);

  f.write("index.html", "other");
  CHECK_THROWS_AS(keep_sources({f.recipe}, {lock}, layout), Error);
}
