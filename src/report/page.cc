#include "report/page.h"

#include <map>
#include <string_view>

#include "base/digest.h"
#include "report/page_files.h"  // made of page.html, page.css and page.js by cmake/embed.cmake

namespace bootstrap {

namespace {

std::string base64(const Digest& digest) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (std::uint8_t byte : digest.bytes()) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6)
      text += kAlphabet[bits >> (count - 6) & 63];
  }
  text += kAlphabet[bits << (6 - count) & 63];
  return text + "=";  // 32 bytes are 42 characters, four bits and one character of padding
}

/// JSON in which nothing looks like markup.
std::string script_safe(const Json& value) {
  std::string text;
  for (char c : compact_json(value)) {
    switch (c) {
      case '<':
        text += "\\u003c";
        break;
      case '>':
        text += "\\u003e";
        break;
      case '&':
        text += "\\u0026";
        break;
      default:
        text += c;
    }
  }
  return text;
}

/// Puts values in place of {{names}}, in one pass: what a value holds is not looked at again.
std::string fill(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::string result;
  while (true) {
    std::size_t open = page.find("{{");
    result += page.substr(0, open);
    if (open == std::string_view::npos)
      return result;
    std::size_t close = page.find("}}", open);
    result += values.at(page.substr(open + 2, close - open - 2));
    page.remove_prefix(close + 2);
  }
}

}  // namespace

std::string render_page(const Json& report) {
  auto source = [](std::string_view text) { return "'sha256-" + base64(Digest::of(text)) + "'"; };
  std::string policy =
      "default-src 'none'; style-src " + source(kPageStyle) + "; script-src " + source(kPageScript) +
      "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
  return fill(kPageMarkup, {{"policy", policy},
                            {"style", std::string(kPageStyle)},
                            {"script", std::string(kPageScript)},
                            {"data", script_safe(report)}});
}

}  // namespace bootstrap
