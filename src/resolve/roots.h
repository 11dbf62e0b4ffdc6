// What a request asks for, as packages: the variant's members and the includes. Everything else in a set is
// there because one of these needs it.
#pragma once

#include <string>
#include <vector>

#include "resolve/candidates.h"
#include "resolve/resolve.h"

namespace bootstrap {

struct Root {
  const PackageRecord* record = nullptr;
  std::string reason;     ///< ChosenPackage::reason
  bool included = false;  ///< by name; not a member of the variant
};

/// The members of a variant, Essential ones first, in the order of the index. As mmdebstrap 1.3.5 defines
/// them, with the flags and priorities of the candidates:
///   extract, custom    nothing
///   essential          Essential: yes
///   apt                essential and apt
///   minbase            apt and Priority: required
///   buildd             minbase and build-essential
///   important          minbase and Priority: important
///   standard           important and Priority: standard
std::vector<Root> variant_roots(const Candidates& candidates, Variant variant);

struct Roots {
  std::vector<Root> roots;
  std::vector<Unsolvable::Node> problems;  ///< of includes that name no package, or several
};

/// The variant's members (unless there are installed packages: a parent has its own), then the includes in
/// the order of the recipe. A virtual package stands for its provider if there is exactly one.
Roots find_roots(const Candidates& candidates);

}  // namespace bootstrap
