// Loaded into the program under test by LD_PRELOAD, or linked into its worker: makes one file operation below
// a directory fail, or the process die at it, and logs all of them in order. A full disk cannot be had at an
// exact write in any other way, nor a failing one.
//
//   FAULT_BELOW=DIR                 the operations that count: those that change something below DIR
//   FAULT_AT=N                      the one that fails, counted from 1; 0: none
//   FAULT_KIND=ENOSPC|EIO|KILL      ENOSPC: this one and all after it, as on a full disk (what frees space
//   still works); EIO: this one;
//                                   KILL: the process is killed in its place
//   FAULT_LOG=FILE                  a line for each: its name, a tab, the path (or two with a tab between)
//   FAULT_COUNT=FILE                where several processes in turn count together: 8 bytes, zero at first
//   FAULT_IN=NAME                   in the program of this name, or in a worker that does this job
//
// The environments of the worker and the downloader are clean: they find these in a file "faults" beside
// themselves. Programs and processes that this one starts are left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Plan {
  std::string below = variable("FAULT_BELOW") + "/";
  long at = std::atol(variable("FAULT_AT").c_str());
  std::string kind = variable("FAULT_KIND");
  int log = original<int(const char*, int, ...)>("open")(variable("FAULT_LOG").c_str(),
                                                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  std::atomic<long>& count = *counter();

  /// In the file, which all processes map.
  static std::atomic<long>* counter() {
    const int file =
        original<int(const char*, int, ...)>("open")(variable("FAULT_COUNT").c_str(), O_RDWR | O_CLOEXEC);
    void* mapped = ::mmap(nullptr, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
      ::abort();
    ::close(file);
    return static_cast<std::atomic<long>*>(mapped);
  }
};

Plan& plan() {
  static Plan plan;
  return plan;
}

/// Not the process that it is for, or a child of it.
bool idle = true;

void take_variables_beside(std::filesystem::path program) {
  std::ifstream file(program.replace_filename("faults"));
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    ::setenv(line.substr(0, equals).c_str(), line.substr(equals + 1).c_str(), 1);
  }
}

__attribute__((constructor)) void begin(int argc, char** argv) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  take_variables_beside(program);
  const std::string name = variable("FAULT_IN");
  if (program.filename() != name && (argc < 2 || argv[1] != name))
    return;
  plan();
  idle = false;
  ::unsetenv("LD_PRELOAD");
  ::pthread_atfork(nullptr, nullptr, [] { idle = true; });
}

std::string path_of(int fd) {
  char path[PATH_MAX];
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return size < 0 ? "" : std::string(path, static_cast<std::size_t>(size));
}

std::string path_at(int directory, const char* path) {
  return path[0] == '/' || directory == AT_FDCWD ? path : path_of(directory) + "/" + path;
}

/// Whether this operation fails; errno is set then.
bool fails(std::string_view operation, const std::string& path, const std::string& target = {}) {
  if (idle)
    return false;
  Plan& plan = ::plan();
  if (!path.starts_with(plan.below) && !target.starts_with(plan.below))
    return false;
  const std::string line =
      std::string(operation) + "\t" + path + (target.empty() ? "" : "\t" + target) + "\n";
  if (original<ssize_t(int, const void*, size_t)>("write")(plan.log, line.data(), line.size()) < 0)
    ::abort();
  const long number = ++plan.count;
  const bool full = plan.kind == "ENOSPC";
  if (plan.at == 0 || number < plan.at || (number > plan.at && !full) || (full && operation == "unlink"))
    return false;
  if (plan.kind == "KILL") {
    ::kill(::getpid(), SIGKILL);
    __builtin_trap();  // the first process of a PID namespace cannot kill itself
  }
  errno = full ? ENOSPC : EIO;
  return true;
}

bool opening_fails(int flags, const std::string& path) {
  return (flags & (O_CREAT | O_TRUNC)) != 0 && fails("open", path);
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// One function of the C library: the same with the check before it.
#define WRAP(result, name, parameters, arguments, failure, failed)            \
  extern "C" result name parameters {                                         \
    return (failure) ? failed : original<result parameters>(#name) arguments; \
  }
#define WRAP_OPEN(name, parameters, arguments, path)                                    \
  extern "C" int name parameters {                                                      \
    va_list list;                                                                       \
    va_start(list, flags);                                                              \
    const mode_t mode = mode_of(flags, list);                                           \
    va_end(list);                                                                       \
    return opening_fails(flags, path) ? -1 : original<int parameters>(#name) arguments; \
  }

WRAP_OPEN(open, (const char* file, int flags, ...), (file, flags, mode), file)
WRAP_OPEN(open64, (const char* file, int flags, ...), (file, flags, mode), file)
WRAP_OPEN(openat, (int at, const char* file, int flags, ...), (at, file, flags, mode), path_at(at, file))
WRAP_OPEN(openat64, (int at, const char* file, int flags, ...), (at, file, flags, mode), path_at(at, file))
WRAP(int, mkostemp, (char* name, int flags), (name, flags), fails("open", name), -1)
WRAP(int, mkostemp64, (char* name, int flags), (name, flags), fails("open", name), -1)
WRAP(char*, mkdtemp, (char* name), (name), fails("mkdir", name), nullptr)
WRAP(int, mkdir, (const char* name, mode_t mode), (name, mode), fails("mkdir", name), -1)
WRAP(int, mkdirat, (int at, const char* name, mode_t mode), (at, name, mode),
     fails("mkdir", path_at(at, name)), -1)
WRAP(ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size), fails("write", path_of(fd)),
     -1)
WRAP(ssize_t, writev, (int fd, const iovec* data, int count), (fd, data, count), fails("write", path_of(fd)),
     -1)
WRAP(ssize_t, pwrite, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at),
     fails("write", path_of(fd)), -1)
WRAP(ssize_t, pwrite64, (int fd, const void* data, size_t size, off64_t at), (fd, data, size, at),
     fails("write", path_of(fd)), -1)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), fails("truncate", path_of(fd)), -1)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), fails("truncate", path_of(fd)), -1)
WRAP(int, fsync, (int fd), (fd), fails("fsync", path_of(fd)), -1)
WRAP(int, fdatasync, (int fd), (fd), fails("fsync", path_of(fd)), -1)
WRAP(int, rename, (const char* from, const char* to), (from, to), fails("rename", from, to), -1)
WRAP(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to),
     fails("rename", path_at(a, from), path_at(b, to)), -1)
WRAP(int, link, (const char* from, const char* to), (from, to), fails("link", from, to), -1)
WRAP(int, linkat, (int a, const char* from, int b, const char* to, int flags), (a, from, b, to, flags),
     fails("link", path_at(a, from), path_at(b, to)), -1)
WRAP(int, symlinkat, (const char* to, int at, const char* name), (to, at, name),
     fails("symlink", path_at(at, name)), -1)
WRAP(int, mknodat, (int at, const char* name, mode_t mode, dev_t device), (at, name, mode, device),
     fails("mknod", path_at(at, name)), -1)
WRAP(int, fsetxattr, (int fd, const char* name, const void* value, size_t size, int flags),
     (fd, name, value, size, flags), fails("setxattr", path_of(fd)), -1)
WRAP(int, unlink, (const char* name), (name), fails("unlink", name), -1)
WRAP(int, unlinkat, (int at, const char* name, int flags), (at, name, flags),
     fails("unlink", path_at(at, name)), -1)

// openat2 has no function in the C library.
extern "C" long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a)
    argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2) {
    const auto* how = reinterpret_cast<const open_how*>(a[2]);
    const auto* path = reinterpret_cast<const char*>(a[1]);
    if (opening_fails(static_cast<int>(how->flags), path_at(static_cast<int>(a[0]), path)))
      return -1;
  }
  return original<long(long, ...)>("syscall")(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
