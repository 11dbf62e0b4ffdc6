#include "recipe/reading.h"

#include <utility>

namespace bootstrap {

std::string place_below(std::string_view place, std::string_view step) {
  std::string result(place);
  if (!place.empty() && !step.empty() && !step.starts_with('['))
    result += '.';
  return result.append(step);
}

bool is_below(std::string_view place, std::string_view ancestor) {
  return ancestor.empty() ||
         (place.starts_with(ancestor) && (place.size() == ancestor.size() || place[ancestor.size()] == '.' ||
                                          place[ancestor.size()] == '['));
}

std::filesystem::path Reading::resolve(const YamlNode& node, FileReference::Kind kind) {
  std::filesystem::path path = (directory_ / node.string()).lexically_normal();
  files_.push_back({kind, node, path});
  return path;
}

void Reading::forget_sibling(std::string_view key) {
  const std::size_t dot = path_.rfind('.');
  forget(place_below(dot == std::string::npos ? "" : path_.substr(0, dot), key));
}

void Reading::forget(std::string_view place) {
  std::erase_if(origins_, [&](const auto& origin) { return is_below(origin.first, place); });
}

Reading::Descent::Descent(Reading& reading, std::string_view step)
    : reading_(reading), length_(reading.path_.size()) {
  reading.path_ = place_below(reading.path_, step);
}

}  // namespace bootstrap
