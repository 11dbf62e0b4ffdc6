// Which interfaces of the machine pass on what comes in by them (Documentation/networking/ip-sysctl.rst,
// forwarding), while a bridge needs that.
//
// Any number but zero is on. Ours is one that nobody else writes: so the kernel keeps who has put an
// interface's switch on, for the run that is the last one too. Who comes to need forwarding meanwhile writes
// what all write, for one interface or for all, and has it from there on. The switch of the whole machine
// stays as it is, because it would change those of interfaces that others have set.
#pragma once

#include <string>
#include <vector>

namespace bootstrap {

/// The interfaces by which nothing comes in that is to be passed on, but for us. What comes in there and is
/// not for the bridge must be dropped before start_forwarding().
std::vector<std::string> interfaces_that_forward_nothing();

/// Switches those on.
void start_forwarding();

/// Switches those off that are on for us alone.
void stop_forwarding();

}  // namespace bootstrap
