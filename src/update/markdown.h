// Foreign text in Markdown documents (CommonMark 0.31, GitHub's tables and links): names, versions, paths,
// changelogs and what programs print come from packages and images, and none of it may become markup.
#pragma once

#include <string>
#include <string_view>

namespace bootstrap {

/// On one line: as it is when nothing in it could be markup, else as code.
std::string inert(std::string_view text);
/// A block of code, with the fence around it and a newline at the end.
std::string code_block(std::string_view text);

}  // namespace bootstrap
