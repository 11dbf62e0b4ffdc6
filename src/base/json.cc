#include "base/json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

// Documents carry names of files, which need not be UTF-8; one such name must not end a build.
constexpr auto kForeignBytes = Json::error_handler_t::replace;

}  // namespace

std::string canonical_json(const Json& value) {
  return value.dump(2, ' ', false, kForeignBytes) + "\n";
}

std::string compact_json(const Json& value) {
  return value.dump(-1, ' ', false, kForeignBytes);
}

Json parse_json(std::string_view text, std::string_view what) {
  // JSON leaves the meaning of a repeated key open; two readers that disagree are a security hole.
  std::vector<std::set<std::string>> keys;
  auto reject_duplicates = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorKind::kFailure,
                  std::string(what) + ": the key \"" + parsed.get<std::string>() + "\" occurs twice");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), reject_duplicates);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::kFailure,
                std::string(what) + ": not valid JSON at byte " + std::to_string(error.byte));
  } catch (const Json::out_of_range&) {
    throw Error(ErrorKind::kFailure, std::string(what) + ": holds a number too large for any use");
  }
}

Json to_json(const Error& error) {
  return {{"kind", name_of(error.kind())}, {"message", error.message()}, {"hint", error.hint()}};
}

Error error_from_json(const Json& json) {
  ErrorKind found = ErrorKind::kFailure;
  for (ErrorKind kind : {ErrorKind::kUsage, ErrorKind::kUntrusted, ErrorKind::kUnsolvable,
                         ErrorKind::kNetwork, ErrorKind::kTestFailed, ErrorKind::kSandbox}) {
    if (json.at("kind") == name_of(kind))
      found = kind;
  }
  return Error(found, json.at("message").get<std::string>(), json.at("hint").get<std::string>());
}

}  // namespace bootstrap
