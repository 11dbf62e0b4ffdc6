#include "package/path_filter.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/digest.h"
#include "base/json.h"

namespace bootstrap {

namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return ::fnmatch(glob.c_str(), path.c_str(), 0) == 0; });
}

// What stands before the first wildcard of a glob, without a slash at its end.
std::string literal_prefix(const std::string& glob) {
  std::string prefix = glob.substr(0, glob.find_first_of("*?[\\"));
  while (!prefix.empty() && prefix.back() == '/')
    prefix.pop_back();
  return prefix;
}

}  // namespace

bool PathFilter::excludes(const std::string& path, EntryType type) const {
  if (path == "." || path.starts_with("var/lib/dpkg/info/"))
    return false;
  const std::string absolute = "/" + path;
  if (!matches_any(exclude_, absolute) || matches_any(include_, absolute))
    return false;
  if (type != EntryType::kDirectory && type != EntryType::kSymlink)
    return true;
  return std::none_of(include_.begin(), include_.end(), [&](const std::string& glob) {
    return absolute.starts_with(literal_prefix(glob)) || literal_prefix(glob).starts_with(absolute + "/");
  });
}

std::string PathFilter::key() const {
  if (exclude_.empty())
    return {};
  return Digest::of(compact_json({{"exclude", exclude_}, {"include", include_}})).hex();
}

}  // namespace bootstrap
