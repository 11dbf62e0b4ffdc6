#include "runner/bridge_network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "runner/ip_forwarding.h"
#include "runner/netlink.h"

namespace bootstrap {

namespace {

constexpr const char* kBridge = "bootstrap0";
constexpr std::string_view kPort = "bs-";  ///< and the process id: our end of a cable
constexpr const char* kPeer = "bp-";       ///< the box's end, until it is given away

/// Whoever changes what is on the bridge holds it.
UniqueFd lock() {
  UniqueFd fd = open_file("/run/bootstrap-network.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  while (::flock(fd.get(), LOCK_EX) < 0) {
    if (errno != EINTR)
      throw_errno("cannot lock the bridge");
  }
  return fd;
}

void nft(const std::string& rules) {
  ProcessResult result;
  try {
    result = run_process({"nft", "-f", "-"}, rules);
  } catch (const Error&) {
    throw Error(ErrorKind::kSandbox, "nft cannot be started, and --network bridge needs it",
                "apt install nftables");
  }
  if (result.exit_code != 0) {
    throw Error(ErrorKind::kSandbox, "nft refused the packet rules of the bridge: " + result.err,
                "the kernel must have nf_tables with NAT; --network user needs neither");
  }
}

/// The kernel gives every interface a link-local address of IPv6 when it goes up. Through the bridge's, a box
/// would reach whatever listens on this machine, past the packet rules, which are about IPv4.
void disable_ipv6() {
  const std::string path = fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", kBridge);
  if (std::filesystem::exists(path))
    write_all(open_file(path, O_WRONLY).get(), "1");
}

/// The process that a port belongs to, if it is one of ours.
std::optional<pid_t> owner_of(const Link& link) {
  pid_t pid = 0;
  const std::string_view name = link.name;
  if (!name.starts_with(kPort))
    return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + kPort.size(), name.data() + name.size(), pid);
  return error == std::errc{} && end == name.data() + name.size() && pid > 0 ? std::optional(pid)
                                                                             : std::nullopt;
}

bool is_gone(pid_t pid) {
  return ::kill(pid, 0) < 0 && errno == ESRCH;
}

/// The bridge as it is now; only to be used under the lock.
class Bridge {
 public:
  /// Makes it where there is none.
  void raise() {
    if (find())
      return;
    network_ = choose_network(netlink_.networks());
    netlink_.add_bridge(kBridge);
    link_ = netlink_.find_link(kBridge).value();
    disable_ipv6();
    netlink_.add_address(link_.index, network_.host(1), network_.prefix);
    netlink_.set_up(link_.index);
  }

  bool find() {
    const std::optional<Link> found = netlink_.find_link(kBridge);
    if (!found)
      return false;
    link_ = *found;
    for (const Ipv4Network& network : netlink_.networks_of(link_.index))
      network_ = network;
    return true;
  }

  in_addr add_port(const BoxNetwork& box) {
    const BridgePort port{choose_address(network_, ports()), box.reachable, box.nameservers};
    const std::string pid = std::to_string(::getpid());
    const std::string name = std::string(kPort) + pid;
    netlink_.add_veth(name, kPeer + pid);
    const Link ours = netlink_.find_link(name).value();
    netlink_.set_alias(ours.index, to_alias(port));
    netlink_.set_master(ours.index, link_.index);
    netlink_.set_up(ours.index);
    apply_rules();
    start_forwarding();
    return port.address;
  }

  /// Of processes that are gone, and of `pid` if one is given; and the bridge itself when that leaves it
  /// without any.
  void remove_ports(std::optional<pid_t> pid) {
    bool any = false;
    for (const Link& link : netlink_.links()) {
      const std::optional<pid_t> owner = owner_of(link);
      if (!owner)
        continue;
      if (owner == pid || is_gone(*owner))
        netlink_.remove(link.index);
      else
        any = true;
    }
    if (any)
      return apply_rules();
    stop_forwarding();
    nft("table ip bootstrap\ndelete table ip bootstrap\n");
    netlink_.remove(link_.index);
  }

  in_addr address() const { return network_.host(1); }

 private:
  std::vector<BridgePort> ports() {
    std::vector<BridgePort> ports;
    for (const Link& link : netlink_.links()) {
      if (owner_of(link) && !link.alias.empty())
        ports.push_back(port_of_alias(link.alias));
    }
    return ports;
  }

  void apply_rules() {
    nft(bridge_rules({network_.host(0), network_.prefix}, ports(), interfaces_that_forward_nothing()));
  }

  Netlink netlink_;
  Link link_;
  Ipv4Network network_;
};

/// systemd-resolved listens on loopback, and says elsewhere whom it asks.
std::vector<in_addr> host_nameservers() {
  for (const char* path : {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"}) {
    if (!std::filesystem::exists(path))
      continue;
    const std::vector<in_addr> nameservers = parse_nameservers(read_file(path));
    if (!nameservers.empty())
      return nameservers;
  }
  return {};
}

}  // namespace

BridgeNetwork::BridgeNetwork(const std::vector<Ipv4Network>& reachable) {
  if (::geteuid() != 0) {
    throw Error(ErrorKind::kSandbox, "--network bridge changes this machine's network, which is for root",
                "--network user needs no root");
  }
  box_.nameservers = host_nameservers();
  box_.reachable = reachable;
  const UniqueFd held = lock();
  Bridge bridge;
  bridge.raise();
  try {
    box_.address = bridge.add_port(box_);
  } catch (...) {
    bridge.remove_ports(::getpid());
    throw;
  }
  box_.gateway = bridge.address();
}

BridgeNetwork::~BridgeNetwork() {
  try {
    const UniqueFd held = lock();
    Bridge bridge;
    if (bridge.find())
      bridge.remove_ports(::getpid());
  } catch (const std::exception&) {
    // The next run will try again.
  }
}

void BridgeNetwork::connect(pid_t worker) {
  Netlink netlink;
  const std::optional<Link> peer = netlink.find_link(kPeer + std::to_string(::getpid()));
  if (!peer)
    throw Error(ErrorKind::kFailure, "the network interface of the box is gone");
  netlink.move(peer->index, worker, BoxNetwork::kInterface);
}

void BridgeNetwork::collect() {
  if (::if_nametoindex(kBridge) == 0 || ::geteuid() != 0)
    return;
  const UniqueFd held = lock();
  Bridge bridge;
  if (bridge.find())
    bridge.remove_ports(std::nullopt);
}

}  // namespace bootstrap
