#include "trust/clearsigned.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr std::string_view kBeginMessage = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kBeginSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kEndSignature = "-----END PGP SIGNATURE-----";

/// Every name GnuPG may write. Whether a digest is good enough is judged on the signature, not on this line,
/// which nobody signed.
constexpr std::array<std::string_view, 9> kHashNames = {"MD5",    "SHA1",   "RIPEMD160", "SHA224",  "SHA256",
                                                        "SHA384", "SHA512", "SHA3-256",  "SHA3-512"};

/// The start of a line, fit to be shown: a few printable ASCII characters.
std::string excerpt(std::string_view line) {
  constexpr std::size_t kShown = 40;
  std::string shown;
  for (char c : line.substr(0, kShown))
    shown.push_back(c >= ' ' && c <= '~' ? c : '?');
  return '"' + shown + (line.size() > kShown ? "...\"" : "\"");
}

/// Reads the document line by line, from its first to its last, and refuses at the first that does not fit.
class FrameReader {
 public:
  FrameReader(std::string_view document, std::string_view what) : rest_(document), what_(what) {}

  void read() {
    if (next() != kBeginMessage)
      refuse("it is not a clear-signed document: it starts with " + excerpt(line_));
    read_hash_headers();
    read_text();
    read_armor();
    if (!rest_.empty())
      refuse_at_next("there is something after the signature");
  }

 private:
  std::string_view next() {
    ++number_;
    if (rest_.empty())
      refuse("it ends before the end of its signature");
    std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line_.size() > kMaxSignedLine)
      refuse("the line is longer than " + std::to_string(kMaxSignedLine) + " bytes");
    if (line_.find('\0') != std::string_view::npos)
      refuse("the line holds a NUL byte");
    // GnuPG leaves carriage returns at line ends out of what it hashes, so anybody could add them.
    if (line_.find('\r') != std::string_view::npos)
      refuse("the line holds a carriage return");
    return line_;
  }

  void read_hash_headers() {
    bool seen = false;
    while (!next().empty()) {
      constexpr std::string_view kHeader = "Hash: ";
      if (!line_.starts_with(kHeader))
        refuse("only Hash headers may stand here, not " + excerpt(line_));
      require_hash_names(line_.substr(kHeader.size()));
      seen = true;
    }
    if (!seen)
      refuse("the Hash header is missing");
  }

  void require_hash_names(std::string_view names) {
    for (;;) {
      std::size_t comma = names.find(',');
      std::string_view name = names.substr(0, comma);
      if (std::find(kHashNames.begin(), kHashNames.end(), name) == kHashNames.end())
        refuse("the Hash header names an unknown digest " + excerpt(name));
      if (comma == std::string_view::npos)
        return;
      names.remove_prefix(comma + 1);
      if (names.starts_with(' '))
        names.remove_prefix(1);
    }
  }

  void read_text() {
    while (next() != kBeginSignature) {
      // Dash-escaping: a line of the text that starts with a dash is written with "- " in front.
      if (line_.starts_with('-') && !line_.starts_with("- "))
        refuse("a line of the text may not start with " + excerpt(line_));
    }
  }

  void read_armor() {
    while (!next().empty()) {
      if (line_.find(": ") == std::string_view::npos)
        refuse("the signature has no empty line after its headers");
    }
    constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    while (next() != kEndSignature) {
      if (line_.empty() || line_.find_first_not_of(kBase64) != std::string_view::npos)
        refuse("the signature holds something that is not base64: " + excerpt(line_));
    }
  }

  [[noreturn]] void refuse_at_next(const std::string& reason) {
    ++number_;
    refuse(reason + ": " + excerpt(rest_.substr(0, rest_.find('\n'))));
  }

  [[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorKind::kUntrusted,
                std::string(what_) + ": line " + std::to_string(number_) + ": " + reason,
                "what was served is not the archive's signed file as published; try another mirror, or look "
                "for a proxy in between");
  }

  std::string_view rest_;
  std::string_view line_;
  std::string_view what_;
  std::size_t number_ = 0;
};

}  // namespace

void require_clearsigned_frame(std::string_view document, std::string_view what) {
  FrameReader(document, what).read();
}

}  // namespace bootstrap
