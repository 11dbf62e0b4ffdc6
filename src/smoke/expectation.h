// Expectations of texts and values, and what is said when one does not hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "recipe/smoke_test.h"

namespace bootstrap {

/// An expectation that does not hold, and what there was instead.
struct Failure {
  std::string expectation;  ///< `body contains "nginx"`
  std::string actual;
};

/// The beginning of a text in quotes, on one line; "nothing" for an empty one.
std::string excerpt(std::string_view text);

/// Why `text`, called `what`, is not as expected.
std::optional<Failure> check_text(std::string_view what, const TextExpectation& expected,
                                  const std::string& text);

/// Why the JSON document `text` has other values than these.
std::optional<Failure> check_json(const std::map<std::string, Json>& expected, const std::string& text);

}  // namespace bootstrap
