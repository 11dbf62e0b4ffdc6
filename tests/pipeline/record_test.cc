#include "pipeline/record.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/image_format.h"
#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct RecordFixture : ImageFixture {
  ImageLayout layout{images, "web"};
  Digest manifest = layout.add_image(spec({layer({{"x", '-', "x"}})}), store);
  std::filesystem::path file = layout.directory() / "records" / (manifest.hex() + ".json");

  /// Makes `key` of the record on disk say something else.
  void patch(const std::string& key, const Json& value) {
    Json json = parse_json(read_file(file), "record");
    json[key] = value;
    write_file(file, canonical_json(json), Durability::kCache);
  }
  void remove(const std::string& key) {
    Json json = parse_json(read_file(file), "record");
    json.erase(key);
    write_file(file, canonical_json(json), Durability::kCache);
  }
};

TEST_CASE("a record comes back as it was written") {
  RecordFixture f;
  VersionRecord record;
  record.requested = {"nginx"};
  record.tests = {{"listens", TcpTest{80}, {}}};
  record.limits.pids = 7;
  record.ports = {"80/tcp"};
  record.budgets.setuid = 3;
  record.profile = Profile{{"accept", "bind"}, {"CAP_CHOWN"}, {"/run"}, {"80/tcp"}};
  write_record(f.layout, f.manifest, record);
  const VersionRecord back = read_record(f.layout, f.manifest);
  CHECK(back.requested == record.requested);
  REQUIRE(back.tests.size() == 1);
  CHECK(std::get<TcpTest>(back.tests[0].kind).port == 80);
  CHECK(back.limits.pids == 7);
  CHECK(back.ports == record.ports);
  CHECK(back.budgets.setuid == 3U);
  CHECK_FALSE(back.budgets.size);
  REQUIRE(back.profile);
  CHECK(excess(*record.profile, *back.profile).empty());
}

TEST_CASE("a record says which format and encoders made the image") {
  RecordFixture f;
  std::vector<Layer> layers = f.layout.manifest(f.manifest).layers;
  layers[0].encoder = "zstd-9.9.9";
  VersionRecord record;
  record.making = making_of(layers);
  write_record(f.layout, f.manifest, record);
  const ImageMaking making = read_making(f.layout, f.manifest);
  CHECK(making.format == kImageFormat);
  layers[0].encoder.clear();
  add_encoders(making, layers);
  CHECK(layers[0].encoder == "zstd-9.9.9");

  // One that does not say it is of the first format, and so is an image without a record.
  f.remove("image");
  CHECK(read_making(f.layout, f.manifest).format == 1);
  std::filesystem::remove(f.file);
  CHECK(read_making(f.layout, f.manifest).format == 1);
}

TEST_CASE("a record of the time when tests had no kinds can be read") {
  RecordFixture f;
  write_record(f.layout, f.manifest, {});
  Json flat = {{"name", "serves"},
               {"run", Json::array()},
               {"http", "http://127.0.0.1/"},
               {"tcp", 0},
               {"exit", 0},
               {"stdout", Json::object()},
               {"stderr", Json::object()},
               {"status", 204},
               {"body", {{"contains", "nginx"}}},
               {"timeout_ms", 1500}};
  Json listens = flat;
  listens.update({{"http", ""}, {"tcp", 80}});
  Json runs = flat;
  runs.update({{"http", ""}, {"run", {"nginx", "-t"}}, {"exit", 2}, {"stderr", {{"matches", "syntax.*"}}}});
  f.patch("tests", {flat, listens, runs});
  f.remove("budgets");  // there were none either

  const VersionRecord record = read_record(f.layout, f.manifest);
  REQUIRE(record.tests.size() == 3);
  const auto& http = std::get<HttpTest>(record.tests[0].kind);
  CHECK(record.tests[0].name == "serves");
  CHECK(record.tests[0].timeout == std::chrono::milliseconds(1500));
  CHECK(http.url == "http://127.0.0.1/");
  CHECK(http.status == 204);
  CHECK(http.body.contains == "nginx");
  CHECK(std::get<TcpTest>(record.tests[1].kind).port == 80);
  const auto& command = std::get<CommandTest>(record.tests[2].kind);
  CHECK(command.argv == std::vector<std::string>{"nginx", "-t"});
  CHECK(command.exit == 2);
  CHECK(command.err.matches == std::vector<std::string>{"syntax.*"});
  CHECK_FALSE(command.beside_service);
  CHECK_FALSE(record.profile);
}

TEST_CASE("a damaged record says so") {
  RecordFixture f;
  CHECK_THROWS_AS(read_record(f.layout, f.manifest), Error);
  write_record(f.layout, f.manifest, {});
  f.patch("tests", {{{"name", "x"}}});
  CHECK_THROWS_AS(read_record(f.layout, f.manifest), Error);
}

}  // namespace
}  // namespace bootstrap
