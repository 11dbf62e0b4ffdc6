// SHA-256, the only digest that anything here trusts.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// A SHA-256 value.
class Digest {
 public:
  static constexpr std::size_t kSize = 32;

  Digest() = default;
  explicit Digest(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}

  /// 64 lower- or upper-case hex digits, with or without "sha256:" in front; nullopt for anything else.
  static std::optional<Digest> parse(std::string_view text);
  /// The digest of `data`.
  static Digest of(std::string_view data);

  std::string hex() const;
  /// As OCI writes it: "sha256:" + hex.
  std::string oci() const { return "sha256:" + hex(); }
  const std::array<std::uint8_t, kSize>& bytes() const { return bytes_; }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

/// Hashes what it is given, piece by piece.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::string_view data);
  /// The digest of all that was given. The hasher is then ready for a new message.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The digest of everything from the start of the file to its end (the position of `fd` is not used).
Digest digest_of_fd(int fd);

}  // namespace bootstrap

template <>
struct std::hash<bootstrap::Digest> {
  std::size_t operator()(const bootstrap::Digest& digest) const noexcept;
};
