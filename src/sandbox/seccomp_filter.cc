#include "sandbox/seccomp_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <span>

#include "base/error.h"
#include "sandbox/seccomp_programs.h"  // generated

namespace bootstrap {

namespace {

void install(std::span<const sock_filter> program) {
  sock_fprog description{static_cast<unsigned short>(program.size()),
                         const_cast<sock_filter*>(program.data())};
  check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &description, 0, 0),
        "cannot install the seccomp filter");
}

}  // namespace

void install_seccomp_filters() {
  // The call filter last: it would have to let the installing of another one through.
  install(kRefusalFilter);
  install(kCallFilter);
}

}  // namespace bootstrap
