#include "rootfs/script_times.h"

#include <ctime>

#include "base/error.h"

namespace bootstrap {

std::int64_t ScriptTimes::now() {
  struct timespec time{};
  check(::clock_gettime(CLOCK_REALTIME, &time), "clock_gettime");
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

}  // namespace bootstrap
