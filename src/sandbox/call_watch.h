// Which system calls a program makes: seen by seccomp's user notification (seccomp_unotify(2), Linux 5.8),
// which needs neither privileges nor tracing, and follows every process the program starts.
//
// A last filter on the program says for each call that is not known already: ask. The watcher, outside of the
// box, notes the number and lets the call go on. So nothing is decided here, and the box's own filters hold
// as ever: of several filters the strictest answer counts, so what they refuse is never asked about.
#pragma once

#include <vector>

#include "base/fd.h"

namespace bootstrap {

/// A connected pair of sockets: the program's process sends its listener through `program`.
struct WatchChannel {
  UniqueFd program;
  UniqueFd watcher;
};
WatchChannel make_watch_channel();

/// To be called by the process that is about to become the program, after all other filters. Throws kSandbox
/// where the kernel cannot do it.
void install_call_watch(const std::vector<int>& known_calls, int program_socket);

/// The other side: notes what is called and lets it go on, until nobody has the filter any more. Every call
/// waits for this, so it wants a thread of its own. Sorted numbers.
std::vector<int> watch_calls(UniqueFd watcher_socket);

}  // namespace bootstrap
