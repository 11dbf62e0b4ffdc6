#include "audit/secrets.h"

#include <algorithm>
#include <cstdint>

namespace bootstrap {

namespace {

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '=';
}
/// crypt(5) has an alphabet of its own.
bool is_crypt64(char c) {
  return (is_base64(c) && c != '+' && c != '=') || c == '.';
}
bool is_word(char c) {
  return (is_base64(c) && c != '+' && c != '/' && c != '=') || c == '_' || c == '-';
}

std::size_t length_of(std::string_view text, bool (*belongs)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin());
}

/// Calls `holds` with what stands after each occurrence of `mark` until it says yes.
template <typename Predicate>
bool any_after(std::string_view text, std::string_view mark, Predicate holds) {
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
    if (holds(text.substr(at + mark.size())))
      return true;
  return false;
}

/// RFC 7468, and the headers that OpenSSL and PGP write before the data: a line of data at least, and the
/// end.
bool has_pem_key(std::string_view text) {
  constexpr std::size_t kLeastData = 40;
  return any_after(text, "-----BEGIN ", [](std::string_view rest) {
    const std::string_view label = rest.substr(0, rest.find("-----"));
    if (label.size() > 40 || label.find("PRIVATE KEY") == std::string_view::npos)
      return false;
    const std::string_view body = rest.substr(0, rest.find("-----END "));
    if (body.size() == rest.size())
      return false;
    for (std::size_t at = body.find('\n'); at != std::string_view::npos; at = body.find('\n', at + 1))
      if (length_of(body.substr(at + 1), is_base64) >= kLeastData)
        return true;
    return false;
  });
}

/// RFC 7292: version 3, then content; and the object identifier of a bag with a key in it.
bool is_pkcs12_with_key(std::string_view content) {
  using namespace std::string_view_literals;
  if (content.size() < 32 || content[0] != 0x30 || content.substr(0, 8).find("\2\1\3\x30"sv) == content.npos)
    return false;
  constexpr auto kBag = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"sv;
  return any_after(content, kBag, [](std::string_view rest) {
    return !rest.empty() && (rest[0] == 1 || rest[0] == 2);  // keyBag, pkcs8ShroudedKeyBag
  });
}

/// Big-endian, from the front.
class JavaReader {
 public:
  explicit JavaReader(std::string_view rest) : rest_(rest) {}

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : bytes(size))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    const std::string_view result = rest_.substr(0, good_ ? size : 0);
    rest_.remove_prefix(result.size());
    return result;
  }
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// JKS and JCEKS (sun.security.provider.JavaKeyStore): entries of certificates alone are no secret.
bool is_java_keystore_with_key(std::string_view content) {
  constexpr std::uint64_t kJks = 0xfeedfeed;
  constexpr std::uint64_t kJceks = 0xcececece;
  constexpr std::uint64_t kCertificate = 2;
  JavaReader reader(content);
  const std::uint64_t magic = reader.number(4);
  if (magic != kJks && magic != kJceks)
    return false;
  reader.number(4);  // version
  const std::uint64_t count = reader.number(4);
  for (std::uint64_t i = 0; i < count && reader.good(); ++i) {
    const std::uint64_t tag = reader.number(4);
    if (tag != kCertificate)
      return reader.good() && tag >= 1 && tag <= 3;
    reader.bytes(reader.number(2));  // alias
    reader.number(8);                // date
    reader.bytes(reader.number(2));  // type
    reader.bytes(reader.number(4));
  }
  return false;
}

bool has_password_hash(std::string_view text) {
  // "$6$salt$hash", perhaps with "rounds=5000$" before the salt.
  constexpr std::string_view kCrypt[] = {"$1$", "$5$", "$6$", "$y$", "$gy$", "$7$"};
  constexpr std::size_t kLeastHash = 22;
  for (const std::string_view mark : kCrypt) {
    const bool found = any_after(text, mark, [](std::string_view rest) {
      for (int fields = 0; fields < 3; ++fields) {
        const std::size_t length = length_of(rest, is_crypt64);
        if (fields > 0 && length >= kLeastHash)
          return true;
        const bool rounds = rest.starts_with("rounds=");
        const std::size_t end = rounds ? std::min(rest.find('$'), rest.size()) : length;
        if (end >= rest.size() || rest[end] != '$' || end > 30)
          return false;
        rest.remove_prefix(end + 1);
      }
      return false;
    });
    if (found)
      return true;
  }
  for (const std::string_view mark : {"$2a$", "$2b$", "$2y$"}) {  // bcrypt: cost, "$", 53 characters
    if (any_after(text, mark, [](std::string_view rest) {
          return rest.size() >= 56 && rest[2] == '$' && length_of(rest.substr(3), is_crypt64) >= 53;
        }))
      return true;
  }
  for (const std::string_view mark : {"{SSHA}", "{SSHA256}", "{SSHA512}", "{SMD5}"}) {
    if (any_after(text, mark, [](std::string_view rest) { return length_of(rest, is_base64) >= 24; }))
      return true;
  }
  return false;
}

/// What services publish so that it can be found.
bool has_token(std::string_view text) {
  struct Token {
    std::string_view start;
    std::size_t length;  ///< of the rest, exactly
  };
  constexpr Token kTokens[] = {{"ghp_", 36},     {"gho_", 36},    {"ghs_", 36},      {"github_pat_", 82},
                               {"glpat-", 20},   {"npm_", 36},    {"AIza", 35},      {"AKIA", 16},
                               {"sk_live_", 24}, {"dop_v1_", 64}, {"pypi-AgEI", 150}};
  for (const Token& token : kTokens) {
    const bool found = any_after(text, token.start, [&](std::string_view rest) {
      const std::size_t length = length_of(rest, is_word);
      const bool begins = rest.data() - token.start.size() == text.data() ||
                          !is_word(*(rest.data() - token.start.size() - 1));
      const std::string_view word = rest.substr(0, length);
      const bool mixed = std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
      return begins && mixed && (token.length == 150 ? length >= 100 : length == token.length);
    });
    if (found)
      return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(SecretKind kind) {
  constexpr std::string_view kNames[] = {"private key", "keystore with a private key", "password hash",
                                         "token"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<SecretKind> find_secret(std::string_view content) {
  if (has_pem_key(content))
    return SecretKind::kPrivateKey;
  if (is_pkcs12_with_key(content) || is_java_keystore_with_key(content))
    return SecretKind::kKeystore;
  // Programs and data have bytes that look like anything.
  constexpr std::size_t kLooked = 4096;
  if (content.substr(0, kLooked).find('\0') != std::string_view::npos)
    return std::nullopt;
  if (has_password_hash(content))
    return SecretKind::kPasswordHash;
  if (has_token(content))
    return SecretKind::kToken;
  return std::nullopt;
}

}  // namespace bootstrap
