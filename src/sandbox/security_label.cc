#include "sandbox/security_label.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/fd.h"

namespace bootstrap {

LabelState label_next_program() {
  // AppArmor's own interface is there since Linux 5.1; the older one it shares with other modules. Not
  // /proc/self: of a process with threads that is another one.
  const UniqueFd fd(::open("/proc/thread-self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC));
  if (!fd)
    return LabelState::kNone;
  const std::string wish = std::string("exec ") + kBoxProfile;
  return ::write(fd.get(), wish.data(), wish.size()) == static_cast<ssize_t>(wish.size())
             ? LabelState::kApplied
             : LabelState::kMissing;
}

}  // namespace bootstrap
