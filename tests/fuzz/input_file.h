// Input for readers that want a file.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "base/fd.h"

namespace bootstrap {

inline UniqueFd input_file(std::string_view content) {
  UniqueFd fd(check(::memfd_create("input", MFD_CLOEXEC), "memfd_create"));
  write_all(fd.get(), content);
  check(::lseek(fd.get(), 0, SEEK_SET), "lseek");
  return fd;
}

}  // namespace bootstrap
