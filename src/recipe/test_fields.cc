// The smoke tests: `tests`.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <variant>

#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

constexpr const char* kStructureTests = "structure-tests";

const Fields<TextExpectation>& expectation_fields() {
  static const Fields<TextExpectation> kFields =
      Fields<TextExpectation>()
          .add("equals", &TextExpectation::equals, any_text(), "The whole text")
          .add("contains", &TextExpectation::contains, text(), "A part of the text")
          .add("matches", &TextExpectation::matches, one_or_list_of(pattern()),
               "ECMAScript regular expressions, each found in the text")
          .add("excludes", &TextExpectation::excludes, one_or_list_of(pattern()),
               "Likewise, and none is found in it")
          .check([](const YamlNode& node, const TextExpectation& expectation) {
            if (expectation.empty())
              node.fail("expected one or more of equals, contains, matches and excludes");
          });
  return kFields;
}

/// Shown only when something is expected.
template <typename T>
typename Fields<T>::Field expectation(std::string key, TextExpectation T::* member, std::string description) {
  return {std::move(key), std::move(description), expectation_fields().schema(),
          [member](const YamlNode& node, Reading& reading, T& test) {
            expectation_fields().read(node, reading, test.*member);
          },
          [member](const T& test) {
            return (test.*member).empty() ? Shown() : expectation_fields().show(test.*member);
          }};
}

/// A word or number as JSON knows it; what is quoted is a string.
Value<Json> json_value() {
  auto read = [](const YamlNode& node, Reading&) {
    const std::string& text = node.scalar();
    if (node.is_quoted())
      return Json(text);
    const Json value = Json::parse(text, nullptr, false);
    return value.is_boolean() || value.is_number() ? value : Json(node.any_string());
  };
  return {read, [](const Json& value) { return Shown(value); }, {{"type", {"string", "number", "boolean"}}}};
}

Value<std::string> header_text() {
  auto read = [](const YamlNode& node, Reading&) {
    if (node.any_string().find_first_of("\r\n") != std::string::npos)
      node.fail("a header has one line");
    return node.any_string();
  };
  return {read, any_text().show, {{"type", "string"}, {"pattern", R"(^[^\r\n]*$)"}}};
}

Fields<CommandTest> command_fields(const std::string& key) {
  return Fields<CommandTest>()
      .required(key, &CommandTest::argv, not_empty(command(), "a command needs a program"),
                "The command, as a list of arguments")
      .entries("env", &CommandTest::env, kEnvironmentName, any_text(), "Variables beyond the image's")
      .add("exit", &CommandTest::exit, integer<int>(0, 255), "Expected exit status")
      .add(expectation("stdout", &CommandTest::out, "What it writes to standard output"))
      .add(expectation("stderr", &CommandTest::err, "What it writes to standard error"));
}

Fields<HttpTest> http_fields() {
  return Fields<HttpTest>()
      .required("http", &HttpTest::url, word(kLoopbackUrl), "URL of the image's own service")
      .add("method", &HttpTest::method, word(kMethod), "Method of the request")
      .entries("headers", &HttpTest::headers, kFieldName, header_text(), "Headers of the request")
      .add("send", &HttpTest::send, any_text(), "Body of the request")
      .add("status", &HttpTest::status, integer<int>(100, 599), "Expected status")
      .entries("answer-headers", &HttpTest::answer_headers, kFieldName, expectation_fields().value(),
               "What headers of the answer must be")
      .add(expectation("body", &HttpTest::body, "What the answer's body must be"))
      .entries("json", &HttpTest::json, kJsonPointer, json_value(), "Values in a JSON body, by JSON pointer");
}

Fields<TcpTest> tcp_fields() {
  return Fields<TcpTest>().required("tcp", &TcpTest::port, integer<std::uint16_t>(1, 65535),
                                    "Port that the service accepts connections on");
}

Fields<FileTest>::Field owner_field() {
  return {"owner", "Expected user, or user and group, as in \"root:www-data\"", schema_of(kTestOwner),
          [](const YamlNode& node, Reading&, FileTest& test) {
            const std::string& text = checked(node, kTestOwner);
            const std::size_t colon = text.find(':');
            test.user = text.substr(0, colon);
            if (colon != std::string::npos)
              test.group = text.substr(colon + 1);
          },
          [](const FileTest& test) {
            if (!test.user)
              return Shown();
            return Shown(test.group ? *test.user + ":" + *test.group : *test.user);
          }};
}

Fields<FileTest> file_fields() {
  return Fields<FileTest>()
      .required("file", &FileTest::path, word(kAbsolutePath), "Absolute path in the image")
      .add("exists", &FileTest::exists, boolean(), "Whether it must exist or must not")
      .add("mode", &FileTest::mode, file_mode("not a mode"), "Expected mode, in quotes")
      .add(owner_field())
      .add(expectation("content", &FileTest::content, "What its content must be"))
      .check([](const YamlNode& node, const FileTest& test) {
        if (!test.exists && (test.mode || test.user || !test.content.empty()))
          node.at("exists").fail("what does not exist has neither mode nor owner nor content");
      });
}

Fields<UserTest> user_test_fields() {
  constexpr std::int64_t kLastId = 4294967294;
  return Fields<UserTest>()
      .required("user", &UserTest::name, word(kUserName), "Name of an account")
      .add("uid", &UserTest::uid, integer<std::uint32_t>(0, kLastId), "Expected number")
      .add("gid", &UserTest::gid, integer<std::uint32_t>(0, kLastId), "Expected number of the group")
      .add("home", &UserTest::home, text(), "Expected home directory")
      .add("shell", &UserTest::shell, any_text(), "Expected login shell");
}

Fields<PortsTest> ports_fields() {
  return Fields<PortsTest>().required("ports", &PortsTest::ports, list_of(port(false)),
                                      "The ports that the service listens on, and no others");
}

struct Exceptions {
  std::vector<std::string> paths;
};

/// `true`, or a map with one list of absolute paths, called `key`.
Value<std::vector<std::string>> exceptions(const std::string& key, const std::string& description) {
  const auto fields =
      Fields<Exceptions>().required(key, &Exceptions::paths, set_of(word(kAbsolutePath)), description);
  auto read = [fields, key](const YamlNode& node, Reading& reading) {
    Exceptions found;
    if (node.is_sequence() || node.is_quoted())
      node.fail(fmt::format("expected true, or a map with \"{}\"", key));
    if (node.is_map())
      fields.read(node, reading, found);
    else if (!node.boolean())
      node.fail("expected true", "leave the test out instead");
    return found.paths;
  };
  auto show = [fields](const std::vector<std::string>& paths) {
    return paths.empty() ? Shown(true) : fields.show({paths});
  };
  return {read, show, {{"anyOf", {{{"const", true}}, fields.schema()}}}};
}

Fields<NoSetuidTest> no_setuid_fields() {
  return Fields<NoSetuidTest>().required("no-setuid", &NoSetuidTest::allow,
                                         exceptions("allow", "Paths that may have the bit or capabilities"),
                                         "No file has the setuid or setgid bit or file capabilities");
}

Fields<ReadOnlyTest> read_only_fields() {
  return Fields<ReadOnlyTest>().required("read-only-rootfs", &ReadOnlyTest::writable,
                                         exceptions("writable", "Directories that must be writable"),
                                         "All tests that start something pass on a read-only root, too");
}

/// One kind of test, as a T: its fields, and those that every test has.
struct TestKind {
  std::string key;  ///< the one that says which kind it is
  Fields<SmokeTest> fields;
  bool (*is)(const SmokeTest& test);
};

template <typename T>
bool holds(const SmokeTest& test) {
  return std::holds_alternative<T>(test.kind);
}
template <bool kBesideService>
bool holds_command(const SmokeTest& test) {
  const auto* command = std::get_if<CommandTest>(&test.kind);
  return command != nullptr && command->beside_service == kBesideService;
}

template <typename T>
T& as(SmokeTest& test) {
  return holds<T>(test) ? std::get<T>(test.kind) : test.kind.emplace<T>();
}
template <bool kBesideService>
CommandTest& as_command(SmokeTest& test) {
  auto& command = as<CommandTest>(test);
  command.beside_service = kBesideService;
  return command;
}

template <typename T>
TestKind test_kind(std::string key, const Fields<T>& own, bool with_timeout,
                   bool (*is)(const SmokeTest&) = holds<T>, T& (*part)(SmokeTest&) = as<T>) {
  Fields<SmokeTest> fields;
  fields.required("name", &SmokeTest::name, word(kTestName), "Its name, different from those of the others");
  fields.template embed<T>(own, part,
                           [](const SmokeTest& test) -> const T& { return std::get<T>(test.kind); });
  if (with_timeout)
    fields.add("timeout", &SmokeTest::timeout, duration(),
               "How long it may take, or is tried again, as in 60s");
  return {std::move(key), std::move(fields), is};
}

const std::vector<TestKind>& test_kinds() {
  static const std::vector<TestKind> kKinds{
      test_kind("run", command_fields("run"), true, holds_command<false>, as_command<false>),
      test_kind("exec", command_fields("exec"), true, holds_command<true>, as_command<true>),
      test_kind("http", http_fields(), true),
      test_kind("tcp", tcp_fields(), true),
      test_kind("file", file_fields(), false),
      test_kind("user", user_test_fields(), false),
      test_kind("ports", ports_fields(), true),
      test_kind("no-setuid", no_setuid_fields(), false),
      test_kind("read-only-rootfs", read_only_fields(), true)};
  return kKinds;
}

/// All keys that a test of some kind has, so that a misspelt one is not taken for a missing one.
std::vector<std::string_view> all_test_keys() {
  std::vector<std::string_view> all{kStructureTests};
  for (const TestKind& kind : test_kinds())
    for (const std::string_view key : kind.fields.keys())
      if (std::find(all.begin(), all.end(), key) == all.end())
        all.push_back(key);
  return all;
}

SmokeTest read_test(const YamlNode& node, Reading& reading) {
  node.map_of(all_test_keys());
  node.at("name");
  const TestKind* found = nullptr;
  for (const TestKind& kind : test_kinds()) {
    if (node.find(kind.key) == nullptr)
      continue;
    if (found != nullptr)
      node.fail(fmt::format("a test is of one kind, not both {} and {}", found->key, kind.key));
    found = &kind;
  }
  if (found == nullptr)
    node.fail(
        "a test has exactly one of run, exec, http, tcp, file, user, ports, no-setuid and read-only-rootfs");
  SmokeTest test;
  found->fields.read(node, reading, test);
  return test;
}

/// Those of a file of another format are shown as what the recipe says of them: the file's name.
Shown show_tests(const std::vector<SmokeTest>& tests) {
  std::vector<Shown> shown;
  std::set<std::filesystem::path> files;
  for (const SmokeTest& test : tests) {
    if (test.file) {
      if (files.insert(*test.file).second)
        shown.emplace_back(Shown::map()).add(kStructureTests, Shown(test.file->string()));
      continue;
    }
    const auto kind = std::find_if(test_kinds().begin(), test_kinds().end(),
                                   [&](const TestKind& candidate) { return candidate.is(test); });
    if (kind != test_kinds().end())
      shown.push_back(kind->fields.show(test));
  }
  return Shown(std::move(shown));
}

Json test_schema() {
  Json kinds = Json::array();
  for (const TestKind& kind : test_kinds())
    kinds.push_back(kind.fields.schema());
  kinds.push_back(
      {{"type", "object"},
       {"properties",
        {{kStructureTests,
          {{"type", "string"},
           {"minLength", 1},
           {"description", "A file of container-structure-test, relative to the recipe's folder"}}}}},
       {"required", {kStructureTests}},
       {"additionalProperties", false}});
  return {{"type", "array"}, {"items", {{"anyOf", kinds}}}};
}

std::vector<SmokeTest> read_tests(const YamlNode& node, Reading& reading) {
  std::vector<SmokeTest> tests;
  std::set<std::string> names;
  for (const YamlNode& item : node.sequence()) {
    if (item.is_map() && item.find(kStructureTests) != nullptr) {
      constexpr std::string_view kKeys[] = {kStructureTests};
      reading.resolve(item.map_of(kKeys).at(kStructureTests), FileReference::Kind::kStructureTests);
      continue;
    }
    SmokeTest test = reading.below(fmt::format("[{}]", tests.size()), item, false,
                                   [&] { return read_test(item, reading); });
    if (!names.insert(test.name).second)
      item.at("name").fail(fmt::format("test \"{}\" is here twice", test.name));
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace

Value<std::vector<SmokeTest>> smoke_tests() {
  return {read_tests, show_tests, test_schema()};
}

}  // namespace bootstrap
