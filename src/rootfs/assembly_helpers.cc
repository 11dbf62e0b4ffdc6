#include "rootfs/assembly_helpers.h"

#include "base/architecture.h"
#include "base/error.h"

namespace bootstrap {

namespace {

UniqueFd open_helper(bool is_used, const std::filesystem::path& worker_program, const char* name,
                     const char* otherwise) {
  if (!is_used)
    return open_file("/dev/null", O_RDONLY);
  try {
    return open_file(worker_program.parent_path() / name, O_RDONLY);
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(),
                std::string("install it beside bootstrap-worker, or use ") + otherwise);
  }
}

}  // namespace

AssemblyHelpers::AssemblyHelpers(const AssembleRequest& request, const std::filesystem::path& worker_program,
                                 Surroundings surroundings)
    : accelerator_(
          open_helper(request.accelerators, worker_program, "bootstrap-accelerator", "--no-accelerators")),
      surroundings_(open_helper(surroundings == Surroundings::kOther && can_load_surroundings(request),
                                worker_program, "bootstrap-surroundings.so", "--no-test")) {}

bool AssemblyHelpers::can_load_surroundings(const AssembleRequest& request) {
  return request.architecture == native_architecture();
}

}  // namespace bootstrap
