// The label that programs in boxes run under where the kernel has a security module that knows labels. For
// AppArmor that is the profile bootstrap-box (bootstrap-box.apparmor), when the machine's administrator has
// loaded it: to load it by ourselves would leave something behind in the kernel.
#pragma once

namespace bootstrap {

inline constexpr const char* kBoxProfile = "bootstrap-box";

enum class LabelState {
  kNone,     ///< no such module is active, or it cannot be spoken to from here
  kMissing,  ///< AppArmor is active and does not know the profile, or does not let us have it
  kApplied,  ///< what this process executes next runs under the profile
};

/// Asks for the label of what this process, and those that it forks from here on, execute next.
LabelState label_next_program();

}  // namespace bootstrap
