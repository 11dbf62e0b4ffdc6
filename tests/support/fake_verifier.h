// Signatures without cryptography: a document starts with the line "signed by KEY", a detached signature is
// that line and the digest of what it signs. The key "good" is trusted.
#pragma once

#include <string>

#include "base/digest.h"
#include "base/error.h"
#include "trust/signature.h"

namespace bootstrap {

class FakeVerifier : public SignatureVerifier {
 public:
  static std::string clearsigned(const std::string& text, const std::string& key = "good") {
    return "signed by " + key + "\n" + text;
  }
  static std::string signature_of(const std::string& text, const std::string& key = "good") {
    return "signed by " + key + "\n" + Digest::of(text).hex();
  }

  SignedText verify_clearsigned(std::string_view document, const std::vector<std::filesystem::path>&,
                                std::string_view what) override {
    return make_signed_text(std::string(after_key(document, what)), {"GOOD", {}});
  }
  SignedText verify_detached(std::string_view document, std::string_view signature,
                             const std::vector<std::filesystem::path>&, std::string_view what) override {
    if (after_key(signature, what) != Digest::of(document).hex())
      throw Error(ErrorKind::kUntrusted, std::string(what) + ": altered");
    return make_signed_text(std::string(document), {"GOOD", {}});
  }

 private:
  static std::string_view after_key(std::string_view document, std::string_view what) {
    constexpr std::string_view kGood = "signed by good\n";
    if (!document.starts_with(kGood))
      throw Error(ErrorKind::kUntrusted, std::string(what) + ": no signature by a trusted key");
    return document.substr(kGood.size());
  }
};

}  // namespace bootstrap
