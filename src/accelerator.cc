// The program that is bound over helper programs of a tree while its scripts run: see
// accelerator/accelerator.h and rootfs/accelerated_sandbox.h. What is bound over a helper is a text that
// begins
//
//   #!/run/bootstrap/accelerator NAME
//
// so the kernel starts this program with the name, the path of the text, and the helper's own arguments. The
// original lies beside the accelerator, in original/NAME.
#include "accelerator/accelerator.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

using namespace bootstrap;

struct Named {
  std::string_view name;
  Accelerator run;
};

constexpr Named kAccelerators[] = {{"dpkg-maintscript-helper", maintscript_helper},
                                   {"deb-systemd-helper", systemd_helper},
                                   {"update-ca-certificates", update_ca_certificates},
                                   {"ca-certificates.config", ca_certificates_config}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("bootstrap-accelerator is started by maintainer scripts and of no use by itself\n", stderr);
    return 2;
  }
  const HelperCall call{{argv + 3, argv + argc}, std::string("/run/bootstrap/original/") + argv[1], {}};
  for (const Named& accelerator : kAccelerators) {
    if (accelerator.name != argv[1])
      continue;
    if (const auto status = accelerator.run(call))
      return *status;
  }
  argv[2] = const_cast<char*>(call.original.c_str());
  ::execv(call.original.c_str(), argv + 2);
  std::fprintf(stderr, "%s: %s\n", call.original.c_str(), std::strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
