// Maintainer scripts: preinst as dpkg runs it before unpacking, everything else through `dpkg --configure`,
// all of it in the sandbox. What a script must not do in a tree that is not running (start services) is kept
// from it by stubs that are bound over the real programs meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "package/segment.h"
#include "rootfs/script_times.h"
#include "rootfs/tree.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

struct ScriptSettings {
  std::int64_t source_date_epoch = 0;
  std::string hostname;
  std::string dpkg_version;  ///< of the dpkg in the tree, which preinsts are told
  /// What is thrown when a script fails, which a second time tells about the script.
  ErrorKind failure = ErrorKind::kFailure;
};

class ScriptRunner {
 public:
  /// `tree` and `sandbox` must outlive this. Puts place holders into the tree where a stub has nothing to
  /// cover; finish() removes them.
  ScriptRunner(const Tree& tree, Sandbox& sandbox, ScriptSettings settings);

  /// Runs the package's preinst, if it has one, as for a first installation. Throws kFailure with the end of
  /// its output.
  void preinst(const Segment& package);
  /// `dpkg --configure` of these, in this order, leaving triggers for later.
  void configure(const std::vector<const Segment*>& packages);
  /// `dpkg --configure --pending`: triggers, and whatever is left.
  void configure_pending();
  /// debconf-set-selections with these lines.
  void set_selections(const std::vector<std::string>& lines);
  void finish();

  const ScriptTimes& times() const { return times_; }

 private:
  SandboxResult run(std::vector<std::string> argv, std::map<std::string, std::string> extra_env = {});
  void run_dpkg(std::vector<std::string> arguments);

  const Tree& tree_;
  Sandbox& sandbox_;
  ScriptSettings settings_;
  std::vector<std::string> place_holders_;
  ScriptTimes times_;
};

/// What dpkg says about the first package that it could not configure: "nginx: installed nginx package
/// post-installation script subprocess returned error exit status 1"; empty when it says nothing of the kind.
std::string first_dpkg_error(std::string_view output);
/// The last `count` lines.
std::string last_lines(std::string_view text, std::size_t count);

}  // namespace bootstrap
