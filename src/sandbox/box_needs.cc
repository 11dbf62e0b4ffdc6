#include "sandbox/box_needs.h"

#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/box_mounts.h"
#include "sandbox/id_range.h"
#include "sandbox/mount_api.h"

namespace bootstrap {

namespace {

void lay_an_overlay() {
  UniqueFd scratch = mount_scratch(1 << 20);
  const std::string base = "/proc/self/fd/" + std::to_string(scratch.get()) + "/";
  for (const char* name : {"lower", "upper", "work"})
    check(::mkdirat(scratch.get(), name, 0755), "mkdir");
  make_mount("overlay",
             {{"lowerdir", base + "lower"},
              {"upperdir", base + "upper"},
              {"workdir", base + "work"},
              {"userxattr", ""}},
             0);
}

void ask_for_filters() {
  for (const std::uint32_t action : {SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW})
    check(::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), "the kernel has no such filters");
}

}  // namespace

std::vector<BoxNeed> box_needs() {
  return {{"devices", "", require_devices},
          {"own terminals", "a kernel with CONFIG_UNIX98_PTYS is needed",
           [] { make_mount("devpts", {{"newinstance", ""}}, 0); }},
          {"overlay", "a kernel since 5.12 with CONFIG_OVERLAY_FS is needed", lay_an_overlay},
          {"seccomp", "a kernel with CONFIG_SECCOMP_FILTER is needed", ask_for_filters}};
}

void require_box(const std::filesystem::path& worker_program) {
  WorkerJob job;
  job.name = "require-box";
  job.input = Json::object();
  run_worker(worker_program, find_id_range(), job, {});
}

Json require_box_job(const Json&, WorkerContext&) {
  for (const BoxNeed& need : box_needs()) {
    try {
      need.attempt();
    } catch (const Error& error) {
      throw Error(ErrorKind::kSandbox, "the sandbox needs " + need.name + ": " + error.message(),
                  error.hint().empty() ? need.remedy : error.hint());
    }
  }
  return Json::object();
}

}  // namespace bootstrap
