#include "update/evidence.h"

#include <set>

#include "image/oci_documents.h"
#include "pipeline/record.h"
#include "update/fixes.h"
#include "update/image_diff.h"

namespace bootstrap {

namespace {

constexpr int kFormat = 1;
constexpr const char* kJsonTitle = "evidence.json";
constexpr const char* kTextTitle = "evidence.md";

/// The good version before this one, if there is any.
std::optional<ImageVersion> predecessor_of(const ImageLayout& layout, const ImageVersion& version) {
  std::optional<ImageVersion> before;
  for (const ImageVersion& other : layout.versions()) {
    if (other.manifest == version.manifest)
      return before;
    if (!other.rejected)
      before = other;
  }
  return before;
}

std::vector<std::string> all_of(const std::vector<Move>& moves, std::vector<std::string> Move::* member) {
  std::set<std::string> ids;
  for (const Move& move : moves)
    ids.insert((move.*member).begin(), (move.*member).end());
  return {ids.begin(), ids.end()};
}

/// What differs between two versions. The packages are told by the locks, which know more of them.
Json compare_versions_of(const ImageLayout& layout, const ImageVersion& before, const ImageVersion& after) {
  ContentsReader reader(layout.directory().parent_path());
  Json json = to_json(compare_images(reader.read(layout.name() + ":" + before.version),
                                     reader.read(layout.name() + ":" + after.version)));
  json.erase("packages");
  return json;
}

Json image_id_of(const ImageLayout& layout, const ImageVersion& version) {
  const std::optional<Digest> id = layout.image_id(version);
  return id ? Json(id->oci()) : Json();
}

/// Each once.
Json encoders_of(const ImageMaking& making) {
  std::set<std::string> names;
  for (const auto& [layer, encoder] : making.encoders)
    names.insert(encoder);
  return names;
}

Json describe_locks(const std::vector<Lockfile>& locks) {
  Json json = Json::array();
  for (const Lockfile& lock : locks) {
    Json repositories = Json::array();
    for (const LockedRepository& repository : lock.repositories)
      repositories.push_back({{"archive", repository.archive},
                              {"suite", repository.suite},
                              {"date", repository.date},
                              {"inrelease", repository.inrelease.oci()}});
    json.push_back({{"name", lock.name},
                    {"digest", lock_digest(lock).oci()},
                    {"packages", lock.packages.size()},
                    {"repositories", repositories}});
  }
  return json;
}

Json make_evidence(const ImageLayout& layout, const ImageVersion& version, const TestReport* tests,
                   const Recipe& recipe, Workshop& workshop) {
  VersionRecord record = read_record(layout, version.manifest);
  Json json = {{"format", kFormat},
               {"name", layout.name()},
               {"version", version.version},
               {"image_id", image_id_of(layout, version)},
               {"digest", version.manifest.oci()},
               {"image_format", record.making.format},
               {"encoders", encoders_of(record.making)},
               {"rejected", version.rejected},
               {"tool", "bootstrap " BOOTSTRAP_VERSION},
               {"locks", describe_locks(record.locks)},
               {"tests", tests != nullptr ? to_json(*tests) : Json()},
               {"predecessor", Json()},
               {"packages", Json::array()},
               {"cves", Json::array()},
               {"advisories", Json::array()}};
  auto before = predecessor_of(layout, version);
  if (!before || !has_record(layout, before->manifest))
    return json;
  std::vector<Move> moves = compare_packages(read_record(layout, before->manifest).locks, record.locks);
  find_fixes(moves, recipe, workshop);
  for (const Move& move : moves)
    json["packages"].push_back(to_json(move));
  json["cves"] = all_of(moves, &Move::cves);
  json["advisories"] = all_of(moves, &Move::advisories);
  json["predecessor"] = {{"version", before->version},
                         {"image_id", image_id_of(layout, *before)},
                         {"digest", before->manifest.oci()}};
  json["changes"] = compare_versions_of(layout, *before, version);
  return json;
}

}  // namespace

void ensure_evidence(ImageLayout& layout, const ImageVersion& version, const TestReport* tests,
                     const Recipe& recipe, Workshop& workshop) {
  // A candidate that was rejected and has passed after all gets new evidence.
  if (version.evidence && read_evidence(layout, version).value("rejected", false) == version.rejected)
    return;
  workshop.reporter.stage(layout.name(), "writing evidence");
  Json json = make_evidence(layout, version, tests, recipe, workshop);
  layout.attach_evidence(version.manifest, std::string(media_type::kEvidence),
                         {{std::string(media_type::kEvidence), kJsonTitle, canonical_json(json)},
                          {"text/markdown", kTextTitle, evidence_markdown(json)}});
}

Json read_evidence(const ImageLayout& layout, const ImageVersion& version) {
  for (const Attachment& attachment : layout.evidence(version)) {
    if (attachment.title == kJsonTitle)
      return parse_json(attachment.content, layout.name() + " " + version.version + ", evidence");
  }
  return nullptr;
}

}  // namespace bootstrap
