#include "image/layer_path.h"

#include <string_view>

#include "base/error.h"

namespace bootstrap {

std::string parent_path(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string name_in_parent(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string child_path(const std::string& directory, const std::string& name) {
  return directory == "." ? name : directory + "/" + name;
}

std::optional<Whiteout> parse_whiteout(const std::string& path) {
  constexpr std::string_view kPrefix = ".wh.";
  constexpr std::string_view kOpaque = ".wh..wh..opq";
  std::string name = name_in_parent(path);
  if (name == kOpaque)
    return Whiteout{parent_path(path), ""};
  if (!name.starts_with(kPrefix))
    return std::nullopt;
  std::string hidden = name.substr(kPrefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..")
    throw Error(ErrorKind::kFailure, path + " is not a whiteout of a name");
  return Whiteout{parent_path(path), std::move(hidden)};
}

}  // namespace bootstrap
