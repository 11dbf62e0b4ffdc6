#include "smoke/test_json.h"

#include <string>

#include "base/error.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

Json expectation_to_json(const TextExpectation& expectation) {
  Json json = Json::object();
  if (expectation.equals)
    json["equals"] = *expectation.equals;
  if (expectation.contains)
    json["contains"] = *expectation.contains;
  if (expectation.matches)
    json["matches"] = *expectation.matches;
  return json;
}

TextExpectation expectation_from_json(const Json& json) {
  auto condition = [&](const char* key) {
    return json.contains(key) ? std::optional(json.at(key).get<std::string>()) : std::nullopt;
  };
  return {condition("equals"), condition("contains"), condition("matches")};
}

template <typename Read>
auto reading(const char* what, Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, std::string("not the description of ") + what + ": " + error.what());
  }
}

}  // namespace

Json smoke_test_to_json(const SmokeTest& test) {
  Json json = {{"name", test.name},
               {"run", test.run},
               {"http", test.http},
               {"tcp", test.tcp},
               {"exit", test.exit},
               {"stdout", expectation_to_json(test.out)},
               {"stderr", expectation_to_json(test.err)},
               {"status", test.status},
               {"body", expectation_to_json(test.body)}};
  if (test.timeout)
    json["timeout_ms"] = test.timeout->count();
  return json;
}

SmokeTest smoke_test_from_json(const Json& json) {
  return reading("a smoke test", [&] {
    SmokeTest test;
    json.at("name").get_to(test.name);
    json.at("run").get_to(test.run);
    json.at("http").get_to(test.http);
    json.at("tcp").get_to(test.tcp);
    json.at("exit").get_to(test.exit);
    json.at("status").get_to(test.status);
    test.out = expectation_from_json(json.at("stdout"));
    test.err = expectation_from_json(json.at("stderr"));
    test.body = expectation_from_json(json.at("body"));
    if (json.contains("timeout_ms"))
      test.timeout = milliseconds(json.at("timeout_ms").get<std::int64_t>());
    return test;
  });
}

Json limits_to_json(const Limits& limits) {
  return {{"memory", limits.memory}, {"pids", limits.pids}, {"timeout_ms", limits.timeout.count()}};
}

Limits limits_from_json(const Json& json) {
  return reading("limits", [&] {
    Limits limits;
    json.at("memory").get_to(limits.memory);
    json.at("pids").get_to(limits.pids);
    limits.timeout = milliseconds(json.at("timeout_ms").get<std::int64_t>());
    return limits;
  });
}

}  // namespace bootstrap
