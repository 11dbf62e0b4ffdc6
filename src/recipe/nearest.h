// Which of the known words somebody meant: the "did you mean" of error messages.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bootstrap {

/// How many letters have to be added, dropped, replaced, or swapped with their neighbour to turn one word
/// into the other (optimal string alignment: the Damerau-Levenshtein distance in which no letter moves
/// twice).
std::size_t edit_distance(std::string_view from, std::string_view to);

/// `did you mean "packages"?` if a known word is near enough to be a slip of the fingers, otherwise
/// `known LABEL: a, b, c`.
std::string suggestion(std::string_view word, std::span<const std::string_view> known,
                       std::string_view label);

}  // namespace bootstrap
