#include "base/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace bootstrap {

void occupy_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
      continue;
    // The lowest free number is this one, because those below it are taken by now.
    check(::open("/dev/null", O_RDWR), "cannot open /dev/null");
  }
}

}  // namespace bootstrap
