#include "update/markdown.h"

#include <algorithm>

namespace bootstrap {
namespace {

/// A fence that does not occur in the text.
std::string fence_around(std::string_view text, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

/// Without control characters: they command terminals, and "\r" ends a line, too.
std::string without_controls(std::string_view text, std::string_view kept) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(),
      [&](unsigned char c) {
        return (c < 0x20 && kept.find(static_cast<char>(c)) == std::string_view::npos) || c == 0x7f;
      },
      '?');
  return result;
}

bool is_harmless(std::string_view text) {
  constexpr std::string_view kHarmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,+-/:=()%";
  // A link is made of these without any mark around it.
  constexpr std::string_view kLinks[] = {"://", "www."};
  const bool links = std::any_of(std::begin(kLinks), std::end(kLinks), [&](std::string_view start) {
    return text.find(start) != std::string_view::npos;
  });
  return !links && !text.starts_with(' ') && text.find_first_not_of(kHarmless) == std::string_view::npos;
}

}  // namespace

std::string inert(std::string_view text) {
  if (text.empty() || is_harmless(text))
    return std::string(text);
  std::string code = without_controls(text, "");
  const std::string fence = fence_around(code, 1);
  // In a table the cell would end here even within code.
  for (std::size_t at = 0; (at = code.find('|', at)) != std::string::npos; at += 2)
    code.insert(at, 1, '\\');
  // One space on both sides belongs to the fence, not to the text.
  return fence + " " + code + " " + fence;
}

std::string code_block(std::string_view text) {
  std::string code = without_controls(text, "\n\t");
  if (!code.ends_with('\n'))
    code += '\n';
  const std::string fence = fence_around(code, 3);
  return fence + "\n" + code + fence + "\n";
}

}  // namespace bootstrap
