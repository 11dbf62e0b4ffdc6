#include "smoke/test_json.h"

#include <iterator>
#include <string>
#include <type_traits>

#include "base/error.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

/// One list of a struct's members, for reading and for writing: `archive` is a Writer or a Reader.
class Writer {
 public:
  template <typename Value>
  void member(const char* name, const Value& value) {
    if constexpr (requires { value.has_value(); }) {
      if (value)
        json_[name] = *value;
    } else {
      json_[name] = value;
    }
  }
  void member(const char* name, const TextExpectation& value);
  void member(const char* name, const std::map<std::string, TextExpectation>& values);
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  template <typename Value>
  void member(const char* name, Value& value) {
    if constexpr (requires { value.has_value(); }) {
      if (json_.contains(name))
        value = json_.at(name).get<typename Value::value_type>();
    } else {
      json_.at(name).get_to(value);
    }
  }
  void member(const char* name, TextExpectation& value);
  void member(const char* name, std::map<std::string, TextExpectation>& values);

 private:
  const Json& json_;
};

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, TextExpectation>
{
  archive.member("equals", x.equals);
  archive.member("contains", x.contains);
  archive.member("matches", x.matches);
  archive.member("excludes", x.excludes);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, CommandTest>
{
  archive.member("argv", x.argv);
  archive.member("beside_service", x.beside_service);
  archive.member("env", x.env);
  archive.member("exit", x.exit);
  archive.member("stdout", x.out);
  archive.member("stderr", x.err);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, TcpTest>
{
  archive.member("port", x.port);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, HttpTest>
{
  archive.member("url", x.url);
  archive.member("method", x.method);
  archive.member("headers", x.headers);
  archive.member("send", x.send);
  archive.member("status", x.status);
  archive.member("answer_headers", x.answer_headers);
  archive.member("body", x.body);
  archive.member("json", x.json);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, FileTest>
{
  archive.member("path", x.path);
  archive.member("exists", x.exists);
  archive.member("mode", x.mode);
  archive.member("user", x.user);
  archive.member("group", x.group);
  archive.member("executable_by", x.executable_by);
  archive.member("content", x.content);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, UserTest>
{
  archive.member("user", x.name);
  archive.member("uid", x.uid);
  archive.member("gid", x.gid);
  archive.member("home", x.home);
  archive.member("shell", x.shell);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, PortsTest>
{
  archive.member("ports", x.ports);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, NoSetuidTest>
{
  archive.member("allow", x.allow);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, ReadOnlyTest>
{
  archive.member("writable", x.writable);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, MetadataTest>
{
  archive.member("env", x.env);
  archive.member("labels", x.labels);
  archive.member("unset_env", x.unset_env);
  archive.member("volumes", x.volumes);
  archive.member("unlisted_volumes", x.unlisted_volumes);
  archive.member("ports", x.ports);
  archive.member("unlisted_ports", x.unlisted_ports);
  archive.member("entrypoint", x.entrypoint);
  archive.member("cmd", x.cmd);
  archive.member("workdir", x.workdir);
  archive.member("user", x.user);
}

void members(auto& archive, auto& x)
  requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Budgets>
{
  archive.member("size", x.size);
  archive.member("packages", x.packages);
  archive.member("setuid", x.setuid);
  archive.member("file_capabilities", x.file_capabilities);
  archive.member("world_writable", x.world_writable);
  archive.member("secrets", x.secrets);
}

Json written(const auto& value) {
  Writer writer;
  members(writer, value);
  return writer.take();
}

template <typename Value>
Value read_value(const Json& json) {
  Value value;
  Reader reader(json);
  members(reader, value);
  return value;
}

void Writer::member(const char* name, const TextExpectation& value) {
  json_[name] = written(value);
}

void Writer::member(const char* name, const std::map<std::string, TextExpectation>& values) {
  Json& object = json_[name] = Json::object();
  for (const auto& [key, value] : values)
    object[key] = written(value);
}

void Reader::member(const char* name, TextExpectation& value) {
  value = read_value<TextExpectation>(json_.at(name));
}

void Reader::member(const char* name, std::map<std::string, TextExpectation>& values) {
  for (const auto& item : json_.at(name).items())
    values[item.key()] = read_value<TextExpectation>(item.value());
}

/// The kinds' names, in the order of the variant.
constexpr const char* kKinds[] = {"command", "tcp",       "http",      "file",    "user",
                                  "ports",   "no_setuid", "read_only", "metadata"};
static_assert(std::size(kKinds) == std::variant_size_v<SmokeTest::Kind>);

template <std::size_t index = 0>
SmokeTest::Kind read_kind(const std::string& name, const Json& json) {
  if constexpr (index == std::size(kKinds)) {
    throw Error(ErrorKind::kFailure, "there is no kind of smoke test called " + name);
  } else {
    if (name == kKinds[index])
      return read_value<std::variant_alternative_t<index, SmokeTest::Kind>>(json);
    return read_kind<index + 1>(name, json);
  }
}

TextExpectation read_flat_text(const Json& json) {
  TextExpectation text;
  if (json.contains("equals"))
    text.equals = json.at("equals").get<std::string>();
  if (json.contains("contains"))
    text.contains = json.at("contains").get<std::string>();
  if (json.contains("matches"))
    text.matches = {json.at("matches").get<std::string>()};
  return text;
}

/// Versions made before there were kinds have tests with the members of all three that there were.
SmokeTest::Kind read_flat_kind(const Json& json) {
  if (const auto port = json.at("tcp").get<std::uint16_t>(); port != 0)
    return TcpTest{port};
  if (const auto url = json.at("http").get<std::string>(); !url.empty()) {
    HttpTest http;
    http.url = url;
    json.at("status").get_to(http.status);
    http.body = read_flat_text(json.at("body"));
    return http;
  }
  CommandTest command;
  json.at("run").get_to(command.argv);
  json.at("exit").get_to(command.exit);
  command.out = read_flat_text(json.at("stdout"));
  command.err = read_flat_text(json.at("stderr"));
  return command;
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
  Json json = {{"name", test.name}, {"kind", kKinds[test.kind.index()]}};
  json["test"] = std::visit([](const auto& kind) { return written(kind); }, test.kind);
  if (test.timeout)
    json["timeout_ms"] = test.timeout->count();
  return json;
}

SmokeTest smoke_test_from_json(const Json& json) {
  return reading("a smoke test", [&] {
    SmokeTest test;
    json.at("name").get_to(test.name);
    test.kind = json.contains("kind") ? read_kind(json.at("kind").get<std::string>(), json.at("test"))
                                      : read_flat_kind(json);
    if (json.contains("timeout_ms"))
      test.timeout = milliseconds(json.at("timeout_ms").get<std::int64_t>());
    return test;
  });
}

Json budgets_to_json(const Budgets& budgets) {
  return written(budgets);
}

Budgets budgets_from_json(const Json& json) {
  return reading("budgets", [&] { return read_value<Budgets>(json); });
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
