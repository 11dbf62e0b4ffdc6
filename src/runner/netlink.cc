#include "runner/netlink.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace bootstrap {

/// A message under construction: a header, the family's own header, and attributes, which may nest.
class Netlink::Request {
 public:
  template <typename Header>
  Request(std::uint16_t type, std::uint16_t flags, const Header& header, std::string what)
      : what_(std::move(what)) {
    nlmsghdr start{};
    start.nlmsg_type = type;
    start.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    append(&start, sizeof start);
    append(&header, sizeof header);
  }

  Request& add(std::uint16_t type, const void* data, std::size_t size) {
    const rtattr attribute{static_cast<unsigned short>(RTA_LENGTH(size)), type};
    append(&attribute, sizeof attribute);
    append(data, size);
    return *this;
  }
  Request& add(std::uint16_t type, std::uint32_t value) { return add(type, &value, sizeof value); }
  Request& add(std::uint16_t type, in_addr value) { return add(type, &value, sizeof value); }
  Request& add(std::uint16_t type, const std::string& value) {
    return add(type, value.c_str(), value.size() + 1);
  }

  /// What `fill` adds becomes the content of one attribute.
  Request& nest(std::uint16_t type, const std::function<void()>& fill) {
    const std::size_t start = bytes_.size();
    add(type, nullptr, 0);
    fill();
    const auto length = static_cast<unsigned short>(bytes_.size() - start);
    std::memcpy(bytes_.data() + start + offsetof(rtattr, rta_len), &length, sizeof length);
    return *this;
  }
  /// The header of a message within the message, as the peer of a veth has it.
  template <typename Header>
  void add_header(const Header& header) {
    append(&header, sizeof header);
  }

  std::string_view finish(std::uint32_t sequence, std::uint16_t flags) {
    nlmsghdr start{};
    std::memcpy(&start, bytes_.data(), sizeof start);
    start.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    start.nlmsg_seq = sequence;
    start.nlmsg_flags = static_cast<std::uint16_t>(start.nlmsg_flags | flags);
    std::memcpy(bytes_.data(), &start, sizeof start);
    return bytes_;
  }
  const std::string& what() const { return what_; }

 private:
  void append(const void* data, std::size_t size) {
    if (size > 0)
      bytes_.append(static_cast<const char*>(data), size);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  std::string bytes_;
  std::string what_;
};

namespace {

ifinfomsg link_header(int index = 0) {
  ifinfomsg header{};
  header.ifi_index = index;
  return header;
}

rtmsg route_header(const Ipv4Network& to, unsigned char type) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = static_cast<unsigned char>(to.prefix);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_type = type;
  return header;
}

/// The attributes of a received message behind its header of type Header.
template <typename Header>
void for_each_attribute(const nlmsghdr& message, const std::function<void(const rtattr&)>& take) {
  const auto* header = static_cast<const Header*>(NLMSG_DATA(&message));
  auto left = static_cast<int>(message.nlmsg_len - NLMSG_SPACE(sizeof(Header)));
  const auto* attribute =
      reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(header) + NLMSG_ALIGN(sizeof(Header)));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
    take(*attribute);
}

template <typename T>
T value_of(const rtattr& attribute) {
  T value{};
  std::memcpy(&value, RTA_DATA(&attribute), std::min<std::size_t>(sizeof value, RTA_PAYLOAD(&attribute)));
  return value;
}

std::string text_of(const rtattr& attribute) {
  const auto* text = static_cast<const char*>(RTA_DATA(&attribute));
  return {text, ::strnlen(text, RTA_PAYLOAD(&attribute))};
}

Link link_of(const nlmsghdr& message) {
  Link link;
  link.index = static_cast<const ifinfomsg*>(NLMSG_DATA(&message))->ifi_index;
  for_each_attribute<ifinfomsg>(message, [&link](const rtattr& attribute) {
    if (attribute.rta_type == IFLA_IFNAME)
      link.name = text_of(attribute);
    else if (attribute.rta_type == IFLA_IFALIAS)
      link.alias = text_of(attribute);
    else if (attribute.rta_type == IFLA_MASTER)
      link.master = value_of<int>(attribute);
  });
  return link;
}

}  // namespace

Netlink::Netlink()
    : socket_(check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "netlink")) {}

void Netlink::list(Request& request, const std::function<void(const nlmsghdr&)>& take) {
  const std::uint16_t flags = take ? NLM_F_DUMP : NLM_F_ACK;
  const std::string_view bytes = request.finish(++sequence_, flags);
  check(::send(socket_.get(), bytes.data(), bytes.size(), 0), request.what());
  alignas(nlmsghdr) std::array<char, 65536> buffer;
  for (;;) {
    auto left =
        static_cast<unsigned>(check(::recv(socket_.get(), buffer.data(), buffer.size(), 0), request.what()));
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_seq != sequence_)
        continue;
      if (message->nlmsg_type == NLMSG_DONE)
        return;
      if (message->nlmsg_type == NLMSG_ERROR) {
        const int error = static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
        if (error != 0)
          throw_errno(request.what(), -error);
        return;
      }
      if (take)
        take(*message);
    }
  }
}

void Netlink::send(Request& request) {
  list(request, {});
}

std::vector<Link> Netlink::links() {
  std::vector<Link> links;
  Request request(RTM_GETLINK, 0, link_header(), "cannot list the network interfaces");
  list(request, [&links](const nlmsghdr& message) { links.push_back(link_of(message)); });
  return links;
}

std::optional<Link> Netlink::find_link(const std::string& name) {
  for (Link& link : links()) {
    if (link.name == name)
      return std::move(link);
  }
  return std::nullopt;
}

void Netlink::add_bridge(const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link_header(), "cannot make the bridge " + name);
  request.add(IFLA_IFNAME, name).nest(IFLA_LINKINFO, [&] {
    request.add(IFLA_INFO_KIND, std::string("bridge"));
  });
  send(request);
}

void Netlink::add_veth(const std::string& name, const std::string& peer) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link_header(), "cannot make the interface " + name);
  request.add(IFLA_IFNAME, name).nest(IFLA_LINKINFO, [&] {
    request.add(IFLA_INFO_KIND, std::string("veth")).nest(IFLA_INFO_DATA, [&] {
      request.nest(VETH_INFO_PEER, [&] {
        request.add_header(link_header());
        request.add(IFLA_IFNAME, peer);
      });
    });
  });
  send(request);
}

void Netlink::remove(int link) {
  Request request(RTM_DELLINK, 0, link_header(link), "cannot remove a network interface");
  send(request);
}

void Netlink::set_alias(int link, const std::string& alias) {
  Request request(RTM_SETLINK, 0, link_header(link), "cannot mark a network interface");
  send(request.add(IFLA_IFALIAS, alias));
}

void Netlink::set_master(int link, int bridge) {
  Request request(RTM_SETLINK, 0, link_header(link), "cannot make an interface a port of the bridge");
  send(request.add(IFLA_MASTER, static_cast<std::uint32_t>(bridge)));
}

void Netlink::set_up(int link, std::uint32_t mtu) {
  ifinfomsg header = link_header(link);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  Request request(RTM_SETLINK, 0, header, "cannot bring up a network interface");
  if (mtu != 0)
    request.add(IFLA_MTU, mtu);
  send(request);
}

void Netlink::move(int link, pid_t process, const std::string& new_name) {
  Request request(RTM_SETLINK, 0, link_header(link), "cannot give a network interface away");
  send(request.add(IFLA_NET_NS_PID, static_cast<std::uint32_t>(process)).add(IFLA_IFNAME, new_name));
}

std::vector<Ipv4Network> Netlink::networks() {
  return list_networks(std::nullopt);
}

std::vector<Ipv4Network> Netlink::networks_of(int link) {
  return list_networks(link);
}

std::vector<Ipv4Network> Netlink::list_networks(std::optional<int> link) {
  std::vector<Ipv4Network> networks;
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  Request request(RTM_GETADDR, 0, header, "cannot list the addresses of this machine");
  list(request, [&](const nlmsghdr& message) {
    const auto* found = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    if (link && static_cast<int>(found->ifa_index) != *link)
      return;
    Ipv4Network network;
    network.prefix = found->ifa_prefixlen;
    for_each_attribute<ifaddrmsg>(message, [&network](const rtattr& attribute) {
      if (attribute.rta_type == IFA_ADDRESS)
        network.address = value_of<in_addr>(attribute);
    });
    networks.push_back(network);
  });
  return networks;
}

void Netlink::add_address(int link, in_addr address, unsigned prefix) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = static_cast<unsigned char>(prefix);
  header.ifa_index = static_cast<unsigned>(link);
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header,
                  "cannot set the address " + to_string(address));
  send(request.add(IFA_LOCAL, address).add(IFA_ADDRESS, address));
}

void Netlink::add_route(const Ipv4Network& to, in_addr gateway) {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route_header(to, RTN_UNICAST),
                  "cannot set the route to " + to_string(to));
  if (to.prefix > 0)
    request.add(RTA_DST, to.address);
  send(request.add(RTA_GATEWAY, gateway));
}

void Netlink::prohibit(const Ipv4Network& to) {
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route_header(to, RTN_PROHIBIT),
                  "cannot prohibit " + to_string(to));
  send(request.add(RTA_DST, to.address));
}

}  // namespace bootstrap
