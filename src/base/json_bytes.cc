#include "base/json_bytes.h"

#include <vector>

#include "base/utf8.h"

namespace bootstrap {

Json json_of_bytes(std::string_view bytes) {
  if (is_utf8(bytes))
    return bytes;
  return std::vector<unsigned char>(bytes.begin(), bytes.end());
}

std::string bytes_of_json(const Json& json) {
  if (json.is_string())
    return json.get<std::string>();
  const auto bytes = json.get<std::vector<unsigned char>>();
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace bootstrap
