#include "sandbox/box_mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "sandbox/mount_api.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kNoPrograms = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr std::uint64_t kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

// What a container sees of the kernel is what container engines show, less what tells about the host.
constexpr const char* kReadOnlyProc[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
constexpr const char* kMaskedProc[] = {
    "acpi",       "asound",     "config.gz",     "interrupts",  "iomem",      "ioports",
    "kallsyms",   "kcore",      "keys",          "key-users",   "kmsg",       "kpagecgroup",
    "kpagecount", "kpageflags", "latency_stats", "modules",     "scsi",       "sched_debug",
    "slabinfo",   "softirqs",   "timer_list",    "timer_stats", "vmallocinfo"};
constexpr const char* kMaskedSys[] = {"firmware", "devices/virtual/powercap", "kernel/debug",
                                      "kernel/security"};

struct Device {
  const char* name;
  unsigned major;
  unsigned minor;
};
constexpr Device kDevices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                               {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

void make_directory(int base, const char* name, mode_t mode) {
  check(::mkdirat(base, name, mode), std::string("cannot make ") + name);
  // mkdir is subject to the umask and never sets the sticky bit.
  check(::fchmodat(base, name, mode, 0), std::string("cannot make ") + name);
}

/// Puts the mounts of one box together. `staging` is a tmpfs of its own for what needs a place but must not
/// be in the tree: overlay layers, file mounts, an empty directory for masks.
class TreeBuilder {
 public:
  TreeBuilder(BoxMounts mounts, const SandboxSpec& spec)
      : spec_(spec),
        tree_(std::move(mounts.tree)),
        staging_(std::move(mounts.changes)),
        devpts_(std::move(mounts.devpts)) {}

  void build() {
    attach_mount_unseen(staging_.get());
    is_in_memory(staging_.get());
    if (spec_.profile == SandboxProfile::kService)
      make_overlay();
    else
      is_in_memory(tree_.get());
    attach_mount_unseen(tree_.get());
    mount_dev();
    mount_proc();
    mount_sys();
    if (spec_.profile == SandboxProfile::kMaintainerScript || spec_.read_only)
      mount_temporary_directories();
    if (spec_.profile == SandboxProfile::kService)
      make_working_directory();
    for (const FileMount& file : spec_.files)
      mount_file(file);
    for (const Volume& volume : spec_.volumes)
      mount_volume(volume);
    if (spec_.read_only) {
      for (const std::string& path : spec_.writable)
        keep_writable(path);
      add_mount_attributes(tree_.get(), MOUNT_ATTR_RDONLY);
    }
  }

  /// pivot_root, never chroot: a process with CAP_SYS_CHROOT walks out of the latter.
  void pivot() {
    // A place in our own tmpfs, for it is there whatever the tree has, even if that is read-only.
    constexpr const char* kShelf = "dev/old-root";
    make_directory(tree_.get(), kShelf, 0700);
    // The old root goes below a mount and not right here. Mounts that were attached unseen lie on top of it,
    // and umount takes the topmost only: it would have to be called for each, and each time waits for all
    // cores.
    attach_mount(clone_mount(staging_.get(), "").get(), open_beneath(tree_.get(), kShelf, O_PATH).get(),
                 kShelf);
    check(::fchdir(tree_.get()), "cannot enter the tree");
    check(::syscall(SYS_pivot_root, ".", "dev/old-root/empty"), "pivot_root");
    check(::chdir("/"), "cannot enter the tree");
    check(::umount2(kShelf, MNT_DETACH), "cannot let go of the old root");
    // Succeeds only when nothing is mounted there any more.
    check(::rmdir(kShelf), "cannot let go of the old root");
  }

  BoxView view() && { return std::move(view_); }

 private:
  void is_in_memory(int mount) { view_.in_memory.push_back(open_beneath(mount, ".", O_PATH | O_DIRECTORY)); }
  void make_overlay();
  void keep_writable(const std::string& path);
  void mount_proc();
  void mount_sys();
  void mount_dev();
  void mount_devices(int dev);
  void mount_temporary_directories();
  void make_working_directory();
  void mount_file(const FileMount& file);
  void mount_volume(const Volume& volume);

  UniqueFd directory(const std::string& path);
  UniqueFd directories(const std::string& path);
  UniqueFd mount_point(const std::string& path, bool create);
  bool may_create(const std::string& path) const;
  void mask(int base, const char* path);
  void make_read_only(int base, const char* path);

  const SandboxSpec& spec_;
  UniqueFd tree_;
  UniqueFd staging_;
  UniqueFd devpts_;
  UniqueFd null_;  ///< /dev/null of the box
  unsigned files_ = 0;
  BoxView view_;
};

void TreeBuilder::make_overlay() {
  attach_mount_unseen(tree_.get());
  // By descriptor through proc, for kernels before 6.7 take paths only; and so no path of the host shows up
  // in /proc/self/mountinfo.
  const std::string lower = "/proc/self/fd/" + std::to_string(tree_.get());
  const std::string staging = "/proc/self/fd/" + std::to_string(staging_.get());
  struct stat status{};
  check(::fstat(tree_.get(), &status), "fstat");
  // The overlay's root has mode and owner of the upper directory.
  const std::string upper = staging + "/upper";
  check(::fchownat(staging_.get(), "upper", status.st_uid, status.st_gid, 0), "chown");
  check(::fchmodat(staging_.get(), "upper", status.st_mode & 07777, 0), "chmod");
  // userxattr: trusted.* is for root of the initial namespace only. Where tmpfs has no user.* either, overlay
  // cannot mark a directory as one that hides all below it.
  if (::fsetxattr(open_beneath(staging_.get(), "work", O_RDONLY).get(), "user.bootstrap", "", 0, 0) < 0) {
    view_.degraded.emplace_back(
        "a directory of the image that is removed cannot be made again: tmpfs has no user attributes before "
        "Linux 6.6");
  }
  tree_ = make_mount(
      "overlay",
      {{"lowerdir", lower}, {"upperdir", upper}, {"workdir", staging + "/work"}, {"userxattr", ""}}, kPlain);
}

/// A mount of its own, so that it does not become read-only with the tree; it has what the image has there.
void TreeBuilder::keep_writable(const std::string& path) {
  const std::string relative = path.substr(1);
  UniqueFd place = try_open_beneath(tree_.get(), relative, O_PATH | O_DIRECTORY);
  if (!place)
    throw Error(ErrorKind::kFailure, path + " is to be writable, but is not a directory of the image");
  attach_mount(clone_mount(place.get(), "", kPlain).get(), place.get(), path);
}

/// A directory of the tree to mount on; made if it is not there.
UniqueFd TreeBuilder::directory(const std::string& path) {
  UniqueFd fd = try_open_beneath(tree_.get(), path, O_PATH | O_DIRECTORY);
  if (!fd && errno == ENOENT) {
    make_directory(tree_.get(), path.c_str(), path == "tmp" ? 01777 : 0755);
    fd = try_open_beneath(tree_.get(), path, O_PATH | O_DIRECTORY);
  }
  if (!fd) {
    if (errno == ELOOP || errno == ENOTDIR)
      throw Error(ErrorKind::kFailure,
                  "/" + path + " of the tree is not a directory: refusing to mount on it");
    throw_errno("cannot open /" + path + " of the tree");
  }
  return fd;
}

void TreeBuilder::mask(int base, const char* path) {
  UniqueFd target = try_open_beneath(base, path, O_PATH);
  if (!target)
    return;  // this kernel has no such file
  struct stat status{};
  check(::fstat(target.get(), &status), "fstat");
  // The box's /dev/null is read-only already.
  UniqueFd cover = S_ISDIR(status.st_mode)
                       ? clone_mount(staging_.get(), "empty", MOUNT_ATTR_RDONLY | kNoPrograms)
                       : clone_mount(null_.get(), "");
  attach_mount(cover.get(), target.get(), path);
}

void TreeBuilder::make_read_only(int base, const char* path) {
  UniqueFd target = try_open_beneath(base, path, O_PATH);
  if (!target)
    return;
  UniqueFd cover = clone_mount(target.get(), "", MOUNT_ATTR_RDONLY | kNoPrograms);
  attach_mount(cover.get(), target.get(), path);
}

/// proc and sysfs tell about all of the machine, so the kernel gives a fresh one only to those who see an
/// uncovered one already. Containers cover parts of theirs. Empty when it refuses.
UniqueFd make_kernel_mount(const char* type, std::uint64_t attributes) {
  try {
    return make_mount(type, {}, attributes);
  } catch (const Error&) {
    return {};
  }
}

/// What there is outside instead, with all that covers parts of it: that cannot be had without. To be called
/// before the old root is gone.
UniqueFd copy_outer_mount(const char* path, std::uint64_t attributes) {
  UniqueFd mount = clone_mounts_at(open_file(path, O_PATH | O_DIRECTORY).get());
  add_mount_attributes(mount.get(), attributes, MountDepth::kAll);
  return mount;
}

void TreeBuilder::mount_proc() {
  constexpr const char* kLowPorts = "sys/net/ipv4/ip_unprivileged_port_start";
  UniqueFd proc = make_kernel_mount("proc", kNoPrograms);
  const bool fresh = static_cast<bool>(proc);
  if (!fresh)
    proc = copy_outer_mount("/proc", kNoPrograms);
  attach_mount(proc.get(), directory("proc").get(), "/proc");
  // So that a service which is not root can listen on port 80, as it can where ports are mapped.
  if (UniqueFd ports = try_open_beneath(proc.get(), kLowPorts, O_WRONLY))
    write_all(ports.get(), "0");
  else
    view_.low_ports = false;
  for (const char* path : kMaskedProc)
    mask(proc.get(), path);
  if (fresh) {
    for (const char* path : kReadOnlyProc)
      make_read_only(proc.get(), path);
    return;
  }
  view_.outer_proc = std::move(proc);
  view_.weakened = true;
  view_.degraded.emplace_back(
      "/proc is the one outside of the box, read-only: it shows the processes there, with their arguments, "
      "and "
      "has other process numbers than the box");
  if (!view_.low_ports && !spec_.own_network)
    view_.degraded.emplace_back("nobody in the box can listen on a port below 1024");
}

void TreeBuilder::mount_sys() {
  constexpr std::uint64_t kAttributes = kNoPrograms | MOUNT_ATTR_RDONLY;
  UniqueFd sys = make_kernel_mount("sysfs", kAttributes);
  const bool fresh = static_cast<bool>(sys);
  if (!fresh)
    sys = copy_outer_mount("/sys", kAttributes);
  attach_mount(sys.get(), directory("sys").get(), "/sys");
  for (const char* path : kMaskedSys)
    mask(sys.get(), path);
  if (!fresh) {
    mask(sys.get(), "fs/cgroup");
    view_.weakened = true;
    view_.degraded.emplace_back("/sys is the one outside of the box: it shows the network interfaces there");
  }
}

void TreeBuilder::mount_dev() {
  UniqueFd dev = make_mount("tmpfs", {{"size", "64k"}, {"nr_inodes", "256"}, {"mode", "0755"}},
                            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
  attach_mount(dev.get(), directory("dev").get(), "/dev");
  mount_devices(dev.get());

  for (const char* name : {"pts", "shm"})
    make_directory(dev.get(), name, 0755);
  attach_mount(devpts_.get(), open_beneath(dev.get(), "pts", O_PATH).get(), "/dev/pts");
  UniqueFd shm = make_mount("tmpfs", {{"size", "64m"}, {"nr_inodes", "4k"}, {"mode", "1777"}}, kNoPrograms);
  attach_mount(shm.get(), open_beneath(dev.get(), "shm", O_PATH).get(), "/dev/shm");
  is_in_memory(shm.get());

  constexpr const char* kLinks[][2] = {{"/proc/self/fd", "fd"},
                                       {"/proc/self/fd/0", "stdin"},
                                       {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"},
                                       {"pts/ptmx", "ptmx"}};
  for (const auto& [target, name] : kLinks)
    check(::symlinkat(target, dev.get(), name), "cannot make a link in /dev");
}

UniqueFd open_device(const Device& device) {
  const std::string path = std::string("/dev/") + device.name;
  UniqueFd node(
      ::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
  if (!node && errno != ENOENT)
    throw_errno("cannot copy the mount of " + path);
  // What stands for the device outside may be anything when we run in somebody's container.
  struct stat status{};
  if (node)
    check(::fstat(node.get(), &status), "fstat");
  if (!node || !S_ISCHR(status.st_mode) || status.st_rdev != ::makedev(device.major, device.minor)) {
    throw Error(ErrorKind::kSandbox,
                path + (node ? " of this machine is not the device" : " is not there, which boxes need"),
                fmt::format("as root: mknod -m 666 {} c {} {}, or mount the machine's /dev there", path,
                            device.major, device.minor));
  }
  return node;
}

void TreeBuilder::mount_devices(int dev) {
  for (const Device& device : kDevices) {
    UniqueFd node = open_device(device);
    add_mount_attributes(node.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
    UniqueFd place(check(::openat(dev, device.name, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0666), "open"));
    attach_mount(node.get(), place.get(), device.name);
  }
  null_ = open_beneath(dev, "null", O_PATH);
}

void TreeBuilder::mount_temporary_directories() {
  UniqueFd tmp = make_mount("tmpfs", {{"size", "64m"}, {"nr_inodes", "20k"}, {"mode", "1777"}}, kPlain);
  attach_mount(tmp.get(), directory("tmp").get(), "/tmp");
  is_in_memory(tmp.get());
  UniqueFd run = make_mount("tmpfs", {{"size", "16m"}, {"nr_inodes", "4k"}, {"mode", "0755"}}, kPlain);
  attach_mount(run.get(), directory("run").get(), "/run");
  is_in_memory(run.get());
  make_directory(run.get(), "lock", 01777);
}

bool TreeBuilder::may_create(const std::string& path) const {
  return spec_.profile == SandboxProfile::kService || path.starts_with("run/") || path.starts_with("tmp/");
}

/// A directory and all that lead to it.
UniqueFd TreeBuilder::directories(const std::string& path) {
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
    directory(path.substr(0, end));
  return directory(path);
}

/// A file to mount on. Empty when there is none and none may be made.
UniqueFd TreeBuilder::mount_point(const std::string& path, bool create) {
  UniqueFd place = try_open_beneath(tree_.get(), path, O_PATH);
  if (!place && errno == ENOENT) {
    if (!create || !may_create(path))
      return {};
    const std::size_t slash = path.rfind('/');
    UniqueFd parent = slash == std::string::npos ? UniqueFd() : directories(path.substr(0, slash));
    place.reset(::openat(parent ? parent.get() : tree_.get(), path.substr(slash + 1).c_str(),
                         O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0644));
  }
  struct stat status{};
  if (!place || ::fstat(place.get(), &status) < 0)
    throw_errno("cannot mount a file on /" + path + " of the tree");
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::kFailure, "/" + path + " of the tree is not a file: refusing to mount on it");
  return place;
}

/// As container engines do: images name one and leave it to them. What leads there by a link, or is something
/// else, is for the program's start to judge.
void TreeBuilder::make_working_directory() {
  UniqueFd parent = open_beneath(tree_.get(), ".", O_PATH | O_DIRECTORY);
  for (const std::filesystem::path& part : std::filesystem::path(spec_.working_directory).relative_path()) {
    if (part.empty() || part == ".")
      continue;
    if (part == "..")
      return;
    UniqueFd next = try_open_beneath(parent.get(), part.string(), O_PATH | O_DIRECTORY);
    if (!next && errno == ENOENT) {
      make_directory(parent.get(), part.c_str(), 0755);
      next = try_open_beneath(parent.get(), part.string(), O_PATH | O_DIRECTORY);
    }
    if (!next)
      return;
    parent = std::move(next);
  }
}

void TreeBuilder::mount_volume(const Volume& volume) {
  struct stat status{};
  check(::fstat(volume.mount, &status), "fstat");
  UniqueFd place = S_ISDIR(status.st_mode) ? directories(volume.target) : mount_point(volume.target, true);
  add_mount_attributes(volume.mount, kPlain | (volume.read_only ? MOUNT_ATTR_RDONLY : 0), MountDepth::kAll);
  attach_mount(volume.mount, place.get(), "/" + volume.target);
}

void TreeBuilder::mount_file(const FileMount& file) {
  UniqueFd place = mount_point(file.path, file.create);
  if (!place)
    return;
  const std::string name = "files/" + std::to_string(files_++);
  {
    UniqueFd copy = open_beneath(staging_.get(), name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    write_all(copy.get(), file.content);
    check(::fchmod(copy.get(), file.mode), "fchmod");
  }
  UniqueFd mount = clone_mount(staging_.get(), name, MOUNT_ATTR_RDONLY | kPlain);
  attach_mount(mount.get(), place.get(), file.path);
}

}  // namespace

void require_devices() {
  for (const Device& device : kDevices)
    open_device(device);
}

UniqueFd make_changes_mount(std::uint64_t size) {
  // A quarter as many files as there are pages.
  const std::string inodes = std::to_string(size / 16384 + 4096);
  UniqueFd mount =
      make_mount("tmpfs", {{"size", std::to_string(size)}, {"nr_inodes", inodes}, {"mode", "0755"}}, kPlain);
  for (const char* name : {"upper", "work", "files", "empty"})
    make_directory(mount.get(), name, 0755);
  return mount;
}

BoxMounts prepare_mounts(const SandboxSpec& spec) {
  return {clone_mount(spec.root, "", kPlain),
          spec.changes >= 0
              ? UniqueFd(check(::fcntl(spec.changes, F_DUPFD_CLOEXEC, 3), "cannot copy a descriptor"))
              : make_changes_mount(spec.limits.changes),
          make_mount("devpts", {{"newinstance", ""}, {"gid", "5"}, {"mode", "620"}, {"ptmxmode", "666"}},
                     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)};
}

BoxView enter_tree(BoxMounts mounts, const SandboxSpec& spec) {
  TreeBuilder builder(std::move(mounts), spec);
  builder.build();
  builder.pivot();
  return std::move(builder).view();
}

}  // namespace bootstrap
