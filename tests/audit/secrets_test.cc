#include "audit/secrets.h"

#include "support/catch.h"

using namespace bootstrap;

namespace {

std::string told(std::string_view content) {
  const auto kind = find_secret(content);
  return kind ? std::string(name_of(*kind)) : "none";
}

const std::string kData(64, 'A');

std::string pem(const std::string& label) {
  return "some text\n-----BEGIN " + label + "-----\n" + kData + "\n" + kData + "\n-----END " + label +
         "-----\n";
}

std::string big_endian(std::uint32_t number, int size = 4) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i)
    bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

/// One entry, of a certificate or a private key.
std::string keystore(std::uint32_t tag) {
  std::string text = big_endian(0xfeedfeed) + big_endian(2) + big_endian(2);
  const std::string certificate = big_endian(2) + big_endian(1, 2) + "a" + std::string(8, '\0') +
                                  big_endian(5, 2) + "X.509" + big_endian(3) + "der";
  return text + certificate + big_endian(tag) + certificate.substr(4);
}

}  // namespace

TEST_CASE("private keys are told in every form of PEM") {
  for (const char* label : {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
                            "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"})
    CHECK(told(pem(label)) == "private key");
  CHECK(told("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + kData +
             "\n-----END RSA PRIVATE KEY-----\n") == "private key");
  CHECK(told(pem("CERTIFICATE")) == "none");
  CHECK(told(pem("PUBLIC KEY")) == "none");
}

TEST_CASE("what programs and documents say of keys is none") {
  CHECK(told("-----BEGIN PRIVATE KEY-----") == "none");
  CHECK(told(std::string("\0-----BEGIN PRIVATE KEY-----\0-----END PRIVATE KEY-----\0", 54)) == "none");
  CHECK(told("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n") == "none");
  CHECK(told("a hash is $6$salt$hash") == "none");
  CHECK(told("AKIAXXXXXXXXXXXXXXXX") == "none");
  CHECK(told("") == "none");
}

TEST_CASE("keystores hold a secret when they hold a private key") {
  CHECK(told(keystore(1)) == "keystore with a private key");
  CHECK(told(keystore(2)) == "none");
  CHECK(told(keystore(2).substr(0, 30)) == "none");
  const std::string p12("\x30\x82\x01\x00\x02\x01\x03\x30", 8);
  const std::string bag("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01", 10);
  CHECK(told(p12 + std::string(40, 'x') + bag + "\x02" + "x") == "keystore with a private key");
  CHECK(told(p12 + std::string(40, 'x') + bag + "\x03" + "x") == "none");
}

TEST_CASE("password hashes are told wherever they stand") {
  CHECK(told("root:$y$j9T$abcdefghijklmnop$0123456789012345678901234567890123456789abc:19000:0:\n") ==
        "password hash");
  CHECK(told("x $6$rounds=5000$saltsalt$" + std::string(86, 'a') + "\n") == "password hash");
  CHECK(told("x $1$salt$0123456789012345678901\n") == "password hash");
  CHECK(told("u:$2y$10$" + std::string(53, 'a') + "\n") == "password hash");
  CHECK(told("olcRootPW: {SSHA}abcdefghijklmnopqrstuvwxyz012345\n") == "password hash");
  CHECK(told("root:*:19000:0:99999:7:::\ndaemon:!:19000::::::\n") == "none");
}

TEST_CASE("tokens of services are told by their form") {
  CHECK(told("token = ghp_" + std::string(35, 'a') + "1\n") == "token");
  CHECK(told("key=AKIAABCDEFGHIJKLMNO7\n") == "token");
  CHECK(told("notghp_" + std::string(35, 'a') + "1\n") == "none");
  CHECK(told("ghp_" + std::string(50, 'a') + "1\n") == "none");
}
