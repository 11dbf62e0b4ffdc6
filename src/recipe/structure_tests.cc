#include "recipe/structure_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "recipe/syntax.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

using Strings = std::vector<std::string>;

Strings read_words(const YamlNode* node) {
  Strings words;
  for (std::size_t i = 0; node != nullptr && i < node->sequence().size(); ++i)
    words.push_back(node->sequence()[i].scalar());
  return words;
}

Strings read_patterns(const YamlNode* node) {
  Strings patterns;
  for (std::size_t i = 0; node != nullptr && i < node->sequence().size(); ++i)
    patterns.push_back(checked_pattern(node->sequence()[i], node->sequence()[i].scalar()));
  return patterns;
}

std::optional<std::uint32_t> read_id(const YamlNode* node) {
  constexpr std::int64_t kLastId = 4294967294;
  if (node == nullptr)
    return std::nullopt;
  return static_cast<std::uint32_t>(node->integer(0, kLastId));
}

/// Lists of key and value. What a value refers to with "$" would be the shell's business.
void read_variables(const YamlNode* node, std::map<std::string, std::string>& variables) {
  for (std::size_t i = 0; node != nullptr && i < node->sequence().size(); ++i) {
    const YamlNode& item = node->sequence()[i].map_of({"key", "value", "isRegex"});
    const YamlNode& value = item.at("value");
    if (value.scalar().find('$') != std::string::npos)
      value.fail("variables in values are not replaced here", "write the whole value");
    variables[item.at("key").scalar()] = value.scalar();
  }
}

std::map<std::string, TextExpectation> read_expected_values(const YamlNode* node) {
  std::map<std::string, TextExpectation> expected;
  for (std::size_t i = 0; node != nullptr && i < node->sequence().size(); ++i) {
    const YamlNode& item = node->sequence()[i].map_of({"key", "value", "isRegex"});
    const YamlNode* regex = item.find("isRegex");
    TextExpectation& expectation = expected[item.at("key").scalar()];
    if (regex != nullptr && regex->boolean())
      expectation.matches = {checked_pattern(item.at("value"), item.at("value").scalar())};
    else
      expectation.equals = item.at("value").scalar();
  }
  return expected;
}

SmokeTest read_command_test(const YamlNode& node, const std::map<std::string, std::string>& env) {
  node.map_of({"name", "setup", "teardown", "command", "args", "envVars", "exitCode", "expectedOutput",
               "excludedOutput", "expectedError", "excludedError"});
  for (const char* key : {"setup", "teardown"}) {
    if (const YamlNode* commands = node.find(key); commands != nullptr && !commands->sequence().empty())
      commands->fail(fmt::format("{} commands are not supported", key),
                     "each test starts from the image as it is shipped");
  }
  CommandTest test;
  test.argv = read_words(node.find("args"));
  test.argv.insert(test.argv.begin(), node.at("command").scalar());
  test.env = env;
  read_variables(node.find("envVars"), test.env);
  if (const YamlNode* exit = node.find("exitCode"))
    test.exit = static_cast<int>(exit->integer(0, 255));
  test.out.matches = read_patterns(node.find("expectedOutput"));
  test.out.excludes = read_patterns(node.find("excludedOutput"));
  test.err.matches = read_patterns(node.find("expectedError"));
  test.err.excludes = read_patterns(node.find("excludedError"));
  return {node.at("name").scalar(), std::move(test), {}};
}

/// As Go writes a mode: "-rw-r--r--", "drwxr-xr-x", "dtrwxrwxrwx", "urwxr-xr-x". The permission bits of it.
std::uint32_t read_permissions(const YamlNode& node) {
  constexpr std::string_view kLetters = "rwxrwxrwx";
  const std::string& text = node.scalar();
  bool valid = text.size() > kLetters.size();
  std::uint32_t mode = 0;
  for (std::size_t i = 0; valid && i < kLetters.size(); ++i) {
    const char c = text[text.size() - kLetters.size() + i];
    mode = mode << 1 | (c == '-' ? 0U : 1U);
    valid = c == '-' || c == kLetters[i];
  }
  for (std::size_t i = 0; valid && i + kLetters.size() < text.size(); ++i) {
    mode |= text[i] == 'u' ? 04000U : text[i] == 'g' ? 02000U : text[i] == 't' ? 01000U : 0U;
    valid = std::string_view("-dLugtDpSc").find(text[i]) != std::string_view::npos;
  }
  if (!valid)
    node.fail("not a mode", "as ls writes it: -rw-r--r--");
  return mode;
}

SmokeTest read_existence_test(const YamlNode& node) {
  node.map_of({"name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy"});
  FileTest test;
  test.path = checked(node.at("path"), kAbsolutePath);
  if (const YamlNode* should = node.find("shouldExist"))
    test.exists = should->boolean();
  if (const YamlNode* permissions = node.find("permissions"); permissions && !permissions->scalar().empty())
    test.mode = read_permissions(*permissions);
  if (auto uid = read_id(node.find("uid")))
    test.user = std::to_string(*uid);
  if (auto gid = read_id(node.find("gid")))
    test.group = std::to_string(*gid);
  if (const YamlNode* executable = node.find("isExecutableBy")) {
    constexpr auto kNames = std::to_array<std::string_view>({"owner", "group", "other", "any"});
    test.executable_by = static_cast<FileTest::Executor>(executable->one_of(kNames));
  }
  return {node.at("name").scalar(), std::move(test), {}};
}

SmokeTest read_content_test(const YamlNode& node) {
  node.map_of({"name", "path", "expectedContents", "excludedContents"});
  FileTest test;
  test.path = checked(node.at("path"), kAbsolutePath);
  test.content.matches = read_patterns(node.find("expectedContents"));
  test.content.excludes = read_patterns(node.find("excludedContents"));
  return {node.at("name").scalar(), std::move(test), {}};
}

std::vector<std::string> read_port_list(const YamlNode* node) {
  std::vector<std::string> ports;
  for (std::size_t i = 0; node != nullptr && i < node->sequence().size(); ++i) {
    const auto port = parse_port(node->sequence()[i].scalar());
    if (!port)
      node->sequence()[i].fail("not a port");
    ports.push_back(*port);
  }
  return ports;
}

SmokeTest read_metadata_test(const YamlNode& node) {
  node.map_of({"env", "envVars", "unboundEnvVars", "labels", "exposedPorts", "unexposedPorts", "volumes",
               "unmountedVolumes", "entrypoint", "cmd", "workdir", "user"});
  MetadataTest test;
  test.env = read_expected_values(node.find("env"));
  test.env.merge(read_expected_values(node.find("envVars")));
  test.labels = read_expected_values(node.find("labels"));
  if (const YamlNode* unset = node.find("unboundEnvVars")) {
    for (const YamlNode& item : unset->sequence())
      test.unset_env.push_back(item.at("key").scalar());
  }
  test.ports = read_port_list(node.find("exposedPorts"));
  test.unlisted_ports = read_port_list(node.find("unexposedPorts"));
  test.volumes = read_words(node.find("volumes"));
  test.unlisted_volumes = read_words(node.find("unmountedVolumes"));
  if (const YamlNode* entrypoint = node.find("entrypoint"))
    test.entrypoint = read_words(entrypoint);
  if (const YamlNode* cmd = node.find("cmd"))
    test.cmd = read_words(cmd);
  if (const YamlNode* workdir = node.find("workdir"))
    test.workdir = workdir->scalar();
  if (const YamlNode* user = node.find("user"))
    test.user = user->scalar();
  return {"metadata", std::move(test), {}};
}

}  // namespace

std::vector<SmokeTest> read_structure_tests(const YamlNode& document) {
  document.map_of({"schemaVersion", "globalEnvVars", "commandTests", "fileExistenceTests", "fileContentTests",
                   "metadataTest", "licenseTests", "containerRunOptions"});
  if (const YamlNode& version = document.at("schemaVersion"); version.scalar() != "2.0.0")
    version.fail("only schemaVersion 2.0.0 is understood");
  for (const char* key : {"licenseTests", "containerRunOptions"}) {
    if (document.find(key) != nullptr)
      document.key(key).fail(fmt::format("{} is not supported", key));
  }
  std::map<std::string, std::string> env;
  read_variables(document.find("globalEnvVars"), env);

  std::vector<SmokeTest> tests;
  auto read_list = [&](const char* key, auto read) {
    const YamlNode* list = document.find(key);
    for (std::size_t i = 0; list != nullptr && i < list->sequence().size(); ++i)
      tests.push_back(read(list->sequence()[i]));
  };
  read_list("commandTests", [&](const YamlNode& node) { return read_command_test(node, env); });
  read_list("fileExistenceTests", read_existence_test);
  read_list("fileContentTests", read_content_test);
  if (const YamlNode* metadata = document.find("metadataTest"))
    tests.push_back(read_metadata_test(*metadata));
  return tests;
}

}  // namespace bootstrap
