// Memory that is no process's own.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <numeric>

#include "payload.h"

namespace {

constexpr std::size_t kMegabyte = 1 << 20;

void touch(void* memory, std::size_t size) {
  for (std::size_t offset = 0; offset < size; offset += 4096)
    static_cast<volatile char*>(memory)[offset] = 'x';
}

/// Whether all could be had.
bool fill(int fd, std::size_t size) {
  static const std::string megabyte(kMegabyte, 'x');
  for (; size > 0; size -= kMegabyte) {
    if (::write(fd, megabyte.data(), megabyte.size()) != static_cast<ssize_t>(megabyte.size()))
      return false;
  }
  return true;
}

void* map_shared(std::size_t size, int fd) {
  const int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

bool nameless(std::size_t size) {
  return fill(::memfd_create("x", MFD_CLOEXEC), size);
}

bool nameless_in_parts(std::size_t size) {
  for (; size > 0; size -= 4 * kMegabyte) {
    if (!fill(::memfd_create("x", MFD_CLOEXEC), 4 * kMegabyte))
      return false;
  }
  return true;
}

/// No descriptor is open: it is the mapping that keeps the memory.
bool nameless_mapped(std::size_t size) {
  const int fd = ::memfd_create("x", MFD_CLOEXEC);
  void* memory = ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? map_shared(size, fd) : nullptr;
  ::close(fd);
  if (memory != nullptr)
    touch(memory, size);
  return memory != nullptr;
}

bool anonymous(std::size_t size) {
  void* memory = map_shared(size, -1);
  if (memory != nullptr)
    touch(memory, size);
  return memory != nullptr;
}

bool system_v(std::size_t size) {
  const int id = ::shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
  void* memory = id < 0 ? nullptr : ::shmat(id, nullptr, 0);
  if (memory == nullptr || memory == reinterpret_cast<void*>(-1))
    return false;
  touch(memory, size);
  return true;
}

bool system_v_detached(std::size_t size) {
  for (; size > 0; size -= 16 * kMegabyte) {
    const int id = ::shmget(IPC_PRIVATE, 16 * kMegabyte, IPC_CREAT | 0600);
    void* memory = id < 0 ? nullptr : ::shmat(id, nullptr, 0);
    if (memory == nullptr || memory == reinterpret_cast<void*>(-1))
      return false;
    touch(memory, 16 * kMegabyte);
    ::shmdt(memory);
  }
  return true;
}

/// In files of file systems that are each too small for it.
bool named(std::size_t size) {
  for (const char* directory : {"/dev/shm", "/tmp", "/run", "/"}) {
    const int fd = ::open((std::string(directory) + "/x").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (; fd >= 0 && size > 0 && fill(fd, kMegabyte); size -= kMegabyte)
      continue;
  }
  return size == 0;
}

bool in_children(std::size_t size) {
  const std::size_t part = 8 * kMegabyte;
  for (; size > 0; size -= part) {
    if (::fork() == 0) {
      nameless(part);
      for (;;)
        ::pause();
    }
  }
  return true;
}

/// Memory of processes alone, whose first thread is gone.
bool behind_a_thread(std::size_t size) {
  static std::size_t wanted;
  wanted = size;
  pthread_t thread;
  if (::fork() > 0)
    return true;
  ::pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        touch(std::malloc(wanted), wanted);
        for (;;)
          ::pause();
      },
      nullptr);
  ::pthread_exit(nullptr);
}

/// With a status too long for who reads a part of it.
bool behind_groups(std::size_t size) {
  std::array<gid_t, 4000> groups;
  std::iota(groups.begin(), groups.end(), gid_t{10000});
  ::setgroups(groups.size(), groups.data());  // others than root may not
  touch(std::malloc(size), size);
  return true;
}

const std::map<std::string, bool (*)(std::size_t)> kWays = {{"anonymous", anonymous},
                                                            {"children", in_children},
                                                            {"groups", behind_groups},
                                                            {"named", named},
                                                            {"nameless", nameless},
                                                            {"nameless-in-parts", nameless_in_parts},
                                                            {"nameless-mapped", nameless_mapped},
                                                            {"system-v", system_v},
                                                            {"system-v-detached", system_v_detached},
                                                            {"thread", behind_a_thread}};

}  // namespace

int share(const Arguments& arguments) {
  if (!kWays.at(arguments.at(0))(kMegabyte * std::stoul(arguments.at(1)))) {
    std::printf("%s\n", ::strerrorname_np(errno));
    return 1;
  }
  // With this, as many processes as wanted have what is there in common.
  for (int i = arguments.size() > 2 ? std::stoi(arguments[2]) : 0; i > 0; --i) {
    if (::fork() == 0) {
      for (;;)
        ::pause();
    }
  }
  ::poll(nullptr, 0, 500);
  std::puts("eaten");
  return 0;
}
