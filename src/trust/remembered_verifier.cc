#include "trust/remembered_verifier.h"

#include <optional>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "trust/key_home.h"

namespace bootstrap {

namespace {

/// Another number when the rules for signatures become stricter: what the old ones accepted is then
/// forgotten.
constexpr int kRules = 1;

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_seconds;

class RememberedVerifier : public SignatureVerifier {
 public:
  RememberedVerifier(std::unique_ptr<SignatureVerifier> verifier, const Store& store,
                     std::chrono::system_clock::time_point (*clock)())
      : verifier_(std::move(verifier)), store_(store), clock_(clock) {}

  SignedText verify_clearsigned(std::string_view document,
                                const std::vector<std::filesystem::path>& key_files,
                                std::string_view what) override {
    return remembered({{"document", Digest::of(document).hex()}}, key_files,
                      [&] { return verifier_->verify_clearsigned(document, key_files, what); });
  }

  SignedText verify_detached(std::string_view document, std::string_view signature,
                             const std::vector<std::filesystem::path>& key_files,
                             std::string_view what) override {
    return remembered({{"document", Digest::of(document).hex()}, {"signature", Digest::of(signature).hex()}},
                      key_files,
                      [&] { return verifier_->verify_detached(document, signature, key_files, what); });
  }

 private:
  template <typename Verify>
  SignedText remembered(Json key, const std::vector<std::filesystem::path>& key_files, Verify verify) {
    std::optional<Json> keys = digests_of(key_files);
    if (!keys)
      return verify();  // says what is wrong with them
    key["keys"] = std::move(*keys);
    key["rules"] = kRules;
    const std::string name = "signed-" + Digest::of(compact_json(key)).hex();
    if (std::optional<SignedText> known = recall(name))
      return std::move(*known);
    SignedText found = verify();
    keep(name, found);
    return found;
  }

  static std::optional<Json> digests_of(const std::vector<std::filesystem::path>& key_files) {
    Json digests = Json::array();
    try {
      for (const std::filesystem::path& file : key_files)
        digests.push_back(Digest::of(read_file(file, kMaxKeyFile)).hex());
    } catch (const Error&) {
      return std::nullopt;
    }
    return digests;
  }

  // The object is one line of JSON, then the text as it was signed, which need not be UTF-8.

  void keep(const std::string& name, const SignedText& found) const {
    Json head = {{"signer", found.fingerprint()}, {"checked", now()}};
    if (found.signer().end)
      head["end"] = found.signer().end->time_since_epoch().count();
    store_.put(Store::Area::kReport, name, compact_json(head) + "\n" + found.text());
  }

  std::optional<SignedText> recall(const std::string& name) const {
    const std::optional<std::string> object = store_.get(Store::Area::kReport, name);
    const std::size_t line = object ? object->find('\n') : std::string::npos;
    if (line == std::string::npos)
      return std::nullopt;
    const Json head = parse_json(std::string_view(*object).substr(0, line), name);
    Signer signer{head.at("signer").get<std::string>(), {}};
    if (head.contains("end"))
      signer.end = sys_seconds(seconds(head.at("end").get<std::int64_t>()));
    const bool holds = head.at("checked").get<std::int64_t>() <= now() &&
                       (!signer.end || now() < signer.end->time_since_epoch().count());
    if (!holds)
      return std::nullopt;
    return make_signed_text(object->substr(line + 1), std::move(signer));
  }

  std::int64_t now() const { return floor<seconds>(clock_()).time_since_epoch().count(); }

  std::unique_ptr<SignatureVerifier> verifier_;
  const Store& store_;
  std::chrono::system_clock::time_point (*clock_)();
};

}  // namespace

std::unique_ptr<SignatureVerifier> remember_signatures(std::unique_ptr<SignatureVerifier> verifier,
                                                       const Store& store,
                                                       std::chrono::system_clock::time_point (*clock)()) {
  return std::make_unique<RememberedVerifier>(std::move(verifier), store, clock);
}

}  // namespace bootstrap
