// The smoke tests: `tests`.
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

bool is_test_name(std::string_view text) {
  return text.size() <= 80 && text.find('\n') == std::string_view::npos;
}

std::string read_pattern(const YamlNode& node) {
  // std::regex recurses with the length of the pattern.
  constexpr std::size_t kLongest = 500;
  const std::string& pattern = node.string();
  if (pattern.size() > kLongest)
    node.fail(fmt::format("a pattern longer than {} characters", kLongest));
  try {
    std::regex{pattern};
  } catch (const std::regex_error& problem) {
    node.fail("not a regular expression", fmt::format("ECMAScript syntax is expected: {}", problem.what()));
  }
  return pattern;
}

TextExpectation read_expectation(const YamlNode& node) {
  node.map_of({"equals", "contains", "matches"});
  TextExpectation expectation;
  if (const YamlNode* equals = node.find("equals"))
    expectation.equals = equals->any_string();
  if (const YamlNode* contains = node.find("contains"))
    expectation.contains = contains->string();
  if (const YamlNode* matches = node.find("matches"))
    expectation.matches = read_pattern(*matches);
  if (expectation.empty())
    node.fail("expected one or more of equals, contains and matches");
  return expectation;
}

void read_run(const YamlNode& node, SmokeTest& test) {
  node.map_of({"name", "run", "exit", "stdout", "stderr", "timeout"});
  for (const YamlNode& argument : node.at("run").sequence())
    test.run.push_back(test.run.empty() ? argument.string() : argument.any_string());
  if (test.run.empty())
    node.at("run").fail("a command needs a program");
  if (const YamlNode* exit = node.find("exit"))
    test.exit = static_cast<int>(exit->integer(0, 255));
  if (const YamlNode* out = node.find("stdout"))
    test.out = read_expectation(*out);
  if (const YamlNode* err = node.find("stderr"))
    test.err = read_expectation(*err);
}

void read_http(const YamlNode& node, SmokeTest& test) {
  node.map_of({"name", "http", "status", "body", "timeout"});
  test.http =
      checked(node.at("http"), is_loopback_url, "not a URL of the image's own service",
              "the image has no network but its own: http://127.0.0.1:PORT/ or http://localhost:PORT/");
  if (const YamlNode* status = node.find("status"))
    test.status = static_cast<int>(status->integer(100, 599));
  if (const YamlNode* body = node.find("body"))
    test.body = read_expectation(*body);
}

void read_tcp(const YamlNode& node, SmokeTest& test) {
  node.map_of({"name", "tcp", "timeout"});
  test.tcp = static_cast<std::uint16_t>(node.at("tcp").integer(1, 65535));
}

SmokeTest read_test(const YamlNode& node) {
  // First all keys that there are, so that a misspelt one is not taken for a missing one.
  node.map_of({"name", "run", "http", "tcp", "exit", "stdout", "stderr", "status", "body", "timeout"});
  SmokeTest test;
  test.name =
      checked(node.at("name"), is_test_name, "not the name of a test", "one line of at most 80 characters");
  const bool has_run = node.find("run") != nullptr;
  const bool has_http = node.find("http") != nullptr;
  const bool has_tcp = node.find("tcp") != nullptr;
  if (has_run + has_http + has_tcp != 1)
    node.fail("a test has exactly one of run, http and tcp");
  if (has_run)
    read_run(node, test);
  else if (has_http)
    read_http(node, test);
  else
    read_tcp(node, test);
  if (const YamlNode* timeout = node.find("timeout"))
    test.timeout = read_duration(*timeout);
  return test;
}

}  // namespace

std::vector<SmokeTest> read_tests(const YamlNode& node) {
  std::vector<SmokeTest> tests;
  for (const YamlNode& item : node.sequence()) {
    SmokeTest test = read_test(item);
    if (std::any_of(tests.begin(), tests.end(),
                    [&](const SmokeTest& other) { return other.name == test.name; }))
      item.at("name").fail(fmt::format("test \"{}\" is here twice", test.name));
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace bootstrap
