#include "image/layout.h"

#include <sys/stat.h>

#include <thread>

#include "image/image_fixture.h"
#include "image/index_document.h"
#include "image/oci_documents.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct LayoutFixture : ImageFixture {
  ImageLayout layout{images, "web"};

  /// An image which differs from others by `content`.
  Digest add_image(const std::string& content) {
    return layout.add_image(spec({layer({{"x", '-', content}})}), store);
  }
  ImageVersion add(const std::string& content, bool latest = true) {
    return layout.add_version(add_image(content), "1.4", "recipe", Digest::of("lock"), latest);
  }
  Json json(const char* file) { return parse_json(read_file(layout.directory() / file), file); }
};

TEST_CASE("a layout is empty until it has a version") {
  LayoutFixture f;
  CHECK_FALSE(f.layout.exists());
  CHECK(f.layout.versions().empty());
  f.add_image("1");
  CHECK_FALSE(f.layout.exists());
  ImageVersion version = f.add("1");
  CHECK(f.layout.exists());
  CHECK(version.version == "1.4.0");
  CHECK(version.latest);
  CHECK(f.json("oci-layout") == Json({{"imageLayoutVersion", "1.0.0"}}));
}

TEST_CASE("versions are counted and latest moves") {
  LayoutFixture f;
  f.add("1");
  f.add("2");
  f.add("3", false);
  auto versions = f.layout.versions();
  REQUIRE(versions.size() == 3);
  CHECK(versions[0].version == "1.4.0");
  CHECK_FALSE(versions[0].latest);
  CHECK(versions[1].latest);
  CHECK(versions[2].version == "1.4.2");
  CHECK_FALSE(versions[2].latest);
  CHECK(versions[2].reason == "recipe");
  CHECK(versions[2].lock == Digest::of("lock").oci());
  CHECK(versions[2].date.size() == 20);

  std::vector<std::string> names;
  Json index = f.json("index.json");
  for (const Json& entry : index["manifests"])
    names.push_back(entry["annotations"]["org.opencontainers.image.ref.name"]);
  CHECK(names == std::vector<std::string>{"1.4.0", "1.4.1", "1.4.2", "latest"});
}

TEST_CASE("the same image never gets a second version, and nothing moves") {
  LayoutFixture f;
  ImageVersion first = f.add("1");
  f.add("2");
  ImageVersion again = f.add("1", false);
  CHECK(again.version == "1.4.0");
  CHECK_FALSE(again.latest);
  CHECK_FALSE(f.add("1").latest);
  CHECK(f.layout.find("latest").version == "1.4.1");
  CHECK(f.layout.versions().size() == 2);
  CHECK(first.date == again.date);
}

TEST_CASE("the image ID finds a version, however it is compressed") {
  LayoutFixture f;
  const auto zstd = [&](const std::string& content) {
    return f.spec({f.layer({{"x", '-', content}}, Compression::kZstd)});
  };
  const auto id_of = [&](const std::string& content) { return Digest::of(config_document(zstd(content))); };
  CHECK_FALSE(f.layout.version_of(id_of("1")));
  const ImageVersion one = f.add("1");
  CHECK(f.layout.image_id(one) == id_of("1"));
  CHECK(f.layout.version_of(id_of("1"))->version == "1.4.0");
  CHECK_FALSE(f.layout.version_of(id_of("2")));

  // Of several with the same one, the latest; of a rejected one, it is still the same image.
  const ImageVersion packed = f.layout.add_version(f.layout.add_image(zstd("1"), f.store), "1.4", "recipe",
                                                   Digest::of("lock"), false);
  CHECK(packed.manifest != one.manifest);
  CHECK(f.layout.version_of(id_of("1"))->version == "1.4.0");
  f.layout.add_rejected(f.add_image("3"), "1.4", "update", Digest::of("lock"));
  CHECK(f.layout.version_of(id_of("3"))->version == "1.4.2-rejected");

  // One without its blobs is none.
  std::filesystem::remove(f.layout.blob_path(f.layout.manifest(one.manifest).layers[0].digest));
  CHECK(f.layout.version_of(id_of("1"))->version == packed.version);
  write_file(f.layout.blob_path(packed.manifest), "{}", Durability::kCache);
  CHECK_FALSE(f.layout.image_id(packed));
  CHECK_FALSE(f.layout.version_of(id_of("1")));
}

TEST_CASE("another store gets the layers of an image, unless they are damaged") {
  LayoutFixture f;
  const ImageVersion version = f.add("1");
  const Layer layer = f.layout.manifest(version.manifest).layers[0];
  const Store other(f.directory.path() / "other");
  CHECK(f.layout.give_layers(version.manifest, other));
  CHECK(Digest::of(read_file(other.path(Store::Area::kBlob, layer.digest.hex()))) == layer.digest);

  const Store another(f.directory.path() / "another");
  write_file(f.layout.blob_path(layer.digest), std::string(layer.size, 'x'), Durability::kCache);
  CHECK_FALSE(f.layout.give_layers(version.manifest, another));
  CHECK_FALSE(another.contains(Store::Area::kBlob, layer.digest.hex()));
}

TEST_CASE("blobs are links into the store, readable by everybody") {
  LayoutFixture f;
  ::mode_t old = ::umask(077);
  Layer layer = f.layer({{"x", '-', "1"}});
  f.layout.add_image(f.spec({layer}), f.store);
  ::umask(old);
  CHECK(std::filesystem::equivalent(f.blob(layer), f.layout.blob_path(layer.digest)));
  struct stat status{};
  for (const std::filesystem::path& path : {f.layout.directory(), f.layout.blob_directory()}) {
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0755);
  }
  REQUIRE(::stat(f.layout.blob_path(layer.digest).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
}

TEST_CASE("a blob of the wrong size is brought over again") {
  LayoutFixture f;
  Layer layer = f.layer({{"x", '-', "1"}});
  f.layout.add_image(f.spec({layer}), f.store);
  write_file(f.layout.blob_path(layer.digest), "torn", Durability::kCache);
  f.layout.add_image(f.spec({layer}), f.store);
  CHECK(Digest::of(read_file(f.layout.blob_path(layer.digest))) == layer.digest);
}

TEST_CASE("equal specs are equal manifests") {
  LayoutFixture one;
  LayoutFixture other;
  CHECK(one.add_image("1") == other.add_image("1"));
  CHECK(one.add_image("1") != one.add_image("2"));
}

TEST_CASE("a manifest is read with its config and layers") {
  LayoutFixture f;
  Digest digest = f.add_image("1");
  ImageManifest manifest = f.layout.manifest(digest);
  CHECK(manifest.digest == digest);
  CHECK(manifest.config["architecture"] == "amd64");
  REQUIRE(manifest.layers.size() == 1);
  CHECK(manifest.layers[0].created_by == "test");
  CHECK(manifest.layers[0].diff_id == f.layer({{"x", '-', "1"}}).diff_id);
}

TEST_CASE("damaged blobs are noticed") {
  LayoutFixture f;
  Digest digest = f.add_image("1");
  ImageManifest manifest = f.layout.manifest(digest);
  SECTION("manifest") {
    write_file(f.layout.blob_path(digest), "{}", Durability::kCache);
  }
  SECTION("config") {
    write_file(f.layout.blob_path(manifest.config_digest), "{}", Durability::kCache);
  }
  SECTION("layer missing") {
    std::filesystem::remove(f.layout.blob_path(manifest.layers[0].digest));
  }
  SECTION("layer short") {
    write_file(f.layout.blob_path(manifest.layers[0].digest), "", Durability::kCache);
  }
  CHECK_THROWS_AS(f.layout.manifest(digest), Error);
}

TEST_CASE("versions are found by name, latest and digest") {
  LayoutFixture f;
  ImageVersion one = f.add("1");
  ImageVersion two = f.add("2");
  CHECK(f.layout.find("1.4.0").manifest == one.manifest);
  CHECK(f.layout.find("latest").manifest == two.manifest);
  CHECK(f.layout.find(one.manifest.oci()).version == "1.4.0");
  CHECK(f.layout.find(one.manifest.hex().substr(0, 8)).version == "1.4.0");
  CHECK(f.layout.find("sha256:" + one.manifest.hex().substr(0, 12)).version == "1.4.0");
  CHECK_THROWS_AS(f.layout.find(one.manifest.hex().substr(0, 7)), Error);
  try {
    f.layout.find("9.9");
    FAIL("found what is not there");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(error.message() == "the image web has no version 9.9");
    CHECK(error.hint() == "there are: 1.4.0, 1.4.1 (latest)");
  }
}

TEST_CASE("docker finds all versions in manifest.json") {
  LayoutFixture f;
  f.add("1");
  ImageVersion two = f.add("2");
  Json docker = f.json("manifest.json");
  REQUIRE(docker.size() == 2);
  CHECK(docker[0]["RepoTags"] == Json::array({"web:1.4.0"}));
  CHECK(docker[1]["RepoTags"] == Json::array({"web:1.4.1", "web:latest"}));
  ImageManifest manifest = f.layout.manifest(two.manifest);
  CHECK(docker[1]["Config"] == "blobs/sha256/" + manifest.config_digest.hex());
  CHECK(docker[1]["Layers"] == Json::array({"blobs/sha256/" + manifest.layers[0].digest.hex()}));
}

TEST_CASE("a damaged old version does not keep a new one out") {
  LayoutFixture f;
  ImageVersion old = f.add("1");
  write_file(f.layout.blob_path(old.manifest), "{}", Durability::kCache);
  CHECK(f.add("2").version == "1.4.1");
  CHECK(f.json("manifest.json").size() == 1);
  CHECK_THROWS_AS(f.layout.manifest(old.manifest), Error);
}

TEST_CASE("writers at the same time lose nothing") {
  LayoutFixture f;
  std::vector<Digest> images;
  for (int i = 0; i < 16; ++i)
    images.push_back(f.add_image(std::to_string(i)));
  {
    std::vector<std::jthread> writers;
    for (const Digest& image : images) {
      writers.emplace_back([&f, image] {
        ImageLayout(f.images, "web").add_version(image, "1.4", "recipe", Digest::of("lock"), true);
      });
    }
  }
  CHECK(f.layout.versions().size() == 16);
  CHECK(f.json("manifest.json").size() == 16);
  CHECK(f.layout.find("1.4.15").version == "1.4.15");
}

TEST_CASE("what only resembles an index is refused") {
  LayoutFixture f;
  f.add("1");
  Json good = f.json("index.json");
  auto refused = [](const Json& json) { return message_of([&] { parse_index(json.dump(), "i"); }); };
  REQUIRE(refused(good).empty());
  Json json = good;
  json["layers"] = Json::array();
  CHECK(refused(json) == "i: not an OCI image index");
  json = good;
  json["manifests"][0]["annotations"].erase("org.opencontainers.image.ref.name");
  CHECK(refused(json) == "i: an entry has no name");
  json = good;
  json["manifests"].push_back(json["manifests"][0]);
  CHECK(refused(json) == "i: two entries are called 1.4.0");
  json = good;
  json["manifests"].erase(0);
  CHECK(refused(json).starts_with("i: \"latest\" is sha256:"));
  CHECK_FALSE(refused(Json::array()).empty());
}

TEST_CASE("references are a name and perhaps a version") {
  CHECK(parse_reference("web").name == "web");
  CHECK(parse_reference("web").reference == "latest");
  CHECK(parse_reference("web:1.4.0").reference == "1.4.0");
  CHECK(parse_reference("web:sha256:abcdef01").reference == "sha256:abcdef01");
  for (const char* bad : {"", ":1.4", "web:", "../web", "a/b", ".web", "Web"})
    CHECK_THROWS_AS(parse_reference(bad), Error);
}

TEST_CASE("latest moves back and forth, but never to what failed its tests") {
  LayoutFixture f;
  f.add("1");
  f.add("2");
  auto rejected = f.layout.add_rejected(f.add_image("3"), "1.4", "update", Digest::of("lock"));
  CHECK(rejected.version == "1.4.2-rejected");
  CHECK(f.layout.find("1.4.2-rejected").rejected);
  CHECK(f.layout.make_latest("1.4.0").latest);
  CHECK(f.layout.find("latest").version == "1.4.0");
  CHECK_THROWS_AS(f.layout.make_latest("1.4.2-rejected"), Error);
  CHECK_THROWS_AS(f.layout.make_latest("9"), Error);
  CHECK(f.layout.find("latest").version == "1.4.0");
}

TEST_CASE("a candidate that passes after all keeps its number") {
  LayoutFixture f;
  f.add("1");
  f.layout.add_rejected(f.add_image("2"), "1.4", "update", Digest::of("lock"));
  std::string index = read_file(f.layout.directory() / "index.json");
  f.layout.add_rejected(f.add_image("2"), "1.4", "update", Digest::of("lock"));
  CHECK(read_file(f.layout.directory() / "index.json") == index);
  auto version = f.add("2");
  CHECK(version.version == "1.4.1");
  CHECK(version.latest);
  CHECK_FALSE(f.layout.find("1.4.1").rejected);
}

TEST_CASE("evidence refers to its image and is not taken for one") {
  LayoutFixture f;
  auto version = f.add("1");
  f.layout.attach_evidence(
      version.manifest, "application/vnd.test",
      {{"application/json", "evidence.json", "{}"}, {"text/markdown", "evidence.md", "#"}});
  REQUIRE(f.layout.versions().size() == 1);
  version = f.layout.find("1.4.0");
  auto evidence = f.layout.evidence(version);
  REQUIRE(evidence.size() == 2);
  CHECK(evidence[1].title == "evidence.md");
  CHECK(evidence[1].content == "#");
  Json artifact = parse_json(read_file(f.layout.blob_path(*version.evidence)), "artifact");
  CHECK(artifact["subject"]["digest"] == version.manifest.oci());
  CHECK(artifact["artifactType"] == "application/vnd.test");
  CHECK(std::filesystem::exists(f.layout.blob_path(Digest::of("{}"))));

  SECTION("the same evidence changes nothing") {
    std::string index = read_file(f.layout.directory() / "index.json");
    f.layout.attach_evidence(version.manifest, "application/vnd.test", evidence);
    CHECK(read_file(f.layout.directory() / "index.json") == index);
  }
  SECTION("it goes with its version") {
    f.add("2");
    f.layout.drop_versions({"1.4.0"});
    f.add("3");
    for (const ImageVersion& left : f.layout.versions())
      CHECK_FALSE(left.evidence);
  }
}

TEST_CASE("a sweep takes the blobs of dropped versions and nothing else") {
  LayoutFixture f;
  auto old = f.add("1");
  f.add("2");
  f.layout.attach_evidence(f.layout.find("latest").manifest, "application/vnd.test",
                           {{"text/markdown", "evidence.md", "#"}});
  Garbage none;
  f.layout.sweep(f.layout.versions(), {}, none);
  CHECK(none.files() == 0);

  f.layout.drop_versions({"1.4.0", "1.4.1"});
  CHECK(f.layout.versions().size() == 1);  // the latest stays
  Garbage garbage;
  f.layout.sweep(f.layout.versions(), {}, garbage);
  CHECK(garbage.files() == 3);  // manifest, config, layer
  garbage.remove();
  CHECK_FALSE(std::filesystem::exists(f.layout.blob_path(old.manifest)));
  f.layout.manifest(f.layout.find("latest").manifest);
}

}  // namespace
}  // namespace bootstrap
