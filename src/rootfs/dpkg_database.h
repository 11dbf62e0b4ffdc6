// dpkg's database (/var/lib/dpkg) as far as we write it in dpkg's place: the status stanza of a package, its
// triggers, and reading the diversions that scripts registered. Formats: deb-control(5), deb-triggers(5) and
// dpkg's doc/triggers.txt; diversions have no page, they are three lines each.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "package/segment.h"
#include "rootfs/tree.h"

namespace bootstrap {

inline constexpr std::string_view kDpkgDirectory = "var/lib/dpkg";
/// A path below it.
std::string dpkg_path(std::string_view name);

/// An absolute path as dpkg writes it, in the form of Entry::path.
std::string canonical_dpkg_path(std::string_view path);

/// The fields of a control stanza in order; continuation lines stay in the value as they are.
std::vector<std::pair<std::string, std::string>> stanza_fields(std::string_view stanza);

/// A package's stanza for var/lib/dpkg/status, in dpkg's order of fields, with the empty line after it.
/// `conffiles` are the lines of its Conffiles field: absolute path and what stands after it (an MD5, or
/// "newconffile" while the package is only unpacked).
std::string status_stanza(const ControlData& control, std::string_view status,
                          const std::vector<std::pair<std::string, std::string>>& conffiles);

/// The status of each package in the text of var/lib/dpkg/status: "install ok installed".
std::map<std::string, std::string> package_states(std::string_view status_file);

/// What diverts files: canonical path -> where it goes, and for which package it does not.
struct Diversion {
  std::string to;       ///< canonical path
  std::string package;  ///< whose own file stays; ":" for a local diversion, which moves everybody's
};
using Diversions = std::map<std::string, Diversion>;
Diversions parse_diversions(std::string_view text);

/// One line of a package's `triggers` control file.
struct TriggerDirective {
  enum class Kind { kInterest, kActivate };
  Kind kind = Kind::kInterest;
  bool await = true;
  std::string name;  ///< of an explicit trigger, or an absolute path
};
std::vector<TriggerDirective> parse_triggers(std::string_view text);

/// The trigger database in the tree.
class Triggers {
 public:
  explicit Triggers(const Tree& tree) : tree_(tree) {}

  /// Writes down what `package` is interested in, and activates what it activates and the file triggers on
  /// `paths` (absolute, as in its .list). dpkg then knows what to process, and forgets what nobody waits for.
  void unpacked(const Segment& package, const std::vector<std::string>& paths) const;

 private:
  void register_interest(const Segment& package, const TriggerDirective& directive) const;
  void activate(const std::map<std::string, std::set<std::string>>& activations) const;

  const Tree& tree_;
};

}  // namespace bootstrap
