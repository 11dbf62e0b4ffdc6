// The work of an `assemble` job on a given directory: from plan to state. Apart from assemble_job() so that
// tests can run it on a directory and a sandbox of their own.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "rootfs/plan.h"
#include "rootfs/tree.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// What the tree was at the end of a step, beside what was written to the step's file.
struct AssembledTree {
  std::map<std::string, std::set<std::string>> masked;
  std::vector<std::string> notes;
  /// Of a plan that is repeated: the package whose script changed a path of the state last, or what else is
  /// known of it (ScriptTimes).
  std::map<std::string, std::string> makers;
};

/// Builds the tree in the empty directory `tree` and writes its state after each step of the plan to the
/// `outputs`, in order. `store` is a descriptor of the store's root, which is only read.
std::vector<AssembledTree> assemble_tree(const AssemblePlan& plan, int store, const Tree& tree,
                                         Sandbox& sandbox, std::span<const UniqueFd> outputs,
                                         const std::function<void(std::string_view)>& progress, Trace& trace);

}  // namespace bootstrap
