// `-p`: connections to ports of this machine are carried into the box.
//
// We listen on this machine; a process in the box's network namespace takes the connections and makes others
// to the box's loopback address. So it works for every user, and a service can be published that has no
// network itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runner/run_request.h"

namespace bootstrap {

/// A listening socket for each. Throws kFailure naming the port that is taken.
std::vector<UniqueFd> listen_on(const std::vector<PublishedPort>& ports);

struct Forwarding {
  UniqueFd listener;
  std::uint16_t port = 0;  ///< on 127.0.0.1 of the network namespace that the caller is in
};

/// A process that carries connections until the caller, who must be PID 1, ends. It has no right left but
/// that.
class PortForwarder {
 public:
  explicit PortForwarder(std::vector<Forwarding> forwardings);

  /// Once the service has ended: waits, a little while, until clients have all that it sent.
  void finish();

 private:
  UniqueFd process_;
  UniqueFd running_;  ///< our end of a pipe; the other process takes no more connections once it is closed
};

}  // namespace bootstrap
