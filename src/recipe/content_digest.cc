#include "recipe/content_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {
namespace {

namespace fs = std::filesystem;

using Sink = std::function<void(OwnContent part)>;

// NUL ends each field: no file name or link target has one.
void add_record(Hasher& hasher, std::string_view kind, std::string_view name, std::string_view value) {
  for (const std::string_view field : {kind, name, value}) {
    hasher.update(field);
    hasher.update(std::string_view("\0", 1));
  }
}

class Reader {
 public:
  /// Without a sink files are hashed piece by piece and not held.
  explicit Reader(const Sink* sink) : sink_(sink) {}

  void add(const fs::path& path, const fs::file_status& status, const std::string& name) {
    OwnContent part{OwnContent::Kind::kFile, path, name, false, {}};
    switch (status.type()) {
      case fs::file_type::regular:
        part.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
        add_record(hasher_, part.executable ? "executable" : "file", name, read(part).hex());
        give(std::move(part));
        return;
      case fs::file_type::directory:
        part.kind = OwnContent::Kind::kFolder;
        add_record(hasher_, "folder", name, "");
        give(std::move(part));
        add_children(path, name);
        return;
      case fs::file_type::symlink:
        part.kind = OwnContent::Kind::kLink;
        part.data = fs::read_symlink(path).string();
        add_record(hasher_, "link", name, part.data);
        give(std::move(part));
        return;
      default:
        throw Error(ErrorKind::kUsage, fmt::format("{} is not a file, folder or link", path.string()),
                    "only those can be copied into an image");
    }
  }

  Digest finish() { return hasher_.finish(); }

 private:
  void add_children(const fs::path& folder, const std::string& name) {
    std::vector<std::string> children;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      children.push_back(entry.path().filename().string());
    std::sort(children.begin(), children.end());
    for (const std::string& child : children)
      add(folder / child, fs::symlink_status(folder / child), name + "/" + child);
  }

  Digest read(OwnContent& part) const {
    const UniqueFd fd = open_file(part.source, O_RDONLY);
    if (sink_ == nullptr)
      return digest_of_fd(fd.get());
    part.data = read_all(fd.get());
    return Digest::of(part.data);
  }

  void give(OwnContent part) const {
    if (sink_ != nullptr)
      (*sink_)(std::move(part));
  }

  const Sink* sink_;
  Hasher hasher_;
};

Digest read_with(const fs::path& path, const Sink* sink) {
  try {
    Reader reader(sink);
    // What `source` itself names may be reached by a link.
    const fs::file_status status = fs::status(path);
    if (status.type() == fs::file_type::not_found)
      throw Error(ErrorKind::kUsage, path.string() + " does not exist");
    reader.add(path, status, "");
    return reader.finish();
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::kUsage, error.what());
  }
}

}  // namespace

Digest read_content(const fs::path& path, const Sink& sink) {
  return read_with(path, &sink);
}

Digest content_digest(const fs::path& path) {
  return read_with(path, nullptr);
}

}  // namespace bootstrap
