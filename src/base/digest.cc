#include "base/digest.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace bootstrap {

struct Hasher::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

namespace {

void require(bool ok) {
  if (!ok)
    throw Error(ErrorKind::kFailure, "OpenSSL cannot compute SHA-256");
}

int nibble(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Digest> Digest::parse(std::string_view text) {
  if (text.starts_with("sha256:"))
    text.remove_prefix(7);
  if (text.size() != 2 * kSize)
    return std::nullopt;
  std::array<std::uint8_t, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) {
    int high = nibble(text[2 * i]);
    int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

Digest Digest::of(std::string_view data) {
  Hasher hasher;
  hasher.update(data);
  return hasher.finish();
}

std::string Digest::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * kSize);
  for (std::uint8_t byte : bytes_) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Hasher::Hasher() : context_(std::make_unique<Context>()) {
  require(context_->md != nullptr && EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view data) {
  require(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1);
}

Digest Hasher::finish() {
  std::array<std::uint8_t, Digest::kSize> bytes{};
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_->md, bytes.data(), &size) == 1 && size == bytes.size());
  require(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1);
  return Digest(bytes);
}

Digest digest_of_fd(int fd) {
  Hasher hasher;
  std::vector<char> buffer(1 << 18);
  off_t offset = 0;
  for (;;) {
    ssize_t n = ::pread(fd, buffer.data(), buffer.size(), offset);
    if (n < 0 && errno == EINTR)
      continue;
    check(n, "read");
    if (n == 0)
      return hasher.finish();
    hasher.update(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    offset += n;
  }
}

}  // namespace bootstrap

std::size_t std::hash<bootstrap::Digest>::operator()(const bootstrap::Digest& digest) const noexcept {
  // A digest is already uniformly spread; any eight of its bytes do.
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}
