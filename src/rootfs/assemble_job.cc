// The worker's side of assemble(): its descriptors are the store's root, to read from, bootstrap-accelerator
// or an empty file, and the files that become the states, one per step.
#include "rootfs/accelerated_sandbox.h"
#include "rootfs/assemble.h"
#include "rootfs/assemble_tree.h"
#include "sandbox/foreign_programs.h"

namespace bootstrap {

Json assemble_job(const Json& input, WorkerContext& context) {
  const AssemblePlan plan = plan_from_json(input);
  enable_programs_of(plan.architecture);
  const UniqueFd scratch = mount_scratch(0);
  AcceleratedSandbox sandbox(make_namespace_sandbox(), read_all(context.fds[1].get()));
  Json results = Json::array();
  for (const auto& step : assemble_tree(plan, context.fds[0].get(), Tree(scratch.get()), sandbox,
                                        context.fds.subspan(2), context.progress, context.trace))
    results.push_back({{"masked", step.masked}, {"notes", step.notes}});
  return results;
}

}  // namespace bootstrap
