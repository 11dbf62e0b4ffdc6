#include "sandbox/ports_prober.h"

#include <fmt/format.h>

#include <set>
#include <sstream>

namespace bootstrap {

namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 20ms;
constexpr auto kSettling = 200ms;

/// proc_net_tcp(5): "  0: 0100007F:1F90 00000000:0000 0A ...", numbers in hexadecimal.
void add_listening(const char* file, const std::string& protocol, unsigned listening_state,
                   std::set<std::pair<unsigned, std::string>>& ports) {
  UniqueFd fd(::open(file, O_RDONLY | O_CLOEXEC));
  if (!fd)
    return;  // a kernel without IPv6
  std::istringstream lines(read_all(fd.get()));
  std::string line;
  std::getline(lines, line);  // the headings
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string slot;
    std::string local;
    std::string remote;
    unsigned state = 0;
    fields >> slot >> local >> remote >> std::hex >> state;
    const std::size_t colon = local.rfind(':');
    if (fields && state == listening_state && colon != std::string::npos)
      ports.emplace(std::stoul(local.substr(colon + 1), nullptr, 16), protocol);
  }
}

}  // namespace

std::vector<std::string> listening_ports() {
  constexpr unsigned kListen = 0x0a;  // TCP_LISTEN
  constexpr unsigned kUnconnected = 0x07;
  std::set<std::pair<unsigned, std::string>> ports;
  for (const char* file : {"/proc/self/net/tcp", "/proc/self/net/tcp6"})
    add_listening(file, "tcp", kListen, ports);
  for (const char* file : {"/proc/self/net/udp", "/proc/self/net/udp6"})
    add_listening(file, "udp", kUnconnected, ports);
  std::vector<std::string> result;
  for (const auto& [number, protocol] : ports)
    result.push_back(fmt::format("{}/{}", number, protocol));
  return result;
}

void PortsProber::step() {
  const auto now = Clock::now();
  if (now < next_step())
    return;
  set_next_step(now + kInterval);
  answer().ports = listening_ports();
  problem_ = judgement();
  if (!problem_.empty()) {
    well_since_.reset();
    return;
  }
  problem_ = "the ports change";
  if (!well_since_)
    well_since_ = now;
  if (now - *well_since_ >= kSettling)
    finish({});
}

}  // namespace bootstrap
