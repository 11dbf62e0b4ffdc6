#include "recipe/content_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {
namespace {

namespace fs = std::filesystem;

void add(Hasher& hasher, const fs::path& path, const fs::file_status& status, const std::string& name);

// NUL ends each field: no file name or link target has one.
void add_record(Hasher& hasher, std::string_view kind, std::string_view name, std::string_view value) {
  for (const std::string_view field : {kind, name, value}) {
    hasher.update(field);
    hasher.update(std::string_view("\0", 1));
  }
}

void add_folder(Hasher& hasher, const fs::path& folder, const std::string& name) {
  std::vector<std::string> children;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    children.push_back(entry.path().filename().string());
  std::sort(children.begin(), children.end());
  for (const std::string& child : children)
    add(hasher, folder / child, fs::symlink_status(folder / child), name + "/" + child);
}

void add(Hasher& hasher, const fs::path& path, const fs::file_status& status, const std::string& name) {
  switch (status.type()) {
    case fs::file_type::regular: {
      const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      add_record(hasher, executable ? "executable" : "file", name,
                 digest_of_fd(open_file(path, O_RDONLY).get()).hex());
      return;
    }
    case fs::file_type::directory:
      add_record(hasher, "folder", name, "");
      add_folder(hasher, path, name);
      return;
    case fs::file_type::symlink:
      add_record(hasher, "link", name, fs::read_symlink(path).string());
      return;
    default:
      throw Error(ErrorKind::kUsage, fmt::format("{} is not a file, folder or link", path.string()),
                  "only those can be copied into an image");
  }
}

}  // namespace

Digest content_digest(const fs::path& path) {
  Hasher hasher;
  try {
    // What `source` itself names may be reached by a link.
    add(hasher, path, fs::status(path), "");
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
  return hasher.finish();
}

}  // namespace bootstrap
