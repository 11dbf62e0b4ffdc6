#include "rootfs/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "rootfs/dpkg_database.h"

namespace bootstrap {

TreeBuilder::TreeBuilder(const Tree& tree, Unpacker& unpacker, ScriptRunner& scripts,
                         std::vector<std::string> debconf, std::function<void(std::string_view)> progress)
    : tree_(tree),
      unpacker_(unpacker),
      scripts_(scripts),
      debconf_(std::move(debconf)),
      progress_(std::move(progress)) {}

void TreeBuilder::build(const std::vector<StagedSegment>& packages, bool has_parent) {
  set_selections_once();
  for (auto first = packages.begin(); first != packages.end();) {
    std::vector<const Segment*> stage;
    const unsigned number = first->stage;
    for (; first != packages.end() && first->stage == number; ++first)
      stage.push_back(first->segment);
    if (number == 0 && !has_parent)
      build_essential(stage);
    else
      build_stage(stage);
    configure_rest();
  }
  if (!debconf_.empty())
    throw Error(ErrorKind::kUsage, "debconf: is given, but package debconf is not in the image",
                "include debconf, or remove debconf: from the recipe");
}

void TreeBuilder::build_essential(const std::vector<const Segment*>& packages) {
  progress_(fmt::format("unpacking {} packages", packages.size()));
  for (const Segment* package : packages) {
    unpacker_.unpack(*package);
    queue_.add_unpacked(*package);
  }
  for (const Segment* package : packages)
    scripts_.preinst(*package);
}

void TreeBuilder::build_stage(const std::vector<const Segment*>& packages) {
  progress_(fmt::format("unpacking {} packages", packages.size()));
  for (const Segment* package : packages) {
    if (!queue_.may_unpack(*package))
      configure_ready();
    scripts_.preinst(*package);
    unpacker_.unpack(*package);
    queue_.add_unpacked(*package);
  }
}

void TreeBuilder::configure_ready() {
  const auto ready = queue_.ready();
  if (ready.empty())
    return;
  progress_(fmt::format("configuring {} packages", ready.size()));
  scripts_.configure(ready);
  queue_.mark_configured(ready);
  set_selections_once();
}

// At the end of a stage everything in it must have become configured, triggers included.
void TreeBuilder::configure_rest() {
  configure_ready();
  scripts_.configure_pending();
  queue_.mark_all_configured();
  set_selections_once();
  const std::string status = tree_.read(dpkg_path("status")).value_or("");
  for (const auto& [package, state] : package_states(status))
    if (state != "install ok installed")
      throw Error(ErrorKind::kFailure,
                  fmt::format("{} is not configured, dpkg calls it \"{}\"", package, state));
}

void TreeBuilder::set_selections_once() {
  if (debconf_.empty() || !queue_.is_configured("debconf"))
    return;
  scripts_.set_selections(debconf_);
  debconf_.clear();
}

}  // namespace bootstrap
