// `--network bridge`, for root: the box has an address of its own behind a bridge, from where it reaches the
// Internet with the machine's address, and other boxes on the bridge by theirs. The machine itself, and
// private networks, it does not reach: packets to them are dropped here, whatever the box's own routes are.
//
// All state is in the kernel's: the runs that there are, are the ports of the bridge, each with its process
// in its name and its address in its alias. The packet rules are written anew from them whenever one comes or
// goes. The last one to go, or else the next one to come, removes what is left.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runner/box_network.h"

namespace bootstrap {

class BridgeNetwork {
 public:
  /// Throws kSandbox with the remedy when the caller is not root, or the machine cannot.
  explicit BridgeNetwork(const std::vector<Ipv4Network>& reachable);
  ~BridgeNetwork();
  BridgeNetwork(const BridgeNetwork&) = delete;
  BridgeNetwork& operator=(const BridgeNetwork&) = delete;

  const BoxNetwork& box() const { return box_; }
  /// Gives the box's end of the cable to the network namespace of this process.
  void connect(pid_t worker);

  /// Removes what runs that were killed have left. Costs next to nothing when there is nothing.
  static void collect();

 private:
  BoxNetwork box_;
};

/// A run that is on the bridge.
struct BridgePort {
  in_addr address{};
  std::vector<Ipv4Network> reachable;
  std::vector<in_addr> nameservers;  ///< reachable as such only
};
/// As an interface's alias has it: "10.89.0.2 192.168.1.0/24 dns:192.168.2.53".
std::string to_alias(const BridgePort& port);
BridgePort port_of_alias(const std::string& alias);

/// For nft(8): the whole table, in place of the one that is there. `closed`: interfaces by which nothing
/// comes in that is passed on, but to the bridge.
std::string bridge_rules(const Ipv4Network& network, const std::vector<BridgePort>& ports,
                         const std::vector<std::string>& closed);

/// The first of 10.89.0.0/24, 10.89.1.0/24, ... that is none of the machine's. Throws kSandbox.
Ipv4Network choose_network(const std::vector<Ipv4Network>& taken);

/// The first address of the network after the bridge's own that no port has. Throws kSandbox.
in_addr choose_address(const Ipv4Network& network, const std::vector<BridgePort>& ports);

}  // namespace bootstrap
