// The text of a YAML file, and errors that point into it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bootstrap {

/// A place in a text, both numbers from 0; the column counts bytes.
struct TextPosition {
  std::size_t line = 0;
  std::size_t column = 0;
};

class YamlSource {
 public:
  /// `name` is what errors call the file. Line ends become "\n", so that a checkout with CRLF reads the same.
  /// Throws kUsage for text that is not UTF-8, has control characters, or is indented with tabs: each of them
  /// looks like something else than what a YAML parser makes of it.
  YamlSource(std::string_view text, std::string name);

  const std::string& text() const { return text_; }
  const std::string& name() const { return name_; }

  /// Throws kUsage: "web.yml:12:3: what", the line itself, and a caret below the place.
  [[noreturn]] void fail(TextPosition position, std::string_view what, std::string hint = {}) const;

 private:
  void refuse_deceptive_text() const;
  std::string_view line(std::size_t number) const;

  std::string text_;
  std::string name_;
};

}  // namespace bootstrap
