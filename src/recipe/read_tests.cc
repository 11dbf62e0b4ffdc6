// The smoke tests: `tests`.
#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <span>

#include "base/error.h"
#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

bool is_test_name(std::string_view text) {
  return text.size() <= 80 && text.find('\n') == std::string_view::npos;
}

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// RFC 9110's token.
bool is_field_name(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_json_pointer(std::string_view text) {
  try {
    Json::json_pointer{std::string(text)};
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

/// One, or a list of them.
std::vector<std::string> read_patterns(const YamlNode& node) {
  if (!node.is_sequence())
    return {checked_pattern(node, node.string())};
  std::vector<std::string> patterns;
  for (const YamlNode& item : node.sequence())
    patterns.push_back(checked_pattern(item, item.string()));
  return patterns;
}

TextExpectation read_expectation(const YamlNode& node) {
  node.map_of({"equals", "contains", "matches", "excludes"});
  TextExpectation expectation;
  if (const YamlNode* equals = node.find("equals"))
    expectation.equals = equals->any_string();
  if (const YamlNode* contains = node.find("contains"))
    expectation.contains = contains->string();
  if (const YamlNode* matches = node.find("matches"))
    expectation.matches = read_patterns(*matches);
  if (const YamlNode* excludes = node.find("excludes"))
    expectation.excludes = read_patterns(*excludes);
  if (expectation.empty())
    node.fail("expected one or more of equals, contains, matches and excludes");
  return expectation;
}

/// A word or number as JSON knows it; what is quoted is a string.
Json read_json_value(const YamlNode& node) {
  const std::string& text = node.scalar();
  if (node.is_quoted())
    return text;
  const Json value = Json::parse(text, nullptr, false);
  return value.is_boolean() || value.is_number() ? value : Json(node.any_string());
}

std::vector<std::string> read_argv(const YamlNode& node) {
  std::vector<std::string> argv;
  for (const YamlNode& argument : node.sequence())
    argv.push_back(argv.empty() ? argument.string() : argument.any_string());
  if (argv.empty())
    node.fail("a command needs a program");
  return argv;
}

CommandTest read_command(const YamlNode& node, const char* key) {
  node.map_of({"name", key, "env", "exit", "stdout", "stderr", "timeout"});
  CommandTest test;
  test.argv = read_argv(node.at(key));
  if (const YamlNode* env = node.find("env")) {
    env->for_each([&](const YamlNode& name, const YamlNode& value) {
      test.env[checked(name, is_environment_name, "not the name of a variable")] = value.any_string();
    });
  }
  if (const YamlNode* exit = node.find("exit"))
    test.exit = static_cast<int>(exit->integer(0, 255));
  if (const YamlNode* out = node.find("stdout"))
    test.out = read_expectation(*out);
  if (const YamlNode* err = node.find("stderr"))
    test.err = read_expectation(*err);
  return test;
}

SmokeTest::Kind read_run_test(const YamlNode& node) {
  return read_command(node, "run");
}

SmokeTest::Kind read_exec_test(const YamlNode& node) {
  CommandTest test = read_command(node, "exec");
  test.beside_service = true;
  return test;
}

void read_request(const YamlNode& node, HttpTest& test) {
  if (const YamlNode* method = node.find("method"))
    test.method = checked(*method, is_method, "not a method", "upper-case letters, as in POST");
  if (const YamlNode* headers = node.find("headers")) {
    headers->for_each([&](const YamlNode& name, const YamlNode& value) {
      const std::string& text = value.any_string();
      if (text.find_first_of("\r\n") != std::string::npos)
        value.fail("a header has one line");
      test.headers[checked(name, is_field_name, "not the name of a header")] = text;
    });
  }
  if (const YamlNode* send = node.find("send"))
    test.send = send->any_string();
}

SmokeTest::Kind read_http_test(const YamlNode& node) {
  node.map_of(
      {"name", "http", "method", "headers", "send", "status", "answer-headers", "body", "json", "timeout"});
  HttpTest test;
  test.url =
      checked(node.at("http"), is_loopback_url, "not a URL of the image's own service",
              "the image has no network but its own: http://127.0.0.1:PORT/ or http://localhost:PORT/");
  read_request(node, test);
  if (const YamlNode* status = node.find("status"))
    test.status = static_cast<int>(status->integer(100, 599));
  if (const YamlNode* headers = node.find("answer-headers")) {
    headers->for_each([&](const YamlNode& name, const YamlNode& value) {
      test.answer_headers[checked(name, is_field_name, "not the name of a header")] = read_expectation(value);
    });
  }
  if (const YamlNode* body = node.find("body"))
    test.body = read_expectation(*body);
  if (const YamlNode* json = node.find("json")) {
    json->for_each([&](const YamlNode& pointer, const YamlNode& value) {
      test.json[checked(pointer, is_json_pointer, "not a JSON pointer",
                        "as in RFC 6901: /status, /items/0/name")] = read_json_value(value);
    });
  }
  return test;
}

SmokeTest::Kind read_tcp_test(const YamlNode& node) {
  node.map_of({"name", "tcp", "timeout"});
  return TcpTest{static_cast<std::uint16_t>(node.at("tcp").integer(1, 65535))};
}

SmokeTest::Kind read_file_test(const YamlNode& node) {
  node.map_of({"name", "file", "exists", "mode", "owner", "content"});
  FileTest test;
  test.path = checked(node.at("file"), is_absolute_path, kNotAPath, kPathHint);
  if (const YamlNode* exists = node.find("exists"))
    test.exists = exists->boolean();
  if (const YamlNode* mode = node.find("mode")) {
    test.mode = parse_mode(mode->quoted_string());
    if (!test.mode)
      mode->fail("not a mode", "three or four octal digits in quotes, as in \"0644\"");
  }
  if (const YamlNode* owner = node.find("owner")) {
    const std::string text =
        checked(*owner, is_user_and_group, "not an owner", "\"user\" or \"user:group\", names or numbers");
    const std::size_t colon = text.find(':');
    test.user = text.substr(0, colon);
    if (colon != std::string::npos)
      test.group = text.substr(colon + 1);
  }
  if (const YamlNode* content = node.find("content"))
    test.content = read_expectation(*content);
  if (!test.exists && (test.mode || test.user || !test.content.empty()))
    node.at("exists").fail("what does not exist has neither mode nor owner nor content");
  return test;
}

SmokeTest::Kind read_user_test(const YamlNode& node) {
  constexpr std::int64_t kLastId = 4294967294;
  node.map_of({"name", "user", "uid", "gid", "home", "shell"});
  UserTest test;
  test.name = checked(node.at("user"), is_user_name, "not the name of a user");
  if (const YamlNode* uid = node.find("uid"))
    test.uid = static_cast<std::uint32_t>(uid->integer(0, kLastId));
  if (const YamlNode* gid = node.find("gid"))
    test.gid = static_cast<std::uint32_t>(gid->integer(0, kLastId));
  if (const YamlNode* home = node.find("home"))
    test.home = home->string();
  if (const YamlNode* shell = node.find("shell"))
    test.shell = shell->any_string();
  return test;
}

SmokeTest::Kind read_ports_test(const YamlNode& node) {
  node.map_of({"name", "ports", "timeout"});
  PortsTest test;
  for (const YamlNode& item : node.at("ports").sequence()) {
    auto port = parse_port(item.scalar());
    if (!port || port->ends_with("/sctp"))
      item.fail("not a port", "a number, or one with its protocol, tcp or udp: 80, 53/udp");
    test.ports.push_back(std::move(*port));
  }
  return test;
}

/// `true`, or a map with one list of absolute paths.
std::vector<std::string> read_exceptions(const YamlNode& node, const char* key, const char* list) {
  const YamlNode& value = node.at(key);
  if (value.is_sequence() || value.is_quoted())
    value.fail(fmt::format("expected true, or a map with \"{}\"", list));
  if (value.is_map())
    return checked_list(value.map_of({list}).at(list), is_absolute_path, kNotAPath, kPathHint);
  if (!value.boolean())
    value.fail("expected true", "leave the test out instead");
  return {};
}

SmokeTest::Kind read_no_setuid_test(const YamlNode& node) {
  node.map_of({"name", "no-setuid"});
  return NoSetuidTest{read_exceptions(node, "no-setuid", "allow")};
}

SmokeTest::Kind read_read_only_test(const YamlNode& node) {
  node.map_of({"name", "read-only-rootfs", "timeout"});
  return ReadOnlyTest{read_exceptions(node, "read-only-rootfs", "writable")};
}

struct KindReader {
  const char* key;
  SmokeTest::Kind (*read)(const YamlNode& node);
};
constexpr KindReader kKinds[] = {{"run", read_run_test},
                                 {"exec", read_exec_test},
                                 {"http", read_http_test},
                                 {"tcp", read_tcp_test},
                                 {"file", read_file_test},
                                 {"user", read_user_test},
                                 {"ports", read_ports_test},
                                 {"no-setuid", read_no_setuid_test},
                                 {"read-only-rootfs", read_read_only_test}};

SmokeTest read_test(const YamlNode& node) {
  // First all keys that there are, so that a misspelt one is not taken for a missing one.
  node.map_of({"name",
               "run",
               "exec",
               "http",
               "tcp",
               "file",
               "user",
               "ports",
               "method",
               "headers",
               "send",
               "status",
               "answer-headers",
               "body",
               "json",
               "env",
               "exit",
               "stdout",
               "stderr",
               "exists",
               "mode",
               "owner",
               "content",
               "uid",
               "gid",
               "home",
               "shell",
               "timeout",
               "no-setuid",
               "read-only-rootfs",
               "structure-tests"});
  SmokeTest test;
  test.name =
      checked(node.at("name"), is_test_name, "not the name of a test", "one line of at most 80 characters");
  const KindReader* found = nullptr;
  for (const KindReader& kind : kKinds) {
    if (node.find(kind.key) == nullptr)
      continue;
    if (found != nullptr)
      node.fail(fmt::format("a test is of one kind, not both {} and {}", found->key, kind.key));
    found = &kind;
  }
  if (found == nullptr)
    node.fail(
        "a test has exactly one of run, exec, http, tcp, file, user, ports, no-setuid and read-only-rootfs");
  test.kind = found->read(node);
  if (const YamlNode* timeout = node.find("timeout"))
    test.timeout = read_duration(*timeout);
  return test;
}

}  // namespace

std::string checked_pattern(const YamlNode& node, const std::string& pattern) {
  // std::regex recurses with the length of the pattern.
  constexpr std::size_t kLongest = 500;
  if (pattern.size() > kLongest)
    node.fail(fmt::format("a pattern longer than {} characters", kLongest));
  try {
    std::regex{pattern};
  } catch (const std::regex_error& problem) {
    node.fail("not a regular expression", fmt::format("ECMAScript syntax is expected: {}", problem.what()));
  }
  return pattern;
}

std::vector<SmokeTest> read_tests(const YamlNode& node, FileReferences& files) {
  std::vector<SmokeTest> tests;
  for (const YamlNode& item : node.sequence()) {
    if (item.is_map() && item.find("structure-tests") != nullptr) {
      files.resolve(item.map_of({"structure-tests"}).at("structure-tests"),
                    FileReference::Kind::kStructureTests);
      continue;
    }
    SmokeTest test = read_test(item);
    if (std::any_of(tests.begin(), tests.end(),
                    [&](const SmokeTest& other) { return other.name == test.name; }))
      item.at("name").fail(fmt::format("test \"{}\" is here twice", test.name));
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace bootstrap
