#include "rootfs/java_keystore.h"

#include <openssl/evp.h>

#include "support/catch.h"

using namespace bootstrap;

namespace {

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text.push_back(static_cast<char>(value >> shift));
  return text;
}

std::string sealed(const std::string& content) {
  std::string message("\0c\0h\0a\0n\0g\0e\0i\0t", 16);
  message += "Mighty Aphrodite" + content;
  unsigned char digest[20];
  unsigned size = 0;
  EVP_Digest(message.data(), message.size(), digest, &size, EVP_sha1(), nullptr);
  return content + std::string(reinterpret_cast<char*>(digest), size);
}

std::string certificate(const std::string& alias, std::uint64_t milliseconds) {
  return big_endian(2, 4) + big_endian(alias.size(), 2) + alias + big_endian(milliseconds, 8) +
         big_endian(5, 2) + "X.509" + big_endian(3, 4) + "DER";
}

std::string header(int count) {
  return big_endian(0xfeedfeed, 4) + big_endian(2, 4) + big_endian(static_cast<std::uint64_t>(count), 4);
}

}  // namespace

TEST_CASE("a keystore's times become one, and its digest fits again") {
  const std::string first =
      sealed(header(2) + certificate("a", 1700000000123) + certificate("bb", 1700000000999));
  const std::string second = sealed(header(2) + certificate("a", 1800000000001) + certificate("bb", 1));
  const auto normal = with_keystore_times(first, 1600000000);
  REQUIRE(normal);
  CHECK(*normal == with_keystore_times(second, 1600000000));
  CHECK(*normal == sealed(header(2) + certificate("a", 1600000000000) + certificate("bb", 1600000000000)));
}

TEST_CASE("what is no keystore of ours is left alone") {
  const std::string good = sealed(header(1) + certificate("a", 5));
  std::string damaged = good;
  damaged[20] ^= 1;
  CHECK_FALSE(with_keystore_times(damaged, 1));
  CHECK_FALSE(with_keystore_times("", 1));
  CHECK_FALSE(with_keystore_times(sealed("PK"), 1));
  CHECK_FALSE(with_keystore_times(sealed(header(2) + certificate("a", 5)), 1));
  CHECK_FALSE(with_keystore_times(sealed(header(1) + certificate("a", 5) + "x"), 1));
  CHECK_FALSE(with_keystore_times(sealed(header(1) + big_endian(1, 4) + "a private key"), 1));
}
