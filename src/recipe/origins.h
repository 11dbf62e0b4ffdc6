// Where the values of a recipe come from, once it has what it leaves out from its parent.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace bootstrap {

struct Origin {
  std::string file;
  std::size_t line = 0;  ///< from 1
};

/// By the value's place: "image.env.LANG", "repositories[0]". What is not here has its default.
using Origins = std::map<std::string, Origin, std::less<>>;

/// "image" and "env" are "image.env", "repositories" and "[0]" are "repositories[0]".
std::string place_below(std::string_view place, std::string_view step);
/// Whether `place` is `ancestor` or lies in it.
bool is_below(std::string_view place, std::string_view ancestor);

}  // namespace bootstrap
