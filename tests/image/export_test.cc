#include "image/export.h"

#include "base/process.h"
#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct ExportFixture : ImageFixture {
  ImageLayout layout{images, "web"};
  std::filesystem::path target = directory.path() / "target";

  ImageVersion add(const std::vector<std::vector<TarItem>>& contents) {
    std::vector<Layer> layers;
    for (const auto& items : contents)
      layers.push_back(layer(owned(items)));
    return layout.add_version(layout.add_image(spec(layers), store), "1.4", "recipe", Digest::of("lock"),
                              true);
  }
  std::string names() {
    ProcessResult tar = run_process({"tar", "-tf", target.string()});
    CHECK(tar.err.empty());
    return tar.out;
  }
};

TEST_CASE("an exported tar is the flattened tree, sorted") {
  ExportFixture f;
  ImageVersion version =
      f.add({{{"usr/", 'd', "", 0755},
              {"usr/b", '-', "lower"},
              {"usr/gone", '-', "x"},
              {.path = "usr/c", .type = 'h', .link_target = "usr/b"}},
             {{"etc/", 'd', "", 0755}, {"usr/.wh.gone"}, {"etc.conf"}, {"etc/a", '-', "upper"}}});
  export_tar(f.layout, version, f.target);
  CHECK(f.names() == "etc/\netc/a\netc.conf\nusr/\nusr/b\nusr/c\n");
  CHECK(run_process({"tar", "-xOf", f.target.string(), "usr/b"}).out == "lower");

  std::string first = read_file(f.target);
  export_tar(f.layout, version, f.target);
  CHECK(read_file(f.target) == first);
}

TEST_CASE("a failed export leaves nothing behind") {
  ExportFixture f;
  ImageVersion version = f.add({{{"a", '-', std::string(5000, 'a')}}});
  ImageManifest manifest = f.layout.manifest(version.manifest);
  std::string blob(manifest.layers[0].size, 'x');
  write_file(f.layout.blob_path(manifest.layers[0].digest), blob, Durability::kCache);
  auto before = std::distance(std::filesystem::directory_iterator(f.directory.path()), {});
  CHECK_THROWS_AS(export_tar(f.layout, version, f.target), Error);
  CHECK(std::distance(std::filesystem::directory_iterator(f.directory.path()), {}) == before);
}

TEST_CASE("an archive holds one version and does not change when latest moves") {
  ExportFixture f;
  ImageVersion one = f.add({{{"a", '-', "1"}}});
  export_archive(f.layout, one, f.target, ExportFormat::kOciArchive);
  std::string first = read_file(f.target);
  f.add({{{"a", '-', "2"}}});
  export_archive(f.layout, f.layout.find("1.4.0"), f.target, ExportFormat::kOciArchive);
  CHECK(read_file(f.target) == first);

  std::string names = f.names();
  CHECK(std::count(names.begin(), names.end(), '\n') == 7);
  CHECK(names.find(one.manifest.hex()) != std::string::npos);
  CHECK(names.find("manifest.json") == std::string::npos);
}

TEST_CASE("a docker archive names the image") {
  ExportFixture f;
  ImageVersion version = f.add({{{"a", '-', "1"}}});
  export_archive(f.layout, version, f.target, ExportFormat::kDockerArchive);
  Json json =
      parse_json(run_process({"tar", "-xOf", f.target.string(), "manifest.json"}).out, "manifest.json");
  CHECK(json[0]["RepoTags"] == Json::array({"web:1.4.0"}));
}

TEST_CASE("an export never writes over a directory") {
  ExportFixture f;
  ImageVersion version = f.add({{{"a", '-', "1"}}});
  std::filesystem::create_directory(f.target);
  write_file(f.target / "mine", "precious", Durability::kCache);
  CHECK_THROWS_AS(export_tar(f.layout, version, f.target), Error);
  CHECK_THROWS_AS(export_directory(f.layout, version, f.target), Error);
  CHECK(listing(f.target) == std::vector<std::string>{"- mine=precious"});
}

TEST_CASE("root exports a directory, others are told what to do") {
  ExportFixture f;
  ImageVersion version = f.add({{{"d/", 'd', "", 0755}, {"d/a", '-', "1"}}});
  if (::geteuid() != 0) {
    CHECK_THROWS_AS(export_directory(f.layout, version, f.target), Error);
    return;
  }
  SECTION("new") {
    export_directory(f.layout, version, f.target);
  }
  SECTION("empty, written with a slash") {
    std::filesystem::create_directory(f.target);
    export_directory(f.layout, version, f.target.string() + "/");
  }
  CHECK(listing(f.target) == std::vector<std::string>{"- d/a=1", "d d"});
  CHECK(std::filesystem::status(f.target).permissions() == std::filesystem::perms(0755));
}

}  // namespace
}  // namespace bootstrap
