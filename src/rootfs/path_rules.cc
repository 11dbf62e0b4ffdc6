#include "rootfs/path_rules.h"

#include <fnmatch.h>

#include <algorithm>

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

bool is_excluded(const PathRules& rules, const std::string& path, EntryType type) {
  const std::string absolute = "/" + path;
  if (path == "." || !matches_any(rules.exclude, absolute) || matches_any(rules.include, absolute))
    return false;
  if (type != EntryType::kDirectory && type != EntryType::kSymlink)
    return true;
  return std::none_of(rules.include.begin(), rules.include.end(), [&](const std::string& glob) {
    return absolute.starts_with(literal_prefix(glob)) || literal_prefix(glob).starts_with(absolute + "/");
  });
}

bool is_excluded_file(const PathRules& rules, const Entry& entry) {
  return !entry.path.starts_with("var/lib/dpkg/info/") && is_excluded(rules, entry.path, entry.type);
}

}  // namespace bootstrap
