// Why namespaces are not to be had here, in words that lead to the remedy.
#pragma once

#include "base/error.h"

namespace bootstrap {

/// The error for a user namespace, or for something inside it, that the kernel refused with `error_number`.
/// Looks at the settings of this machine that are known to forbid it.
Error namespace_error(const std::string& what, int error_number);

}  // namespace bootstrap
