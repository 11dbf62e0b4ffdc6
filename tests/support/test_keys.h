// OpenPGP keys made for tests, and signatures by them. Keys live in one GnuPG home per test program, which
// goes away with it; each is made once, on first use.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// What a test key is like. Equal specs give the same key.
struct TestKeySpec {
  std::string name = "archive";  ///< user ID: "NAME <NAME@example.org>"
  std::string algorithm =
      "ed25519";                   ///< as gpg --quick-generate-key takes it: ed25519, rsa2048, rsa1024, ...
  std::string made_at = {};        ///< "20200101T000000"; empty is now
  std::string lifetime = "never";  ///< "1d", "never"
  bool signing_subkey = false;     ///< signs with a subkey, as Debian's archive keys do

  friend auto operator<=>(const TestKeySpec&, const TestKeySpec&) = default;
};

class TestKey;

struct SignOptions {
  std::string digest = "SHA256";
  std::string at = {};                    ///< "20200101T000000"; empty is now
  std::string lifetime = {};              ///< of the signature: "1d"; empty is for ever
  std::vector<const TestKey*> also = {};  ///< further signers of the same text
};

class TestKey {
 public:
  /// Use test_key() instead, which makes each key once.
  explicit TestKey(const TestKeySpec& spec);

  /// Of the primary key.
  const std::string& fingerprint() const { return fingerprint_; }
  std::string public_armored() const;
  std::string public_binary() const;
  /// The public key with its revocation certificate. The key itself goes on signing.
  std::string public_revoked() const;
  std::string secret_armored() const;
  /// Writes public_armored() to `path` and returns `path`, for a recipe's signed-by.
  std::filesystem::path write_public(const std::filesystem::path& path) const;

  /// A clear-signed document, as InRelease is.
  std::string clearsign(std::string_view text, const SignOptions& options = {}) const;
  /// An armored detached signature, as Release.gpg is.
  std::string sign_detached(std::string_view text, const SignOptions& options = {}) const;

 private:
  std::string sign(const char* mode, std::string_view text, const SignOptions& options) const;

  std::string fingerprint_;
};

/// The key with this spec, made when it is asked for the first time.
TestKey test_key(const TestKeySpec& spec = {});

}  // namespace bootstrap
