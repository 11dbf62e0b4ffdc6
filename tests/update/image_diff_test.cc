#include "update/image_diff.h"

#include "image/export.h"
#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

const std::string kStatus =
    "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: "
    "3.0.1-1\n\n"
    "Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-1\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n";

struct DiffFixture : ImageFixture {
  ImageLayout layout{images, "web"};
  ContentsReader reader{images};

  ImageVersion add(std::vector<Layer> layers, const std::vector<std::string>& ports = {}) {
    ImageSpec image = spec(std::move(layers));
    image.options.ports = ports;
    return layout.add_version(layout.add_image(image, store), "1.4", "test", Digest::of("lock"), true);
  }
  ImageDiff diff(const std::string& before, const std::string& after) {
    return compare_images(reader.read(before), reader.read(after));
  }
};

TEST_CASE("installed packages are read with their sources") {
  auto packages =
      parse_installed_packages(kStatus +
                               "\nPackage: bash\nStatus: install ok installed\n"
                               "Source: bash-src (5.2-2)\nVersion: 5.2-2+b1\nArchitecture: amd64\n");
  REQUIRE(packages.size() == 3);
  CHECK(packages[0].source == "bash-src");
  CHECK(packages[0].source_version == "5.2-2");
  CHECK(packages[1].source == "openssl");
  CHECK(packages[1].source_version == "3.0.1-1");
  CHECK(packages[2].source == "nginx");
}

TEST_CASE("versions are compared by packages, files and layers") {
  DiffFixture f;
  Layer base = f.layer({{"etc/same", '-', "same"}, {"var/lib/dpkg/status", '-', kStatus}});
  Layer one = f.layer({{"usr/bin/tool", '-', "1"}, {"usr/lib/libx.so.1", '-', "x"}, {"gone", '-', ""}});
  std::string status = kStatus;
  status.replace(status.find("1.2-1"), 5, "1.2-2");
  TarItem tool{"usr/bin/tool", '-', "1"};
  tool.mode = 04755;
  Layer two = f.layer({tool, {"usr/lib/libx.so.2", '-', "x"}, {"var/lib/dpkg/status", '-', status}});
  f.add({base, one});
  f.add({base, two}, {"80/tcp"});

  ImageDiff diff = f.diff("web:1.4.0", "web");
  REQUIRE(diff.packages.size() == 1);
  CHECK(diff.packages[0].before->version == "1.2-1");
  CHECK(diff.packages[0].after->version == "1.2-2");
  std::vector<std::string> paths;
  for (const FileChange& change : diff.files)
    paths.push_back(change.path);
  CHECK(paths == std::vector<std::string>{"gone", "usr/bin/tool", "usr/lib/libx.so.1", "usr/lib/libx.so.2",
                                          "var/lib/dpkg/status"});
  CHECK(diff.privileged == std::vector<std::string>{"usr/bin/tool"});
  CHECK(describe(*diff.files[1].after) == "-rwsr-xr-x 0:0");
  CHECK(diff.sonames.added == std::vector<std::string>{"libx.so.2"});
  CHECK(diff.sonames.removed == std::vector<std::string>{"libx.so.1"});
  CHECK(diff.ports.added == std::vector<std::string>{"80/tcp"});
  REQUIRE(diff.shared_layers.size() == 1);
  REQUIRE(diff.new_layers.size() == 1);
  CHECK(diff.bytes_to_pull == two.size);
  CHECK(diff.gone_layers.size() == 1);
}

TEST_CASE("an image is the same whatever form it is in") {
  DiffFixture f;
  auto items = owned({{"usr/bin/tool", '-', "1"}, {"usr/bin/alias", 'l', "tool"}});
  auto version = f.add({f.layer(items)});
  std::string archive = (f.directory.path() / "web.tar").string();
  export_archive(f.layout, version, archive, ExportFormat::kOciArchive);
  CHECK(f.diff("web", archive).empty());
  CHECK(f.diff(version.manifest.oci(), "web:1.4.0").empty());
  CHECK(f.diff((f.images / "web").string(), archive).empty());

  std::filesystem::path tree = f.directory.path() / "tree";
  std::filesystem::create_directories(tree / "usr/bin");
  write_file(tree / "usr/bin/tool", "2", Durability::kCache);
  std::filesystem::create_symlink("tool", tree / "usr/bin/alias");
  auto files = f.diff("web", tree.string()).files;
  std::erase_if(files, [](const FileChange& change) { return change.path != "usr/bin/tool"; });
  CHECK(files.size() == 1);
}

TEST_CASE("what is not there is named") {
  DiffFixture f;
  f.add({f.layer({{"x", '-', "1"}})});
  CHECK_THROWS_AS(f.reader.read("web:9.9.9"), Error);
  CHECK_THROWS_AS(f.reader.read("other"), Error);
  CHECK_THROWS_AS(f.reader.read("./nothing/here"), Error);
  CHECK_THROWS_AS(f.reader.read("sha256:0123456789abcdef"), Error);
}

}  // namespace
}  // namespace bootstrap
