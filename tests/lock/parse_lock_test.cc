#include <functional>

#include "base/error.h"
#include "base/json.h"
#include "lock/sample_lock.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

/// The message with which a lock is refused; empty when it is not.
std::string refusal(const std::string& text) {
  try {
    parse_lock(text, "web.lock.json");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(error.message().find("web.lock.json") == 0);
    CHECK_FALSE(error.hint().empty());
    return error.message();
  }
  return {};
}

std::string refusal_after(const std::function<void(Json&)>& change) {
  Json document = Json::parse(to_text(sample_lock()));
  change(document);
  return refusal(document.dump());
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("the sample is accepted when nothing is changed") {
  CHECK(refusal_after([](Json&) {}) == "");
}

TEST_CASE("every member must be there, be known, and have its type") {
  const Json sample = Json::parse(to_text(sample_lock()));
  for (const char* place : {"", "/repositories/0", "/packages/1"}) {
    const Json::json_pointer pointer{std::string(place)};
    for (const auto& member : sample.at(pointer).items()) {
      const std::string name = member.key();
      INFO(place << "/" << name);
      CHECK(contains(refusal_after([&](Json& lock) { lock.at(pointer).erase(name); }), "\"" + name + "\""));
      CHECK(contains(refusal_after([&](Json& lock) { lock.at(pointer)[name] = nullptr; }), name));
      CHECK(contains(refusal_after([&](Json& lock) { lock.at(pointer)[name] = {{"x", 1}}; }), name));
    }
    CHECK(contains(refusal_after([&](Json& lock) { lock.at(pointer)["colour"] = "red"; }), "\"colour\""));
  }
  CHECK(contains(refusal_after([](Json& lock) { lock["parent"] = {{"name", "base"}}; }), "parent"));
}

TEST_CASE("a message names the member of the package") {
  CHECK(contains(refusal_after([](Json& lock) { lock["packages"][2]["size"] = -1; }), "packages[2]: size"));
  CHECK(contains(refusal_after([](Json& lock) { lock["packages"][2]["size"] = 1.5; }), "packages[2]: size"));
  CHECK(contains(refusal_after([](Json& lock) { lock["packages"][2]["stage"] = 4; }), "packages[2]: stage"));
}

TEST_CASE("a path cannot leave its archive") {
  for (const char* path :
       {"../etc/passwd", "pool/../../etc/passwd", "/pool/a.deb", "pool//a.deb", "pool/a.deb/",
        "https://mirror.example/a.deb", "//mirror.example/a.deb", "pool/%2e%2e/a.deb", "pool/a.deb?x",
        "pool/a.deb#x", "pool/a b.deb", "pool\\a.deb", "pool/a\n.deb", "."}) {
    INFO(path);
    CHECK(contains(refusal_after([&](Json& lock) { lock["packages"][0]["path"] = path; }),
                   "packages[0]: path"));
  }
  CHECK(refusal_after([](Json& lock) {
          lock["packages"][0]["path"] = "pool/main/libs/libsigc++-2.0/libsigc++-2.0-0v5_2.12.0-1_amd64.deb";
        }) == "");
}

TEST_CASE("a digest has exactly the spelling that is written") {
  const std::string hex = Digest::of("nginx").hex();
  std::string upper = hex;
  for (char& c : upper)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string& digest : {"sha256:" + hex, hex.substr(1), hex + "0", "g" + hex.substr(1), upper}) {
    INFO(digest);
    CHECK(contains(refusal_after([&](Json& lock) { lock["packages"][2]["sha256"] = digest; }), "sha256"));
  }
  CHECK(contains(refusal_after([&](Json& lock) { lock["recipe"] = hex; }), "recipe"));
}

TEST_CASE("names and versions are such that they can be file names") {
  for (const char* name : {"", "-rf", "..", "a/b", "a\nb", "a b", "\u00e4"}) {
    INFO(name);
    CHECK(contains(refusal_after([&](Json& lock) { lock["packages"][1]["name"] = name; }),
                   "packages[1]: name"));
    CHECK(contains(refusal_after([&](Json& lock) { lock["name"] = name; }), "name"));
  }
  for (const char* version : {"", "-1", "1 2", "1/2"})
    CHECK(contains(refusal_after([&](Json& lock) { lock["packages"][1]["version"] = version; }), "version"));
}

TEST_CASE("a date is of the one form that can be compared as text") {
  for (const char* date : {"2026-07-11", "2026-07-11T10:16:37", "2026-07-11 10:16:37Z", "Sat, 11 Jul 2026"})
    CHECK(contains(refusal_after([&](Json& lock) { lock["repositories"][0]["date"] = date; }), "date"));
}

TEST_CASE("packages hold together as a set") {
  CHECK(
      contains(refusal_after([](Json& lock) { lock["packages"].push_back(lock["packages"][2]); }), "twice"));
  CHECK(contains(refusal_after([](Json& lock) { std::swap(lock["packages"][0], lock["packages"][1]); }),
                 "install order"));
  CHECK(contains(refusal_after([](Json& lock) { lock["packages"][2]["layer"] = 3; }), "gaps"));
}

TEST_CASE("a lock of a newer bootstrap says so, whatever else is in it") {
  CHECK(contains(refusal(R"({"format": 2, "nothing": "we know"})"), "newer bootstrap"));
  CHECK(contains(refusal_after([](Json& lock) { lock["format"] = 0; }), "format"));
}

TEST_CASE("what is no lock at all is refused with the file's name") {
  std::string twice = to_text(sample_lock());
  twice.insert(1, "\"name\": \"web\",");
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{}"), std::string("null"),
                                  std::string("<<<<<<< HEAD\n{"), std::string("{\"format\": \"1\"}"), twice,
                                  to_text(sample_lock()) + "{}", std::string("\xff\xfe")}) {
    INFO(text.substr(0, 40));
    CHECK(refusal(text) != "");
  }
}

TEST_CASE("a lock that is cut off anywhere is refused") {
  const std::string text = to_text(sample_lock());
  for (std::size_t size = 0; size + 2 < text.size(); size += 7)
    CHECK(refusal(text.substr(0, size)) != "");
}

}  // namespace
}  // namespace bootstrap
