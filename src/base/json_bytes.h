// Bytes in JSON, which holds nothing but UTF-8: names of files need not be that.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace bootstrap {

/// A string where the bytes are UTF-8, else an array of their numbers.
Json json_of_bytes(std::string_view bytes);
/// Throws Json::exception for anything else.
std::string bytes_of_json(const Json& json);

}  // namespace bootstrap
