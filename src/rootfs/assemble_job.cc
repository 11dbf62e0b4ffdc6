// The worker's side of assemble(): its descriptors are the store's root, to read from, and the file that
// becomes the state.
#include "rootfs/assemble.h"
#include "rootfs/assemble_tree.h"

namespace bootstrap {

Json assemble_job(const Json& input, WorkerContext& context) {
  const UniqueFd scratch = mount_scratch(0);
  const auto sandbox = make_namespace_sandbox();
  const auto result = assemble_tree(plan_from_json(input), context.fds[0].get(), Tree(scratch.get()),
                                    *sandbox, context.fds[1].get(), context.progress);
  return {{"masked", result.masked}, {"notes", result.notes}};
}

}  // namespace bootstrap
