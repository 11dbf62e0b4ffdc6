// How this machine gets in at private mirrors: passwords, client certificate, the authorities that are
// trusted for TLS. They belong to the machine, not to a recipe, and are named by environment variables, as
// other programs have it. Only libcurl reads the files; nothing of their content is stored or shown.
#pragma once

#include <string>

namespace bootstrap {

/// Paths; empty where libcurl's own default holds.
struct Access {
  std::string netrc;  ///< $NETRC, else ~/.netrc where there is one: user and password by host, for https only
  std::string authorities;  ///< $SSL_CERT_FILE: PEM file of the authorities to trust, instead of the system's
  std::string client_certificate;  ///< $BOOTSTRAP_CLIENT_CERTIFICATE: PEM, shown to https servers that ask
  std::string
      client_key;  ///< $BOOTSTRAP_CLIENT_KEY: PEM, without a passphrase; by default in the certificate's file

  /// Throws kUsage, naming the variable, when a file that one names cannot be read.
  static Access of_environment();
};

}  // namespace bootstrap
