#include "sandbox/given_descriptor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

struct Given {
  UniqueFd fd;
  bool input = false;
  bool output = false;
};

void check_given(const char* what, const Given& given) {
  CAPTURE(what);
  REQUIRE(given.fd);
  CHECK(may_be_input(given.fd.get()) == given.input);
  CHECK(may_be_output(given.fd.get()) == given.output);
}

Given opened(const std::string& path, int flags, bool input = false, bool output = false) {
  return {UniqueFd(::open(path.c_str(), flags | O_CLOEXEC, 0600)), input, output};
}

}  // namespace

TEST_CASE("a program gets files and pipes that are open in one way, and /dev/null") {
  const TemporaryDirectory directory(std::filesystem::temp_directory_path());
  const std::string file = directory.path() / "file";
  check_given("a file to read", opened(file, O_RDONLY | O_CREAT, true, false));
  check_given("the empty device to read", opened("/dev/null", O_RDONLY, true, true));
  check_given("the empty device for both", opened("/dev/null", O_RDWR, true, true));
  Pipe pipe = make_pipe();
  check_given("a pipe to read", {std::move(pipe.read), true, false});
  check_given("a pipe to write", {std::move(pipe.write), false, true});
}

TEST_CASE("whatever is more than bytes in one direction is carried") {
  const TemporaryDirectory directory(std::filesystem::temp_directory_path());
  const std::string file = directory.path() / "file";
  check_given("a file to write", opened(file, O_WRONLY | O_CREAT));
  check_given("a file to append to", opened(file, O_WRONLY | O_APPEND));
  check_given("a file for both", opened(file, O_RDWR));
  check_given("the name of a file", opened(file, O_PATH));
  const std::string fifo = directory.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  check_given("a FIFO for both", opened(fifo, O_RDWR));
  check_given("a directory", opened(directory.path(), O_RDONLY | O_DIRECTORY));
  check_given("the name of a directory", opened(directory.path(), O_PATH));
  for (const char* device : {"/dev/zero", "/dev/full", "/dev/urandom"}) {
    check_given(device, opened(device, O_RDONLY));
    check_given(device, opened(device, O_WRONLY));
  }
  check_given("a terminal", opened("/dev/ptmx", O_RDWR | O_NOCTTY));
  for (const char* of_kernel : {"/proc/self/ns/user", "/proc/self/ns/mnt", "/proc/self/environ"})
    check_given(of_kernel, opened(of_kernel, O_RDONLY));
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    check_given("a socket", {UniqueFd(ends[0])});
    check_given("a socket", {UniqueFd(ends[1])});
  }
  check_given("a socket of the internet", {UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))});
  check_given("memory", {UniqueFd(::memfd_create("memory", MFD_CLOEXEC))});
  check_given("a counter", {UniqueFd(::eventfd(0, EFD_CLOEXEC))});
  check_given("a set of descriptors", {UniqueFd(::epoll_create1(EPOLL_CLOEXEC))});
  check_given("a process", {UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)))});
  CHECK_FALSE(may_be_input(-1));
  CHECK_FALSE(may_be_output(-1));
}
