// The worker's side of worker.h.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/error.h"
#include "sandbox/mount_api.h"
#include "sandbox/namespace_errors.h"
#include "sandbox/worker.h"
#include "sandbox/worker_process.h"

namespace bootstrap {

namespace {

/// The job's own descriptors: all that follow the worker's, without a gap.
std::vector<UniqueFd> take_job_fds() {
  std::vector<UniqueFd> fds;
  for (int fd = kWorkerFirstJobFd; ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0; ++fd)
    fds.emplace_back(fd);
  return fds;
}

/// Whether they are there, or what stands for them: then somebody has started us who knows how.
bool take_cgroups() {
  for (int fd = kWorkerFirstCgroup; fd < kWorkerFirstJobFd; ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
      return false;
  }
  return true;
}

void say(const Json& message) {
  write_all(kWorkerResult, compact_json(message) + "\n");
}

Json describe(const Error& error) {
  return {{"error", to_json(error)}};
}

Json run_job(const WorkerFunction& job, Trace& trace) {
  try {
    // From here on no mount of ours is seen outside, and none of outside here.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
      throw namespace_error("cannot use mounts in a user namespace", errno);
    std::vector<UniqueFd> fds = take_job_fds();
    WorkerContext context{fds, [](std::string_view line) { say({{"progress", line}}); }, trace};
    UniqueFd input(kWorkerInput);
    Json document = parse_json(read_all(input.get()), "input of the job");
    input.reset();
    return {{"result", job(document, context)}};
  } catch (const Error& error) {
    return describe(error);
  } catch (const std::exception& error) {
    return describe(Error(ErrorKind::kFailure, error.what()));
  }
}

/// Half of the memory that can be had now without swapping: the other half is for those who fill the tree.
std::uint64_t half_of_free_memory() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key;
  std::uint64_t kilobytes = 0;
  for (std::string unit; meminfo >> key >> kilobytes; std::getline(meminfo, unit)) {
    if (key == "MemAvailable:")
      return kilobytes * 1024 / 2;
  }
  throw Error(ErrorKind::kFailure, "/proc/meminfo does not say how much memory is available");
}

}  // namespace

int worker_main(int argc, char** argv, const std::map<std::string, WorkerFunction>& jobs) {
  const auto job = argc == 2 ? jobs.find(argv[1]) : jobs.end();
  if (job == jobs.end() || ::fcntl(kWorkerInput, F_SETFD, FD_CLOEXEC) < 0 ||
      ::fcntl(kWorkerResult, F_SETFD, FD_CLOEXEC) < 0 || !take_cgroups()) {
    std::cerr << "bootstrap-worker is started by bootstrap and of no use by itself\n";
    return static_cast<int>(ErrorKind::kUsage);
  }
  std::signal(SIGPIPE, SIG_IGN);
  Trace trace("bootstrap-worker " + job->first);
  Json end = run_job(job->second, trace);
  end["trace"] = trace.events();
  say(end);
  return 0;
}

UniqueFd take_mount(UniqueFd fd) {
  try {
    return clone_mounts_at(fd.get());
  } catch (const Error&) {
    return fd;  // detached already; kernels before 6.15 do not copy such
  }
}

UniqueFd mount_layers(std::vector<UniqueFd> layers) {
  // overlayfs wants two directories at least.
  UniqueFd empty = make_mount("tmpfs", {{"size", "4k"}, {"nr_inodes", "2"}, {"mode", "0755"}}, 0);
  layers.insert(layers.begin(), std::move(empty));
  std::string lower;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    attach_mount_unseen(layer->get());
    lower += (lower.empty() ? "" : ":") + std::to_string(layer->get());
  }
  // fsconfig takes 255 bytes, so the paths are relative.
  check(::chdir("/proc/self/fd"), "chdir");
  UniqueFd mount = make_mount("overlay", {{"lowerdir", lower}, {"userxattr", ""}},
                              MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY);
  check(::chdir("/"), "chdir");
  attach_mount_unseen(mount.get());
  return UniqueFd(check(::openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open"));
}

namespace {

/// With large pages where files are large: one page at a time, a tree takes three times as long to write and
/// to free. Not every kernel can.
UniqueFd make_scratch_mount(MountOptions options) {
  constexpr std::uint64_t kAttributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  try {
    return make_mount("tmpfs", options, kAttributes);
  } catch (const Error&) {
    options.pop_back();
    return make_mount("tmpfs", options, kAttributes);
  }
}

}  // namespace

UniqueFd mount_scratch(std::uint64_t size) {
  if (size == 0)
    size = half_of_free_memory();
  // As many inodes as a tree of one-page files of this size would have.
  const std::string inodes = std::to_string(std::max<std::uint64_t>(size / 4096, 1024));
  const UniqueFd mount = make_scratch_mount(
      {{"size", std::to_string(size)}, {"nr_inodes", inodes}, {"mode", "0755"}, {"huge", "within_size"}});
  attach_mount_unseen(mount.get());
  return UniqueFd(
      check(::openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot open scratch"));
}

}  // namespace bootstrap
