// The stages in order: restore what the parents made, then unpack and configure stage after stage.
//
// The essential closure of a recipe without a parent is unpacked whole before any script runs (its scripts
// need each other's programs), then its preinsts run, then it is configured. Everything later goes package by
// package as dpkg would: preinst, then files, and whatever a package pre-depends on is configured before.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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
  TreeBuilder(const Tree& tree, Unpacker& unpacker, ScriptRunner& scripts, std::vector<std::string> debconf,
              std::function<void(std::string_view)> progress);

  /// Stages ascending. `has_parent`: the tree is a parent's already.
  void build(const std::vector<StagedSegment>& packages, bool has_parent);
  /// A package that the parent's tree has configured.
  void add_parent(const Segment& package) { queue_.add_configured(package); }

 private:
  void build_essential(const std::vector<const Segment*>& packages);
  void build_stage(const std::vector<const Segment*>& packages);
  void configure_ready();
  void configure_rest();
  void set_selections_once();

  const Tree& tree_;
  Unpacker& unpacker_;
  ScriptRunner& scripts_;
  ConfigureQueue queue_;
  std::vector<std::string> debconf_;
  std::function<void(std::string_view)> progress_;
};

}  // namespace bootstrap
