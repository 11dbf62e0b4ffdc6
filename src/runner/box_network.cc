#include "runner/box_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <limits.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "runner/netlink.h"

namespace bootstrap {

namespace {

constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kInterval = std::chrono::milliseconds(2);

int wait_for_interface() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (const unsigned index = ::if_nametoindex(BoxNetwork::kInterface); index != 0)
      return static_cast<int>(index);
    if (std::chrono::steady_clock::now() > deadline)
      throw Error(ErrorKind::kSandbox, "the network of the box did not come up");
    std::this_thread::sleep_for(kInterval);
  }
}

Json texts_of(const auto& items) {
  Json texts = Json::array();
  for (const auto& item : items)
    texts.push_back(to_string(item));
  return texts;
}

}  // namespace

Json to_json(const BoxNetwork& network) {
  return {{"address", to_string(network.address)},        {"prefix", network.prefix},
          {"gateway", to_string(network.gateway)},        {"mtu", network.mtu},
          {"nameservers", texts_of(network.nameservers)}, {"reachable", texts_of(network.reachable)},
          {"machine", texts_of(network.machine)}};
}

BoxNetwork box_network_from_json(const Json& json) {
  BoxNetwork network;
  network.address = parse_ipv4(json.at("address"));
  json.at("prefix").get_to(network.prefix);
  network.gateway = parse_ipv4(json.at("gateway"));
  json.at("mtu").get_to(network.mtu);
  for (const Json& text : json.at("nameservers"))
    network.nameservers.push_back(parse_ipv4(text));
  for (const Json& text : json.at("reachable"))
    network.reachable.push_back(parse_ipv4_network(text));
  for (const Json& text : json.at("machine"))
    network.machine.push_back(parse_ipv4(text));
  return network;
}

void enter_network(const BoxNetwork& network) {
  const int link = wait_for_interface();
  Netlink netlink;
  netlink.add_address(link, network.address, network.prefix);
  // Before there is a way out.
  for (const Ipv4Network& prohibited : private_networks()) {
    const bool excepted =
        std::any_of(network.reachable.begin(), network.reachable.end(), [&](const Ipv4Network& reachable) {
          return reachable.prefix == prohibited.prefix && reachable.contains(prohibited.address);
        });
    if (!excepted)
      netlink.prohibit(prohibited);
  }
  for (const in_addr address : network.machine)
    netlink.prohibit({address, 32});
  netlink.set_up(link, network.mtu);
  const Ipv4Network own{network.address, network.prefix};
  for (const Ipv4Network& reachable : network.reachable)
    netlink.add_route(reachable, network.gateway);
  for (const in_addr nameserver : network.nameservers) {
    const bool known =
        own.contains(nameserver) ||
        std::any_of(network.reachable.begin(), network.reachable.end(),
                    [&](const Ipv4Network& reachable) { return reachable.contains(nameserver); });
    if (!known)
      netlink.add_route({nameserver, 32}, network.gateway);
  }
  netlink.add_route({{}, 0}, network.gateway);
}

std::string resolver_configuration(const BoxNetwork& network) {
  std::string text;
  for (const in_addr nameserver : network.nameservers)
    text += "nameserver " + to_string(nameserver) + "\n";
  return text;
}

std::string resolver_path(int tree) {
  const std::filesystem::path path = "etc/resolv.conf";
  std::array<char, PATH_MAX> target;
  const UniqueFd link = try_open_beneath(tree, path, O_PATH | O_NOFOLLOW);
  const ssize_t length = link ? ::readlinkat(link.get(), "", target.data(), target.size()) : -1;
  if (length <= 0)
    return path;
  // By its name alone: whoever mounts the file follows no links, and says so when there are more.
  const std::filesystem::path meant(std::string_view(target.data(), static_cast<std::size_t>(length)));
  return ("/" / path.parent_path() / meant).lexically_normal().relative_path();
}

std::vector<in_addr> parse_nameservers(const std::string& resolv_conf) {
  const Ipv4Network loopback = parse_ipv4_network("127.0.0.0/8");
  std::vector<in_addr> nameservers;
  std::istringstream lines(resolv_conf);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    in_addr parsed{};
    if (words >> keyword >> address && keyword == "nameserver" &&
        ::inet_pton(AF_INET, address.c_str(), &parsed) == 1 && !loopback.contains(parsed))
      nameservers.push_back(parsed);
  }
  return nameservers;
}

}  // namespace bootstrap
