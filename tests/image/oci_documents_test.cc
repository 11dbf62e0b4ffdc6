#include "image/oci_documents.h"

#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

ImageSpec full_spec() {
  ImageSpec spec;
  spec.name = "web";
  spec.architecture = "armhf";
  spec.created = 1'700'000'000;
  spec.options.entrypoint = {"nginx"};
  spec.options.cmd = {"-g", "daemon off;"};
  spec.options.env = {{"LANG", "C.UTF-8"}, {"A", "b=c"}};
  spec.options.user = "app";
  spec.options.workdir = "/srv";
  spec.options.ports = {"80/tcp", "53/udp"};
  spec.options.stop_signal = "SIGQUIT";
  spec.options.labels = {{"org.opencontainers.image.title", "web"}};
  Layer layer;
  layer.diff_id = Digest::of("tar");
  layer.digest = Digest::of("blob");
  layer.size = 4;
  layer.created_by = "packages: nginx 1";
  spec.layers = {layer};
  return spec;
}

TEST_CASE("a config that follows another keeps all that is in it") {
  ImageSpec spec = full_spec();
  spec.config = Json::parse(config_document(spec));
  spec.config["author"] = "somebody";
  spec.config["config"].update(Json::parse(R"({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 1},
    "Volumes": {"/data": {}}, "Shell": ["/bin/sh", "-c"], "OnBuild": ["x"], "ArgsEscaped": true,
    "of.the.future": [1, {"a": null}]})"));
  spec.config["history"] =
      Json::parse(R"([{"empty_layer": true, "created_by": "ENV"}, {"comment": "first"}])");
  Layer added = spec.layers[0];
  added.diff_id = Digest::of("changes");
  added.created_by = "bootstrap run";
  spec.layers.push_back(added);
  spec.created += 60;
  const Json config = Json::parse(config_document(spec));
  Json expected = spec.config;
  expected["created"] = "2023-11-14T22:14:20Z";
  expected["rootfs"]["diff_ids"].push_back(added.diff_id.oci());
  expected["history"].push_back({{"created", "2023-11-14T22:14:20Z"}, {"created_by", "bootstrap run"}});
  CHECK(config == expected);
}

TEST_CASE("the config says what the spec says") {
  Json config = parse_json(config_document(full_spec()), "config");
  CHECK(config["architecture"] == "arm");
  CHECK(config["variant"] == "v7");
  CHECK(config["os"] == "linux");
  CHECK(config["created"] == "2023-11-14T22:13:20Z");
  CHECK(config["config"] == Json::parse(R"({
    "Entrypoint": ["nginx"], "Cmd": ["-g", "daemon off;"], "User": "app", "WorkingDir": "/srv",
    "Env": ["A=b=c", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "StopSignal": "SIGQUIT",
    "Labels": {"org.opencontainers.image.title": "web"}})"));
  CHECK(config["rootfs"] == Json({{"type", "layers"}, {"diff_ids", Json::array({Digest::of("tar").oci()})}}));
  CHECK(config["history"] == Json::parse(R"([{"created": "2023-11-14T22:13:20Z",
                                              "created_by": "packages: nginx 1"}])"));
}

TEST_CASE("the config does not depend on compression") {
  ImageSpec other = full_spec();
  other.layers[0].compression = Compression::kZstd;
  other.layers[0].digest = Digest::of("another blob");
  other.layers[0].size = 5;
  other.layers[0].encoder = "zstd-1.5.7";
  CHECK(config_document(other) == config_document(full_spec()));
}

TEST_CASE("a PATH of one's own is kept") {
  ImageSpec spec = full_spec();
  spec.options.env = {{"PATH", "/opt/bin"}};
  CHECK(parse_json(config_document(spec), "config")["config"]["Env"] == Json::array({"PATH=/opt/bin"}));
}

TEST_CASE("architectures have the names of OCI") {
  ImageSpec spec = full_spec();
  for (auto [debian, oci] : {std::pair{"amd64", "amd64"}, {"i386", "386"}, {"ppc64el", "ppc64le"}}) {
    spec.architecture = debian;
    CHECK(parse_json(config_document(spec), "config")["architecture"] == oci);
  }
  spec.architecture = "vax";
  CHECK(message_of([&] { config_document(spec); }) == "OCI images have no name for the architecture vax");
}

TEST_CASE("what a runtime starts is read back") {
  ImageSpec spec = full_spec();
  ImageOptions options = runtime_options(parse_json(config_document(spec), "config"));
  CHECK(options.entrypoint == spec.options.entrypoint);
  CHECK(options.cmd == spec.options.cmd);
  CHECK(options.env.at("A") == "b=c");
  CHECK(options.env.count("PATH") == 1);
  CHECK(options.user == "app");
  CHECK(options.workdir == "/srv");
  CHECK(options.stop_signal == "SIGQUIT");

  ImageOptions bare = runtime_options(Json::parse(R"({"config": {"Entrypoint": null, "Cmd": null}})"));
  CHECK(bare.entrypoint.empty());
  CHECK(bare.workdir == "/");
  CHECK_THROWS_AS(runtime_options(Json::parse(R"({"config": {"Cmd": "text"}})")), Error);
}

Descriptor config_descriptor() {
  return {std::string(media_type::kConfig), Digest::of("config"), 6};
}

TEST_CASE("a manifest is read back") {
  Layer gzip = full_spec().layers[0];
  Layer zstd = gzip;
  zstd.compression = Compression::kZstd;
  std::string text = manifest_document(config_descriptor(), {gzip, zstd});
  ManifestDocument manifest = parse_manifest(text, "manifest");
  CHECK(manifest.config.digest == Digest::of("config"));
  REQUIRE(manifest.layers.size() == 2);
  CHECK(manifest.layers[0].compression == Compression::kGzip);
  CHECK(manifest.layers[1].compression == Compression::kZstd);
  CHECK(manifest.layers[1].digest == Digest::of("blob"));
  CHECK(manifest.layers[1].size == 4);
}

TEST_CASE("what only resembles a manifest is refused") {
  Json good = parse_json(manifest_document(config_descriptor(), full_spec().layers), "manifest");
  auto refused = [](const Json& json) { return message_of([&] { parse_manifest(json.dump(), "m"); }); };
  REQUIRE(refused(good).empty());
  Json json = good;
  json["manifests"] = Json::array();
  CHECK(refused(json) == "m: a manifest with a member \"manifests\" is ambiguous");
  json = good;
  json["mediaType"] = media_type::kIndex;
  CHECK_FALSE(refused(json).empty());
  json = good;
  json["schemaVersion"] = 1;
  CHECK_FALSE(refused(json).empty());
  json = good;
  json["layers"][0]["digest"] = "sha512:00";
  CHECK_FALSE(refused(json).empty());
  json = good;
  json["layers"][0]["digest"] = "sha256:" + std::string(64, 'A');
  CHECK_FALSE(refused(json).empty());
  json = good;
  json["layers"][0]["size"] = -1;
  CHECK_FALSE(refused(json).empty());
  json = good;
  json["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+xz";
  CHECK_FALSE(refused(json).empty());
  json = good;
  json.erase("config");
  CHECK_FALSE(refused(json).empty());
  CHECK_FALSE(refused(Json::array()).empty());
}

TEST_CASE("config and manifest must agree on the layers") {
  Json config = parse_json(config_document(full_spec()), "config");
  std::vector<Layer> one(1);
  add_config_facts(config, one, "image");
  CHECK(one[0].diff_id == Digest::of("tar"));
  CHECK(one[0].created_by == "packages: nginx 1");
  std::vector<Layer> two(2);
  CHECK(message_of([&] { add_config_facts(config, two, "image"); }) ==
        "image: its config has 1 layers, its manifest 2");
}

}  // namespace
}  // namespace bootstrap
