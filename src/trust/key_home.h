// A private GnuPG home that holds exactly the keys of one list of key files.
#pragma once

#include <gpgme.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"

namespace bootstrap {

struct GpgmeContextDeleter {
  void operator()(gpgme_ctx_t context) const { gpgme_release(context); }
};
struct GpgmeDataDeleter {
  void operator()(gpgme_data_t data) const { gpgme_data_release(data); }
};
using GpgmeContext = std::unique_ptr<std::remove_pointer_t<gpgme_ctx_t>, GpgmeContextDeleter>;
using GpgmeData = std::unique_ptr<std::remove_pointer_t<gpgme_data_t>, GpgmeDataDeleter>;

/// A GPGME buffer that reads `bytes` in place; they must outlive it.
GpgmeData gpgme_view(std::string_view bytes);

/// Debian's whole keyring, with every key it ever had, is 130 KB.
constexpr std::uint64_t kMaxKeyFile = 4 << 20;

/// One key file as read.
struct KeyFile {
  std::filesystem::path path;
  std::string content;  ///< armored or binary
};

/// What a signature by this (sub)key is worth.
struct SigningKey {
  std::string primary;  ///< fingerprint of the primary key
  std::string owner;    ///< first user ID, for messages
  std::string defect;   ///< why no signature of it counts ("RSA key of 1024 bits"); empty when it may be used
  std::optional<std::chrono::sys_seconds> end;  ///< when it expires
};

/// GPGME's way to say when something expires: 0 is never.
std::optional<std::chrono::sys_seconds> time_of(unsigned long expiry);
std::optional<std::chrono::sys_seconds> earliest(std::optional<std::chrono::sys_seconds> a,
                                                 std::optional<std::chrono::sys_seconds> b);

class KeyHome {
 public:
  /// Throws kUntrusted for a file without a public key, or with a secret one, and kFailure when GnuPG is
  /// missing.
  explicit KeyHome(const std::vector<KeyFile>& files);

  gpgme_ctx_t context() const { return context_.get(); }
  /// The key or subkey with this fingerprint or 16-digit key ID; nullptr when no file holds it.
  const SigningKey* find(std::string_view fingerprint) const;
  /// Fingerprints of the primary keys, for messages.
  std::vector<std::string> primary_fingerprints() const;

 private:
  void import(const KeyFile& file);
  void list_keys();

  TemporaryDirectory directory_;
  GpgmeContext context_;
  std::vector<std::string> imported_;       ///< fingerprints of primary keys
  std::map<std::string, SigningKey> keys_;  ///< by fingerprint of the key or subkey
};

}  // namespace bootstrap
