#include "image/own_files.h"

#include <sys/stat.h>

#include "image/image_fixture.h"
#include "image/layer_reader.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct OwnFilesFixture : ImageFixture {
  std::filesystem::path source = directory.path() / "source";
  std::vector<OwnFile> files;
  std::map<std::string, Entry> below;  ///< what the layers beneath have

  OwnFilesFixture() {
    for (const char* path : {".", "var", "usr"})
      put_below(path);
    below["var"].mode = 02775;
    std::filesystem::create_directories(source / "site/img");
    write_file(source / "site/index.html", "hello", Durability::kCache);
    write_file(source / "site/img/logo", "logo", Durability::kCache);
    std::filesystem::create_symlink("index.html", source / "site/home.html");
  }

  OwnFile& add(const std::string& from, const std::string& target) {
    files.push_back({});
    files.back().source = source / from;
    files.back().target = target;
    return files.back();
  }

  std::string tar() {
    return own_files_tar(
               files, 1'600'000'000, [this](const std::string& path) { return find_below(path); },
               [](std::string_view kind, const std::string& name) -> std::uint32_t {
                 if (name == "www-data")
                   return kind == "user" ? 33 : 34;
                 return 0;
               })
        .tar;
  }

  const Entry* find_below(const std::string& path) const {
    const auto found = below.find(path);
    return found == below.end() ? nullptr : &found->second;
  }

  Entry& put_below(const std::string& path, EntryType type = EntryType::kDirectory) {
    Entry& entry = below[path];
    entry.path = path;
    entry.type = type;
    entry.mode = 0755;
    entry.mtime = kBuilderTime;
    return entry;
  }

  void link_below(const std::string& path, const std::string& target) {
    put_below(path, EntryType::kSymlink).link_target = target;
  }

  std::vector<Entry> entries() {
    std::filesystem::path path = directory.path() / "files.tar";
    write_file(path, tar(), Durability::kCache);
    Layer layer = make_tar_layer(store, path, Compression::kGzip, "files");
    UniqueFd fd = open_file(blob(layer), O_RDONLY);
    LayerReader reader(fd.get(), layer);
    std::vector<Entry> entries;
    while (auto entry = reader.next())
      entries.push_back(*entry);
    return entries;
  }

  std::vector<std::string> paths() {
    std::vector<std::string> paths;
    for (const Entry& entry : entries())
      paths.push_back(entry.path);
    return paths;
  }
};

using Paths = std::vector<std::string>;

TEST_CASE("a folder is copied with all it holds and the parents that are missing") {
  OwnFilesFixture f;
  OwnFile& site = f.add("site", "/var/www/html");
  site.user = "www-data";
  site.group = "www-data";
  std::vector<Entry> entries = f.entries();
  CHECK(f.paths() == Paths{".", "var", "var/www", "var/www/html", "var/www/html/home.html",
                           "var/www/html/img", "var/www/html/img/logo", "var/www/html/index.html"});
  CHECK(entries[1].mode == 02775);  // as the layers below have it
  CHECK(entries[1].mtime == kBuilderTime);
  CHECK(entries[2].uid == 0);
  CHECK(entries[2].mode == 0755);
  CHECK(entries[3].uid == 33);
  CHECK(entries[3].gid == 34);
  CHECK(entries[4].type == EntryType::kSymlink);
  CHECK(entries[4].link_target == "index.html");
  CHECK(entries[7].mode == 0644);
  CHECK(entries[7].mtime == 1'600'000'000);
}

TEST_CASE("a file becomes its target, or goes into it") {
  OwnFilesFixture f;
  SECTION("becomes") {
    f.add("site/index.html", "/usr/hello");
  }
  SECTION("goes into") {
    std::filesystem::rename(f.source / "site/index.html", f.source / "hello");
    f.add("hello", "/usr/");
  }
  CHECK(f.paths() == Paths{".", "usr", "usr/hello"});
}

TEST_CASE("a folder may be laid over the root") {
  OwnFilesFixture f;
  f.add("site/img", "/");
  CHECK(f.paths() == Paths{".", "logo"});
}

TEST_CASE("targets are where merged-usr puts them") {
  OwnFilesFixture f;
  f.add("site/index.html", "/bin/tool");
  CHECK(f.paths() == Paths{".", "usr", "usr/bin", "usr/bin/tool"});
}

TEST_CASE("the bytes do not depend on the modes of a checkout") {
  OwnFilesFixture f;
  f.add("site", "/srv");
  std::string before = f.tar();
  ::chmod((f.source / "site/index.html").c_str(), 0600);
  ::chmod((f.source / "site/img").c_str(), 0700);
  CHECK(f.tar() == before);
  ::chmod((f.source / "site/index.html").c_str(), 0700);
  CHECK(f.tar() != before);
  f.files[0].mode = 0640;
  for (const Entry& entry : f.entries()) {
    if (entry.type == EntryType::kFile)
      CHECK(entry.mode == 0640);
  }
}

TEST_CASE("the later of two sources wins") {
  OwnFilesFixture f;
  f.add("site", "/srv");
  f.add("site/img/logo", "/srv/index.html").mode = 0755;
  std::vector<Entry> entries = f.entries();
  auto index =
      std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.path == "srv/index.html"; });
  REQUIRE(index != entries.end());
  CHECK(index->mode == 0755);
  CHECK(index->size == 4);
}

TEST_CASE("sources that cannot be copied are refused") {
  OwnFilesFixture f;
  SECTION("missing") {
    f.add("nowhere", "/x");
  }
  SECTION("pipe") {
    REQUIRE(::mkfifo((f.source / "site/pipe").c_str(), 0644) == 0);
    f.add("site", "/x");
  }
  SECTION("a name that hides files") {
    write_file(f.source / "site/.wh.passwd", "", Durability::kCache);
    f.add("site", "/x");
  }
  SECTION("a file in place of a folder of another entry") {
    f.add("site", "/x");
    f.add("site/index.html", "/x/img");
  }
  SECTION("below a file of another entry") {
    f.add("site/index.html", "/x");
    f.add("site/img/logo", "/x/logo");
  }
  SECTION("target outside") {
    f.add("site", "/../x");
  }
  CHECK_THROWS_AS(f.tar(), Error);
}

TEST_CASE("a target is where the links of the tree lead, and never outside") {
  struct Variant {
    const char* link;
    const char* leads_to;
    const char* target;
    const char* path;  ///< where the file is to be
  };
  const std::vector<Variant> variants = {
      {"var/run", "/run", "/var/run/x", "run/x"},
      {"var/run", "../run", "/var/run/a/b/x", "run/a/b/x"},
      {"var/run", "../../../../run", "/var/run/x", "run/x"},
      {"var/run", "/usr/./run//", "/var/run/x", "usr/run/x"},
      {"var/run", "/", "/var/run/x", "x"},
      {"srv", "var", "/srv/x", "var/x"},
      {"bin", "usr/bin", "/bin/x", "usr/bin/x"},
      {"srv", "var/lib/not/there", "/srv/x", "var/lib/not/there/x"},
      {"var/x", "/dev/null", "/var/x", "var/x"},  // a file takes the place of a link
      {"var/run", "/run", "/var/runner/x", "var/runner/x"},
  };
  for (const Variant& variant : variants) {
    INFO(variant.link << " -> " << variant.leads_to << ", target " << variant.target);
    OwnFilesFixture f;
    f.link_below(variant.link, variant.leads_to);
    f.add("site/index.html", variant.target);
    const std::vector<Entry> entries = f.entries();
    std::vector<std::string> files;
    for (const Entry& entry : entries) {
      if (entry.type == EntryType::kFile)
        files.push_back(entry.path);
      else
        CHECK(entry.type == EntryType::kDirectory);
      CHECK((entry.path == variant.path || entry.path != variant.link));
    }
    CHECK(files == std::vector<std::string>{variant.path});
  }
}

TEST_CASE("a folder that meets a link goes with all it holds where that leads") {
  OwnFilesFixture f;
  f.link_below("var/www", "/srv/web");
  f.put_below("srv/web").mode = 02750;
  SECTION("the target is the link") {
    f.add("site", "/var/www");
  }
  SECTION("a folder of the source meets it") {
    std::filesystem::create_directory(f.source / "tree");
    std::filesystem::create_directory(f.source / "tree/var");
    std::filesystem::rename(f.source / "site", f.source / "tree/var/www");
    f.add("tree", "/");
  }
  SECTION("an earlier source brought the link") {
    f.below.erase("var/www");
    std::filesystem::create_symlink("/srv/web", f.source / "link");
    std::filesystem::create_directory(f.source / "links");
    std::filesystem::create_symlink("/srv/web", f.source / "links/www");
    f.add("links", "/var");
    f.add("site", "/var/www");
  }
  const auto entries = f.entries();
  const auto at = [&](const std::string& path) {
    return std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.path == path; });
  };
  REQUIRE(at("srv/web/img/logo") != entries.end());
  CHECK(at("srv/web")->mode == 02750);
  if (at("var/www") != entries.end())
    CHECK(at("var/www")->type == EntryType::kSymlink);
}

TEST_CASE("links that lead nowhere a file could be are refused, and so is what would hide a tree") {
  OwnFilesFixture f;
  SECTION("circles") {
    f.link_below("var/a", "b");
    f.link_below("var/b", "a");
    f.add("site/index.html", "/var/a/x");
  }
  SECTION("through a file") {
    f.put_below("etc/file", EntryType::kFile);
    f.link_below("var/a", "/etc/file");
    f.add("site/index.html", "/var/a/x");
  }
  SECTION("a file in place of a folder") {
    f.add("site/index.html", "/usr");
  }
  SECTION("a folder in place of a file") {
    f.put_below("usr/tool", EntryType::kFile);
    f.add("site", "/usr/tool");
  }
  SECTION("below the name of a whiteout") {
    f.add("site/index.html", "/usr/.wh.bin/x");
  }
  CHECK_THROWS_AS(f.tar(), Error);
}

}  // namespace
}  // namespace bootstrap
