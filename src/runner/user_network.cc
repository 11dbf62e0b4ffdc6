#include "runner/user_network.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "base/error.h"
#include "base/search_path.h"
#include "runner/netlink.h"

namespace bootstrap {

namespace {

constexpr const char* kTun = "/dev/net/tun";
constexpr const char* kGateway = "10.0.2.2";
constexpr const char* kAddress = "10.0.2.100";
constexpr const char* kNameserver = "10.0.2.3";  ///< both programs ask the machine's own there
constexpr std::uint32_t kMtu = 65520;            ///< nothing is on a wire before the other end's sockets

std::filesystem::path find_program() {
  for (const char* name : {"pasta", "slirp4netns"}) {
    if (auto found = find_in_path(name))
      return std::move(*found);
  }
  throw Error(ErrorKind::kSandbox,
              "neither pasta nor slirp4netns is installed, and --network user needs one of them",
              "as root: apt install passt (or slirp4netns)");
}

/// The carrier's sockets are the machine's own, so they would lead to services that listen there.
std::vector<in_addr> addresses_of_machine() {
  std::set<in_addr_t> distinct;
  for (const Ipv4Network& network : Netlink().networks())
    distinct.insert(network.address.s_addr);
  std::vector<in_addr> addresses;
  for (const in_addr_t address : distinct)
    addresses.push_back({address});
  return addresses;
}

/// Root is root of the namespace by being who it is, and keeps its right to the tun device by not joining.
std::vector<std::string> command_of(const std::filesystem::path& program, pid_t worker) {
  const std::string namespaces = "/proc/" + std::to_string(worker) + "/ns/";
  const bool root = ::geteuid() == 0;
  std::vector<std::string> argv = {program};
  if (program.filename() == "pasta") {
    argv.insert(argv.end(), {"--foreground",
                             "--quiet",
                             "--ipv4-only",
                             "--no-map-gw",
                             "--ns-ifname",
                             BoxNetwork::kInterface,
                             "--address",
                             kAddress,
                             "--netmask",
                             "24",
                             "--gateway",
                             kGateway,
                             "--dns-forward",
                             kNameserver,
                             "--mtu",
                             std::to_string(kMtu),
                             "-t",
                             "none",
                             "-u",
                             "none",
                             "-T",
                             "none",
                             "-U",
                             "none",
                             "--netns",
                             namespaces + "net"});
    if (root)
      argv.insert(argv.end(), {"--runas", "0"});
    else
      argv.insert(argv.end(), {"--userns", namespaces + "user"});
    return argv;
  }
  argv.insert(argv.end(), {"--disable-host-loopback", "--mtu=" + std::to_string(kMtu)});
  if (!root)
    argv.push_back("--userns-path=" + namespaces + "user");
  argv.insert(argv.end(), {"--netns-type=path", namespaces + "net", BoxNetwork::kInterface});
  return argv;
}

/// Runs the program until it ends or the lifeline does. PR_SET_PDEATHSIG would not do: the program joins a
/// user namespace, which clears it. Nothing but system calls, for our caller may have threads.
[[noreturn]] void guard(const char* const* argv, int lifeline, int messages) {
  ::setsid();  // what is typed at our terminal is not for it
  // Others wait for the end of what our caller has open.
  lifeline = ::dup(lifeline);
  ::dup2(messages, STDERR_FILENO);
  ::dup2(lifeline, STDIN_FILENO);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
  const pid_t program = ::fork();
  if (program == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execv(argv[0], const_cast<char* const*>(argv));
    ::_exit(127);
  }
  if (program < 0)
    ::_exit(127);
  ::dup2(STDIN_FILENO, STDOUT_FILENO);
  pollfd end{STDIN_FILENO, 0, 0};
  while (::poll(&end, 1, -1) < 0 && errno == EINTR)
    continue;
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  ::_exit(0);
}

}  // namespace

UserNetwork::UserNetwork(std::vector<Ipv4Network> reachable) : program_(find_program()) {
  if (::access(kTun, R_OK | W_OK) < 0) {
    throw Error(ErrorKind::kSandbox,
                std::string("--network user needs ") + kTun + ", which cannot be opened here",
                std::string("as root: modprobe tun, and chmod 666 ") + kTun + ", as most systems have it");
  }
  box_.address = parse_ipv4(kAddress);
  box_.gateway = parse_ipv4(kGateway);
  box_.mtu = kMtu;
  box_.nameservers = {parse_ipv4(kNameserver)};
  box_.reachable = std::move(reachable);
  box_.machine = addresses_of_machine();
}

UserNetwork::~UserNetwork() {
  lifeline_.reset();
  while (guard_ > 0 && ::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR)
    continue;
}

void UserNetwork::connect(pid_t worker) {
  const std::vector<std::string> argv = command_of(program_, worker);
  std::vector<const char*> words;
  for (const std::string& word : argv)
    words.push_back(word.c_str());
  words.push_back(nullptr);
  messages_ = UniqueFd(check(::memfd_create("messages", MFD_CLOEXEC), "memfd_create"));
  Pipe life = make_pipe();
  guard_ = check(::fork(), "fork");
  if (guard_ == 0) {
    ::close(life.write.get());
    guard(words.data(), life.read.get(), messages_.get());
  }
  lifeline_ = std::move(life.write);
}

std::string UserNetwork::complaint() const {
  if (!messages_)
    return {};
  constexpr off_t kEnd = 1024;
  const off_t size = ::lseek(messages_.get(), 0, SEEK_END);
  ::lseek(messages_.get(), std::max<off_t>(0, size - kEnd), SEEK_SET);
  return program_.filename().string() + " said: " + read_all(messages_.get());
}

}  // namespace bootstrap
