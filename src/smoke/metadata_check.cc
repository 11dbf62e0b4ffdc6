#include "smoke/metadata_check.h"

#include <fmt/format.h>

namespace bootstrap {
namespace {

using Values = std::map<std::string, std::string>;

/// ["A=1"] -> {"A": "1"}
Values environment(const Json& config) {
  Values values;
  for (const Json& item : config.value("Env", Json::array())) {
    const std::string assignment = item.get<std::string>();
    const std::size_t equals = assignment.find('=');
    values[assignment.substr(0, equals)] = equals == std::string::npos ? "" : assignment.substr(equals + 1);
  }
  return values;
}

std::optional<Failure> check_values(const char* what, const std::map<std::string, TextExpectation>& expected,
                                    const Values& values) {
  for (const auto& [name, expectation] : expected) {
    const auto value = values.find(name);
    const std::string subject = fmt::format("{} {}", what, name);
    if (value == values.end())
      return Failure{subject + " is set", "it is not"};
    if (auto failure = check_text(subject, expectation, value->second))
      return failure;
  }
  return std::nullopt;
}

/// The keys of an object, such as ExposedPorts: {"80/tcp": {}}.
std::optional<Failure> check_keys(const char* what, const std::vector<std::string>& wanted,
                                  const std::vector<std::string>& unwanted, const Json& object) {
  for (const std::string& key : wanted) {
    if (!object.contains(key))
      return Failure{fmt::format("{} {} is declared", what, key), "it is not"};
  }
  for (const std::string& key : unwanted) {
    if (object.contains(key))
      return Failure{fmt::format("{} {} is not declared", what, key), "it is"};
  }
  return std::nullopt;
}

template <typename Value>
std::optional<Failure> check_equal(const char* what, const std::optional<Value>& expected, const Json& config,
                                   const char* key) {
  const Json actual = config.value(key, Json(Value{}));
  if (!expected || actual == Json(*expected))
    return std::nullopt;
  return Failure{fmt::format("{} is {}", what, Json(*expected).dump()), actual.dump()};
}

}  // namespace

std::optional<Failure> check_metadata(const MetadataTest& test, const Json& document) {
  const Json config = document.value("config", Json::object());
  const Values env = environment(config);
  for (const std::string& name : test.unset_env) {
    if (env.contains(name))
      return Failure{fmt::format("variable {} is not set", name), excerpt(env.at(name))};
  }
  const std::optional<Failure> failures[] = {
      check_values("variable", test.env, env),
      check_values("label", test.labels, config.value("Labels", Values{})),
      check_keys("port", test.ports, test.unlisted_ports, config.value("ExposedPorts", Json::object())),
      check_keys("volume", test.volumes, test.unlisted_volumes, config.value("Volumes", Json::object())),
      check_equal("entrypoint", test.entrypoint, config, "Entrypoint"),
      check_equal("cmd", test.cmd, config, "Cmd"),
      check_equal("workdir", test.workdir, config, "WorkingDir"),
      check_equal("user", test.user, config, "User")};
  for (const std::optional<Failure>& failure : failures) {
    if (failure)
      return failure;
  }
  return std::nullopt;
}

}  // namespace bootstrap
