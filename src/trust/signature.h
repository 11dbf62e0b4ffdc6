// Signatures. Only a verifier can make a SignedText, so a function that takes one cannot be handed anything
// unverified, and what is parsed is exactly what was signed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// Whose signature holds, and for how long.
struct Signer {
  std::string fingerprint;                      ///< of the primary key
  std::optional<std::chrono::sys_seconds> end;  ///< when the key or the signature expires; nullopt: never
};

class SignedText {
 public:
  const std::string& text() const { return text_; }
  /// Fingerprint of the primary key whose signature holds.
  const std::string& fingerprint() const { return signer_.fingerprint; }
  const Signer& signer() const { return signer_; }

 private:
  friend class SignatureVerifier;
  SignedText(std::string text, Signer signer) : text_(std::move(text)), signer_(std::move(signer)) {}
  std::string text_;
  Signer signer_;
};

/// The trust edge: tests replace it. Calls may come from several threads.
class SignatureVerifier {
 public:
  virtual ~SignatureVerifier() = default;

  /// The text inside a clear-signed document (InRelease), with nothing before or after the signed block.
  /// Throws kUntrusted, naming `what` and the reason (no signature, unknown key, expired, revoked, weak
  /// digest or key, altered), unless a key of `key_files` made a good signature.
  virtual SignedText verify_clearsigned(std::string_view document,
                                        const std::vector<std::filesystem::path>& key_files,
                                        std::string_view what) = 0;
  /// The same for a detached signature (Release + Release.gpg).
  virtual SignedText verify_detached(std::string_view document, std::string_view signature,
                                     const std::vector<std::filesystem::path>& key_files,
                                     std::string_view what) = 0;

 protected:
  static SignedText make_signed_text(std::string text, Signer signer) {
    return SignedText(std::move(text), std::move(signer));
  }
};

}  // namespace bootstrap
