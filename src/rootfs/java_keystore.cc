#include "rootfs/java_keystore.h"

#include <openssl/evp.h>

#include <array>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kMagic = 0xfeedfeed;
constexpr std::uint64_t kVersion = 2;
constexpr std::uint64_t kTrustedCertificate = 2;
constexpr std::size_t kDigestSize = 20;

/// Reads big-endian numbers; past the end `ok` turns false and stays so.
class Cursor {
 public:
  explicit Cursor(std::string_view data) : data_(data) {}

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    if (!skip(bytes))
      return 0;
    for (std::size_t i = position_ - bytes; i < position_; ++i)
      value = value << 8 | static_cast<unsigned char>(data_[i]);
    return value;
  }
  bool skip(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= data_.size() - position_;
    if (ok_)
      position_ += bytes;
    return ok_;
  }
  std::size_t position() const { return position_; }
  bool at_end() const { return ok_ && position_ == data_.size(); }
  bool ok() const { return ok_; }

 private:
  std::string_view data_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

/// SHA-1 over the password in UTF-16, a phrase that the format prescribes, and the content.
std::string integrity_digest(std::string_view content) {
  std::string message;
  for (char c : std::string_view("changeit"))
    message.append({'\0', c});
  message.append("Mighty Aphrodite").append(content);
  std::array<unsigned char, kDigestSize> digest{};
  unsigned size = 0;
  if (EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1 ||
      size != digest.size())
    throw Error(ErrorKind::kFailure, "OpenSSL cannot compute SHA-1");
  return {digest.begin(), digest.end()};
}

void put_time(std::string& content, std::size_t position, std::uint64_t milliseconds) {
  for (int shift = 56; shift >= 0; shift -= 8)
    content[position++] = static_cast<char>(milliseconds >> shift);
}

}  // namespace

std::optional<std::string> with_keystore_times(std::string_view keystore, std::int64_t seconds) {
  if (keystore.size() < kDigestSize)
    return std::nullopt;
  std::string content(keystore.substr(0, keystore.size() - kDigestSize));
  if (integrity_digest(content) != keystore.substr(content.size()))
    return std::nullopt;
  Cursor cursor(keystore.substr(0, content.size()));
  if (cursor.number(4) != kMagic || cursor.number(4) != kVersion)
    return std::nullopt;
  for (std::uint64_t left = cursor.number(4); left > 0 && cursor.ok(); --left) {
    if (cursor.number(4) != kTrustedCertificate)
      return std::nullopt;
    cursor.skip(cursor.number(2));  // alias
    const std::size_t time = cursor.position();
    if (cursor.skip(8))
      put_time(content, time, static_cast<std::uint64_t>(seconds) * 1000);
    cursor.skip(cursor.number(2));  // certificate type
    cursor.skip(cursor.number(4));  // certificate
  }
  if (!cursor.at_end())
    return std::nullopt;
  return content + integrity_digest(content);
}

}  // namespace bootstrap
