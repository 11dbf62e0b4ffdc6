#include "pipeline/passed_tests.h"

#include "base/json.h"
#include "smoke/test_json.h"

namespace bootstrap {

namespace {

// To be raised when the same tests would give another verdict, or a report could not be read any more.
constexpr int kFormat = 3;

std::string key_of(const Digest& manifest, const VersionRecord& record) {
  Json tests = Json::array();
  for (const SmokeTest& test : record.tests)
    tests.push_back(smoke_test_to_json(test));
  return Digest::of(compact_json({{"format", kFormat},
                                  {"manifest", manifest.oci()},
                                  {"tests", tests},
                                  {"limits", limits_to_json(record.limits)},
                                  {"profile", record.profile ? profile_document(*record.profile) : Json()},
                                  {"budgets", budgets_to_json(record.budgets)}}))
      .hex();
}

}  // namespace

std::optional<TestReport> find_passed_tests(const Store& store, const Digest& manifest,
                                            const VersionRecord& record) {
  const auto report = store.get(Store::Area::kReport, key_of(manifest, record));
  if (!report)
    return std::nullopt;
  return test_report_from_json(parse_json(*report, "the store's test report"));
}

void keep_passed_tests(const Store& store, const Digest& manifest, const VersionRecord& record,
                       const TestReport& report) {
  store.put(Store::Area::kReport, key_of(manifest, record), compact_json(to_json(report)));
}

}  // namespace bootstrap
