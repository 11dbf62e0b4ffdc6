#include "pipeline/required_box.h"

#include <fmt/format.h>

#include "sandbox/box_needs.h"

namespace bootstrap {

const std::optional<Error>& RequiredBox::failure() {
  if (!tried_) {
    try {
      require_box(worker_program_);
    } catch (const Error& error) {
      failure_ = error;
    }
    tried_ = true;
  }
  return failure_;
}

void RequiredBox::require(const Recipe& recipe, bool run_tests) {
  const bool runs_scripts = recipe.scripts == ScriptMode::kRun;
  const bool runs_tests = run_tests && !recipe.tests.empty();
  if ((!runs_scripts && !runs_tests) || !failure())
    return;
  throw runs_scripts ? *failure() : only_tests_need(recipe, *failure());
}

void require_box_for_any(const std::vector<RecipeChain>& chains,
                         const std::filesystem::path& worker_program) {
  RequiredBox box(worker_program);
  std::optional<Error> failure;
  for (const RecipeChain& chain : chains) {
    try {
      for (const Recipe& recipe : chain)
        box.require(recipe, true);
      return;
    } catch (const Error& error) {
      failure = error;
    }
  }
  if (failure)
    throw Error(*failure);
}

Error only_tests_need(const Recipe& recipe, const Error& failure) {
  return Error(failure.kind(),
               fmt::format("the smoke tests of {} need the sandbox: {}", recipe.name, failure.message()),
               failure.hint() + (failure.hint().empty() ? "" : "; or ") +
                   "build without running them, with --no-test");
}

}  // namespace bootstrap
