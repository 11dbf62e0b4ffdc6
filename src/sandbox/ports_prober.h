// What is listened on in a network namespace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/prober.h"

namespace bootstrap {

/// "80/tcp", "53/udp": what listens in the network namespace of this process, sorted by number, each once for
/// IPv4 and IPv6 together. A UDP socket listens when it has a port and no peer.
std::vector<std::string> listening_ports();

/// Holds when what listens is judged well for a while: a service may open its ports one after the other.
class PortsProber : public Prober {
 public:
  using Prober::Prober;

 private:
  void step() override;
  std::string complaint() const override { return problem_; }

  std::optional<Clock::time_point> well_since_;
  std::string problem_;
};

}  // namespace bootstrap
