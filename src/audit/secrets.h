// Secrets in the files of an image: private keys, password hashes and tokens. Told from content, in whatever
// form they are shipped; what is encrypted or invented for one program cannot be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

enum class SecretKind {
  kPrivateKey,    ///< PEM, OpenSSH, PGP
  kKeystore,      ///< PKCS#12 or Java's, with a private key in it
  kPasswordHash,  ///< crypt(5), LDAP
  kToken,         ///< of a well-known service
};
std::string_view name_of(SecretKind kind);

/// The first that a file holds. What only looks like the beginning of one, as programs and documents have it,
/// is none.
std::optional<SecretKind> find_secret(std::string_view content);

}  // namespace bootstrap
