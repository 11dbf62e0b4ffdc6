#include "rootfs/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "rootfs/dpkg_database.h"

namespace bootstrap {

TreeBuilder::TreeBuilder(const Tree& tree, Unpacker& unpacker, std::vector<std::string> debconf,
                         std::function<void(std::string_view)> progress, Trace& trace)
    : tree_(tree),
      unpacker_(unpacker),
      debconf_(std::move(debconf)),
      progress_(std::move(progress)),
      trace_(trace) {}

void TreeBuilder::build(const std::vector<StagedSegment>& packages, ScriptRunner& scripts, bool has_parent) {
  set_selections_once(scripts);
  for (auto first = packages.begin(); first != packages.end();) {
    std::vector<const Segment*> stage;
    const unsigned number = first->stage;
    for (; first != packages.end() && first->stage == number; ++first)
      stage.push_back(first->segment);
    if (number == 0 && !has_parent)
      build_essential(stage, scripts);
    else
      build_stage(stage, scripts);
    configure_rest(scripts);
  }
}

void TreeBuilder::assume_selections_are_set() {
  if (queue_.is_configured("debconf"))
    debconf_.clear();
}

void TreeBuilder::finish() const {
  if (!debconf_.empty())
    throw Error(ErrorKind::kUsage, "debconf: is given, but package debconf is not in the image",
                "include debconf, or remove debconf: from the recipe");
}

void TreeBuilder::build_essential(Packages packages, ScriptRunner& scripts) {
  unpack(packages);
  for (const Segment* package : packages)
    scripts.preinst(*package);
}

void TreeBuilder::build_stage(Packages packages, ScriptRunner& scripts) {
  while (!packages.empty()) {
    if (!queue_.may_unpack(*packages.front()))
      configure_ready(scripts);
    scripts.preinst(*packages.front());
    // What comes next without a script to run before it can be unpacked along.
    std::size_t count = 1;
    while (count < packages.size() && packages[count]->control.files.count("preinst") == 0 &&
           queue_.may_unpack(*packages[count]))
      ++count;
    unpack(packages.first(count));
    packages = packages.subspan(count);
  }
}

void TreeBuilder::unpack(Packages packages) {
  progress_(fmt::format("unpacking {} packages", packages.size()));
  Trace::Span span(trace_, fmt::format("unpack {} packages", packages.size()));
  unpacker_.unpack(packages);
  for (const Segment* package : packages)
    queue_.add_unpacked(*package);
}

void TreeBuilder::configure_ready(ScriptRunner& scripts) {
  const auto ready = queue_.ready();
  if (ready.empty())
    return;
  progress_(fmt::format("configuring {} packages", ready.size()));
  Trace::Span span(trace_, fmt::format("configure {} packages", ready.size()));
  scripts.configure(ready);
  queue_.mark_configured(ready);
  set_selections_once(scripts);
}

// At the end of a stage everything in it must have become configured, triggers included.
void TreeBuilder::configure_rest(ScriptRunner& scripts) {
  configure_ready(scripts);
  {
    Trace::Span span(trace_, "process triggers");
    scripts.configure_pending();
  }
  queue_.mark_all_configured();
  set_selections_once(scripts);
  const std::string status = tree_.read(dpkg_path("status")).value_or("");
  for (const auto& [package, state] : package_states(status))
    if (state != "install ok installed")
      throw Error(ErrorKind::kFailure,
                  fmt::format("{} is not configured, dpkg calls it \"{}\"", package, state));
}

void TreeBuilder::set_selections_once(ScriptRunner& scripts) {
  if (debconf_.empty() || !queue_.is_configured("debconf"))
    return;
  scripts.set_selections(debconf_);
  debconf_.clear();
}

}  // namespace bootstrap
