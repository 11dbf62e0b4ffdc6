#include "base/json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

// Documents carry names of files, which need not be UTF-8; one such name must not end a build.
constexpr auto kForeignBytes = Json::error_handler_t::replace;

// Ours are at most six deep, those of other tools hardly more.
constexpr int kDeepest = 100;

[[noreturn]] void refuse_depth(std::string_view what) {
  throw Error(ErrorKind::kFailure,
              std::string(what) + ": nested more than " + std::to_string(kDeepest) + " deep");
}

/// Takes in a document without keeping it, and refuses one that is nested too deep before the decoder, which
/// calls itself for each level, has gone that far.
class DepthCheck : public nlohmann::json_sax<Json> {
 public:
  explicit DepthCheck(std::string_view what) : what_(what) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool enter() {
    if (++depth_ > kDeepest)
      refuse_depth(what_);
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::string_view what_;
  int depth_ = 0;
};

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
  auto reject_duplicates = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest)
      refuse_depth(what);
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

Json parse_cbor(std::string_view bytes, std::string_view what) {
  DepthCheck depth(what);
  if (!Json::sax_parse(bytes, &depth, Json::input_format_t::cbor))
    throw Error(ErrorKind::kFailure, std::string(what) + ": not valid CBOR");
  try {
    return Json::from_cbor(bytes);
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kFailure, std::string(what) + ": not valid CBOR");
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
