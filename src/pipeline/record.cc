#include "pipeline/record.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/image_format.h"
#include "smoke/test_json.h"

namespace bootstrap {

namespace {

std::filesystem::path record_path(const ImageLayout& layout, const Digest& manifest) {
  return layout.directory() / "records" / (manifest.hex() + ".json");
}

Json to_json(const ImageMaking& making) {
  Json encoders = Json::object();
  for (const auto& [layer, encoder] : making.encoders)
    encoders[layer.oci()] = encoder;
  return {{"format", making.format}, {"encoders", encoders}};
}

ImageMaking making_from_json(const Json& json) {
  ImageMaking making;
  making.format = json.value("format", 1);
  const Json encoders = json.value("encoders", Json::object());
  for (const auto& encoder : encoders.items()) {
    if (const auto layer = Digest::parse(encoder.key()))
      making.encoders[*layer] = encoder.value().get<std::string>();
  }
  return making;
}

}  // namespace

void write_record(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record) {
  Json locks = Json::array();
  for (const Lockfile& lock : record.locks)
    locks.push_back(parse_json(to_text(lock), "lock"));
  Json tests = Json::array();
  for (const SmokeTest& test : record.tests)
    tests.push_back(smoke_test_to_json(test));
  Json json = {{"image", to_json(record.making)},
               {"locks", locks},
               {"requested", record.requested},
               {"tests", tests},
               {"limits", limits_to_json(record.limits)},
               {"budgets", budgets_to_json(record.budgets)},
               {"ports", record.ports},
               {"state", record.state},
               {"accepted", Json::array()},
               {"sources", to_json(record.sources)},
               {"releases", Json::array()}};
  for (const AcceptedPath& accepted : record.accepted)
    json["accepted"].push_back({{"path", accepted.path}, {"reason", accepted.reason}});
  if (record.profile)
    json["profile"] = profile_document(*record.profile);
  for (const Digest& release : record.releases)
    json["releases"].push_back(release.oci());
  std::filesystem::path path = record_path(layout, manifest);
  const std::string text = canonical_json(json);
  if (std::filesystem::exists(path) && read_file(path) == text)
    return;  // building again what is there changes nothing, not even a file's time
  make_directories(path.parent_path());
  write_file(path, text, Durability::kDurable);
}

VersionRecord read_record(const ImageLayout& layout, const Digest& manifest) {
  std::filesystem::path path = record_path(layout, manifest);
  std::string what = "the record of " + layout.name() + " " + manifest.oci();
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorKind::kFailure, what + " is missing", "build the image again");
  }
  try {
    Json json = parse_json(read_file(path), what);
    VersionRecord record;
    record.making = making_from_json(json.value("image", Json::object()));
    for (const Json& lock : json.at("locks"))
      record.locks.push_back(parse_lock(canonical_json(lock), what));
    json.at("requested").get_to(record.requested);
    for (const Json& test : json.at("tests"))
      record.tests.push_back(smoke_test_from_json(test));
    record.limits = limits_from_json(json.at("limits"));
    if (json.contains("profile"))
      record.profile = parse_profile(compact_json(json.at("profile")), what);
    record.budgets = budgets_from_json(json.value("budgets", Json::object()));
    record.ports = json.value("ports", std::vector<std::string>{});
    record.state = json.value("state", "");
    for (const Json& accepted : json.value("accepted", Json::array()))
      record.accepted.push_back(
          {accepted.at("path").get<std::string>(), accepted.at("reason").get<std::string>()});
    if (json.contains("sources")) {  // records of the first versions of this program have none
      record.sources = kept_sources_from_json(json.at("sources"));
      for (const Json& release : json.at("releases"))
        record.releases.push_back(Digest::parse(release.get<std::string>()).value_or(Digest()));
    }
    return record;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, what + " is damaged: " + error.what(), "build the image again");
  }
}

ImageMaking read_making(const ImageLayout& layout, const Digest& manifest) {
  try {
    return read_record(layout, manifest).making;
  } catch (const Error&) {
    return {};
  }
}

void add_encoders(const ImageMaking& making, std::vector<Layer>& layers) {
  for (Layer& layer : layers) {
    const auto encoder = making.encoders.find(layer.digest);
    if (encoder != making.encoders.end())
      layer.encoder = encoder->second;
  }
}

ImageMaking making_of(const std::vector<Layer>& layers) {
  ImageMaking making{kImageFormat, {}};
  for (const Layer& layer : layers) {
    if (!layer.encoder.empty())
      making.encoders[layer.digest] = layer.encoder;
  }
  return making;
}

bool has_record(const ImageLayout& layout, const Digest& manifest) {
  return std::filesystem::exists(record_path(layout, manifest));
}

std::set<Digest> sweep_records(const ImageLayout& layout, const std::vector<Digest>& kept, Garbage& garbage) {
  std::filesystem::path directory = layout.directory() / "records";
  if (!std::filesystem::is_directory(directory))
    return {};
  std::set<std::filesystem::path> wanted;
  std::set<Digest> blobs;
  for (const Digest& manifest : kept) {
    if (!has_record(layout, manifest))
      continue;
    wanted.insert(record_path(layout, manifest));
    VersionRecord record = read_record(layout, manifest);
    blobs.insert(record.releases.begin(), record.releases.end());
    for (const KeptFile& file : record.sources.files)
      blobs.insert(file.content);
  }
  for (const auto& record : std::filesystem::directory_iterator(directory)) {
    if (!wanted.contains(record.path()))
      garbage.add(record.path());
  }
  return blobs;
}

}  // namespace bootstrap
