#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <map>

#include "payload.h"

void report(const char* name, long result) {
  std::printf("%s %s\n", name, result >= 0 ? "OK" : ::strerrorname_np(errno));
  std::fflush(stdout);
}

int install(const Arguments&) {
  int fd = ::open("/file", O_WRONLY | O_CREAT | O_EXCL, 0644);
  report("chown", ::fchown(fd, 33, 65534));
  report("chmod", ::fchmod(fd, 06755));
  vfs_cap_data capabilities{};
  capabilities.magic_etc = VFS_CAP_REVISION_2;
  capabilities.data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
  report("setcap", ::fsetxattr(fd, "security.capability", &capabilities, XATTR_CAPS_SZ_2, 0));
  report("mkfifo", ::mkfifo("/fifo", 0600));
  report("mkdir", ::mkdir("/directory", 0700));
  report("device", ::mknod("/device", S_IFCHR | 0666, ::makedev(1, 3)));
  report("setgroups", ::setgroups(0, nullptr));
  report("setgid", ::setresgid(33, 33, 33));
  report("setuid", ::setresuid(33, 33, 33));
  report("setuid-back", ::setresuid(0, 0, 0));
  return 0;
}

namespace {

int hang(const Arguments&) {
  std::puts("started");
  std::fflush(stdout);
  for (;;)
    ::pause();
}

int ignore_signals(const Arguments& arguments) {
  for (int number = 1; number < NSIG; ++number)
    std::signal(number, SIG_IGN);
  return hang(arguments);
}

/// A daemon that holds on to standard output and ignores whatever can be ignored.
int leave_daemon(const Arguments& arguments) {
  if (::fork() == 0) {
    ::setsid();
    if (::fork() == 0)
      ignore_signals(arguments);
    ::_exit(0);
  }
  ::wait(nullptr);
  return 42;
}

/// As many children as can be had; with "users", each with one of five user ids. Fails, after a while, when
/// that is not enough.
int fork_bomb(const Arguments& arguments) {
  int count = 0;
  for (; count < 5000; ++count) {
    pid_t pid = ::fork();
    if (pid < 0)
      break;
    if (pid > 0)
      continue;
    if (!arguments.empty() && ::setresuid(-1, static_cast<uid_t>(1000 + count % 5), -1) < 0)
      ::_exit(1);
    for (;;)
      ::pause();
  }
  std::printf("%d\n", count);
  ::poll(nullptr, 0, 300);
  return count < 5000;
}

/// Works for so many milliseconds; prints how many it was given the time for.
int burn(const Arguments& arguments) {
  const auto milliseconds = [](clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
  };
  const long end = milliseconds(CLOCK_MONOTONIC) + std::stol(arguments.at(0));
  while (milliseconds(CLOCK_MONOTONIC) < end)
    continue;
  std::printf("%ld\n", milliseconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

int flood(const Arguments&) {
  const std::string line(4096, 'y');
  while (::write(STDOUT_FILENO, line.data(), line.size()) > 0)
    continue;
  return 1;
}

/// Touches so many megabytes.
int eat(const Arguments& arguments) {
  for (int i = std::stoi(arguments.at(0)); i > 0; --i) {
    // volatile: a compiler may leave out memory that is never read.
    volatile char* megabyte = static_cast<char*>(std::malloc(1 << 20));
    for (int offset = 0; offset < 1 << 20; offset += 4096)
      megabyte[offset] = 'x';
  }
  std::puts("eaten");
  return 0;
}

int say(const Arguments& arguments) {
  std::cout << arguments.at(0) << std::flush;
  std::cerr << arguments.at(1) << std::flush;
  return 0;
}

int raise_signal(const Arguments& arguments) {
  return ::kill(::getpid(), std::stoi(arguments.at(0)));
}

int read_file(const Arguments& arguments) {
  int fd = ::open(arguments.at(0).c_str(), O_RDONLY);
  report("open", fd);
  char buffer[4096];
  for (ssize_t n; fd >= 0 && (n = ::read(fd, buffer, sizeof buffer)) > 0;)
    std::fwrite(buffer, 1, static_cast<std::size_t>(n), stdout);
  return fd < 0;
}

int write_files(const Arguments& paths) {
  for (const std::string& path : paths) {
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    report(path.c_str(), fd < 0 ? fd : ::write(fd, "x", 1));
    ::close(fd);
  }
  return 0;
}

/// Fills a directory; prints how many megabytes there were.
int fill(const Arguments& arguments) {
  int fd = ::open((arguments.at(0) + "/filler").c_str(), O_WRONLY | O_CREAT, 0666);
  const std::string megabyte(1 << 20, 'x');
  int count = 0;
  while (count < 1024 &&
         ::write(fd, megabyte.data(), megabyte.size()) == static_cast<ssize_t>(megabyte.size()))
    ++count;
  std::printf("%d\n", count);
  return 0;
}

/// Fills a directory with empty files; prints how many there were.
int make_files(const Arguments& arguments) {
  int count = 0;
  for (; count < 50000; ++count) {
    const int fd =
        ::open((arguments.at(0) + "/file-" + std::to_string(count)).c_str(), O_WRONLY | O_CREAT, 0666);
    if (fd < 0)
      break;
    ::close(fd);
  }
  std::printf("%d\n", count);
  return 0;
}

/// Removes what the lower layer has and puts something else there.
int replace_directory(const Arguments&) {
  std::filesystem::remove_all("/etc");
  std::filesystem::create_directory("/etc");
  for (const auto& entry : std::filesystem::directory_iterator("/etc"))
    std::puts(entry.path().c_str());
  return 0;
}

int show_identity(const Arguments&) {
  std::printf("%d:%d", static_cast<int>(::getuid()), static_cast<int>(::getgid()));
  gid_t groups[64];
  for (int i = 0, n = ::getgroups(64, groups); i < n; ++i)
    std::printf(" %d", static_cast<int>(groups[i]));
  std::puts("");
  return 0;
}

int show_surroundings(const Arguments&) {
  char hostname[64];
  ::gethostname(hostname, sizeof hostname);
  std::cout << "hostname " << hostname << "\ncwd " << std::filesystem::current_path().string() << "\n";
  std::cout << "session " << (::getsid(0) == ::getpid()) << "\numask " << ::umask(0) << "\n";
  for (char** variable = environ; *variable != nullptr; ++variable)
    std::cout << "env " << *variable << "\n";
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0)
      std::cout << "fd " << fd << "\n";
  }
  return 0;
}

int count_processes() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    count += std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])) != 0;
  return count;
}

/// Orphans for PID 1 to reap; waits until only that and we are left, and prints the processes that there are.
int leave_orphans(const Arguments&) {
  for (int i = 0; i < 300; ++i) {
    pid_t child = ::fork();
    if (child == 0) {
      ::fork();
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  for (int i = 0; i < 1000 && count_processes() > 2; ++i)
    ::poll(nullptr, 0, 10);
  std::printf("%d\n", count_processes());
  return 0;
}

int kill_everything(const Arguments&) {
  ::kill(1, SIGKILL);
  ::kill(-1, SIGKILL);
  std::puts("alive");
  return 0;
}

/// Whether a file's own rights were given to the stranger who has executed it.
int is_privileged(const Arguments&) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  ::syscall(SYS_capget, &header, data);
  return ::geteuid() == 0 || data[0].effective != 0 ? 0 : EPERM;
}

using Command = int (*)(const Arguments&);
const std::map<std::string, Command> kCommands = {
    {"burn", burn},
    {"daemon", leave_daemon},
    {"eat", eat},
    {"escape", try_to_escape},
    {"exit", [](const Arguments& a) { return std::stoi(a.at(0)); }},
    {"fill", fill},
    {"flood", flood},
    {"fork-bomb", fork_bomb},
    {"hang", hang},
    {"identity", show_identity},
    {"ignore-signals", ignore_signals},
    {"install", install},
    {"kill-all", kill_everything},
    {"make-files", make_files},
    {"orphans", leave_orphans},
    {"privileged", is_privileged},
    {"raise", raise_signal},
    {"read", read_file},
    {"replace-directory", replace_directory},
    {"say", say},
    {"serve", serve},
    {"share", share},
    {"surroundings", show_surroundings},
    {"write", write_files}};

}  // namespace

int main(int argc, char** argv) {
  const auto command = argc > 1 ? kCommands.find(argv[1]) : kCommands.end();
  if (command == kCommands.end())
    return 99;
  return command->second(Arguments(argv + 2, argv + argc));
}
