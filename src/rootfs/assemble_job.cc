// The worker's side of assemble(): its descriptors are the store's root, to read from, bootstrap-accelerator
// or an empty file, bootstrap-surroundings.so or an empty file, and the files that become the states, one per
// step.
#include <set>

#include "rootfs/accelerated_sandbox.h"
#include "rootfs/assemble.h"
#include "rootfs/assemble_tree.h"
#include "rootfs/other_surroundings.h"
#include "sandbox/foreign_programs.h"

namespace bootstrap {

namespace {

/// Remembers what the machine could not give.
class ObservedSandbox : public Sandbox {
 public:
  explicit ObservedSandbox(std::unique_ptr<Sandbox> sandbox) : sandbox_(std::move(sandbox)) {}

  SandboxResult run(const SandboxSpec& spec) override {
    SandboxResult result = sandbox_->run(spec);
    degraded_.insert(result.degraded.begin(), result.degraded.end());
    return result;
  }

  const std::set<std::string>& degraded() const { return degraded_; }

 private:
  std::unique_ptr<Sandbox> sandbox_;
  std::set<std::string> degraded_;
};

}  // namespace

Json assemble_job(const Json& input, WorkerContext& context) {
  const AssemblePlan plan = plan_from_json(input);
  enable_programs_of(plan.architecture);
  const UniqueFd scratch = mount_scratch(0);
  std::unique_ptr<Sandbox> box =
      std::make_unique<AcceleratedSandbox>(make_namespace_sandbox(), read_all(context.fds[1].get()));
  if (plan.repeated) {
    enter_other_surroundings(Tree(scratch.get()));
    box = std::make_unique<OtherSurroundings>(std::move(box), read_all(context.fds[2].get()));
  }
  ObservedSandbox sandbox(std::move(box));
  Json steps = Json::array();
  for (const auto& step : assemble_tree(plan, context.fds[0].get(), Tree(scratch.get()), sandbox,
                                        context.fds.subspan(3), context.progress, context.trace))
    steps.push_back({{"masked", step.masked}, {"notes", step.notes}, {"makers", step.makers}});
  return {{"steps", steps}, {"degraded", sandbox.degraded()}};
}

}  // namespace bootstrap
