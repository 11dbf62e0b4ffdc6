// The stages in order: restore what the parents made, then unpack and configure stage after stage.
//
// The essential closure of a recipe without a parent is unpacked whole before any script runs (its scripts
// need each other's programs), then its preinsts run, then it is configured. Everything later goes package by
// package as dpkg would: preinst, then files, and whatever a package pre-depends on is configured before.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "package/segment.h"
#include "rootfs/relations.h"
#include "rootfs/scripts.h"
#include "rootfs/tree.h"
#include "rootfs/unpack.h"

namespace bootstrap {

/// A package and the stage it belongs to. The segment must outlive the builder.
struct StagedSegment {
  const Segment* segment = nullptr;
  unsigned stage = 0;
};

class TreeBuilder {
 public:
  /// Everything passed by reference must outlive this.
  TreeBuilder(const Tree& tree, Unpacker& unpacker, std::vector<std::string> debconf,
              std::function<void(std::string_view)> progress, Trace& trace);

  /// Adds packages, stages ascending. `has_parent`: the tree is a parent's already. `scripts` is used only
  /// during the call.
  void build(const std::vector<StagedSegment>& packages, ScriptRunner& scripts, bool has_parent);
  /// A package that the tree has configured already.
  void add_configured(const Segment& package) { queue_.add_configured(package); }
  /// The tree was restored from a state in which debconf, if it was configured by then, had been told.
  void assume_selections_are_set();
  /// To be called when all is built: throws kUsage when debconf: was given and never came to be used.
  void finish() const;

 private:
  using Packages = std::span<const Segment* const>;

  void build_essential(Packages packages, ScriptRunner& scripts);
  void build_stage(Packages packages, ScriptRunner& scripts);
  void unpack(Packages packages);
  void configure_ready(ScriptRunner& scripts);
  void configure_rest(ScriptRunner& scripts);
  void set_selections_once(ScriptRunner& scripts);

  const Tree& tree_;
  Unpacker& unpacker_;
  ConfigureQueue queue_;
  std::vector<std::string> debconf_;
  std::function<void(std::string_view)> progress_;
  Trace& trace_;
};

}  // namespace bootstrap
