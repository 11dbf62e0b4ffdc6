#include "runner/layer_trees.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "image/unpack.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUnfinished = "unfinished-";
constexpr const char* kInUse = "in-use";

/// Empty when that is not to be had without waiting.
UniqueFd lock(const fs::path& path, int operation) {
  UniqueFd fd = open_file(path, O_RDWR | O_CREAT, 0600);
  while (::flock(fd.get(), operation) < 0) {
    if (errno == EWOULDBLOCK)
      return {};
    if (errno != EINTR)
      throw_errno("cannot lock " + path.string());
  }
  return fd;
}

/// The kernel stacks two overlays and no more, and a box takes both: not where the store is on one itself, as
/// in a container.
bool on_overlay(const fs::path& directory) {
  struct statfs status{};
  return ::statfs(directory.c_str(), &status) < 0 || status.f_type == OVERLAYFS_SUPER_MAGIC;
}

/// What a run that was killed has left. Nobody else is unpacking: we hold the lock.
void remove_unfinished(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with(kUnfinished))
      fs::remove_all(entry.path());
  }
}

}  // namespace

LayerTrees::LayerTrees(fs::path directory, const IdRange& ids)
    : directory_(std::move(directory) / std::to_string(ids.first_uid)), ids_(ids) {}

std::optional<std::vector<fs::path>> LayerTrees::get(const ImageLayout& layout,
                                                     const std::vector<Layer>& layers,
                                                     const fs::path& worker_program) {
  // overlayfs is told about the layers in 255 bytes (mount_layers()).
  constexpr std::size_t kMost = 60;
  if (ids_.needs_helpers || layers.size() > kMost)
    return std::nullopt;
  std::vector<fs::path> trees;
  std::vector<Layer> missing;
  try {
    fs::create_directories(directory_);
    if (on_overlay(directory_))
      return std::nullopt;
    // Nobody but root gets past the upper one; the worker, who is a stranger here, writes into the lower one.
    fs::permissions(directory_.parent_path(), fs::perms::owner_all);
    fs::permissions(directory_, fs::perms::all);
    for (const Layer& layer : layers) {
      trees.push_back(directory_ / layer.diff_id.hex());
      if (!fs::exists(trees.back()))
        missing.push_back(layer);
    }
    if (!missing.empty())
      unpack(layout, missing, worker_program);
  } catch (const std::exception&) {
    return std::nullopt;  // a full disk, a layer that cannot stand alone; what is wrong with a blob comes up
                          // again
  }
  return trees;
}

void LayerTrees::unpack(const ImageLayout& layout, const std::vector<Layer>& layers,
                        const fs::path& worker_program) {
  const UniqueFd held = lock(directory_.string() + ".lock", LOCK_EX);
  remove_unfinished(directory_);
  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  UniqueFd target = open_file(directory_, O_RDONLY | O_DIRECTORY);
  WorkerJob job;
  job.name = "unpack-layers";
  job.input = {{"layers", Json::array()}};
  for (const Layer& layer : layers)
    job.input["layers"].push_back(to_json(layer));
  job.fds = {blobs.get(), target.get()};
  run_worker(worker_program, ids_, job, {});
}

UniqueFd use_layer_trees(const fs::path& directory) {
  try {
    fs::create_directories(directory);
    return lock(directory / kInUse, LOCK_SH);
  } catch (const std::exception&) {
    return {};
  }
}

UniqueFd collect_layer_trees(const fs::path& directory, const std::set<Digest>& kept, Garbage& garbage) {
  if (!fs::exists(directory))
    return {};
  UniqueFd held = lock(directory / kInUse, LOCK_EX | LOCK_NB);
  if (!held)
    return held;
  for (const auto& item : fs::directory_iterator(directory)) {
    if (item.path().filename().string().starts_with("bootstrap-")) {
      garbage.add(item.path());  // what a run was to keep
      continue;
    }
    if (!item.is_directory())
      continue;  // a lock
    for (const auto& tree : fs::directory_iterator(item.path())) {
      const auto layer = Digest::parse(tree.path().filename().string());
      if (!layer || !kept.contains(*layer))
        garbage.add(tree.path());
    }
  }
  return held;
}

Json unpack_layers_job(const Json& input, WorkerContext& context) {
  const int blobs = context.fds[0].get();
  const int target = context.fds[1].get();
  std::vector<std::string> names;
  for (const Json& item : input.at("layers")) {
    const Layer layer = layer_from_json(item);
    const std::string name = layer.diff_id.hex();
    const bool is_twice = std::find(names.begin(), names.end(), name) != names.end();
    if (is_twice || ::faccessat(target, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
      continue;  // in the latter case another run was faster
    const std::string unfinished = kUnfinished + name;
    check(::mkdirat(target, unfinished.c_str(), 0700), "mkdir");
    UniqueFd root = open_beneath(target, unfinished, O_RDONLY | O_DIRECTORY);
    unpack_for_overlay(blobs, layer, root.get());
    names.push_back(name);
  }
  // After a crash of the machine there is a whole tree under a name, or none. Once for all of them: this
  // waits for everything that anybody has written to the file system.
  if (!names.empty())
    check(::syncfs(target), "syncfs");
  for (const std::string& name : names)
    check(::renameat(target, (kUnfinished + name).c_str(), target, name.c_str()), "rename");
  return Json::object();
}

}  // namespace bootstrap
