// The ways out of a box (payload/attempts.h), from both profiles, while the machine outside has what they
// look for.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <set>

#include "box_fixture.h"
#include "sandbox/landlock.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// Things outside that nobody in a box may get at: services, shared memory, a key, a variable, a descriptor.
class Outside {
 public:
  Outside() {
    listen_on_all_interfaces();
    listen_on_abstract_name();
    const key_t shared_memory_key = 0x626f0000 + ::getpid();
    REQUIRE((shared_memory_ = ::shmget(shared_memory_key, 4096, IPC_CREAT | 0666)) >= 0);
    facts_.push_back("shm=" + std::to_string(shared_memory_key));
    constexpr int kSessionKeyring = -3;
    if (::syscall(SYS_add_key, "user", "bootstrap-outside", "x", 1, kSessionKeyring) >= 0)
      facts_.emplace_back("key=bootstrap-outside");
    facts_.push_back("pid=" + std::to_string(::getpid()));
    ::setenv("ATTEMPTED_SECRET", "x", 1);
    REQUIRE((leak_ = UniqueFd(::open("/etc/passwd", O_RDONLY))));
  }
  ~Outside() {
    ::unsetenv("ATTEMPTED_SECRET");
    ::shmctl(shared_memory_, IPC_RMID, nullptr);
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  const std::vector<std::string>& facts() const { return facts_; }

 private:
  void listen_on_all_interfaces() {
    tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(tcp_.get(), generic, size) == 0);
    REQUIRE(::listen(tcp_.get(), 8) == 0);
    REQUIRE(::getsockname(tcp_.get(), generic, &size) == 0);
    facts_.push_back("tcp=" + std::to_string(ntohs(address.sin_port)));
    // The interface that would be used for the world; nothing is sent.
    UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    address.sin_port = htons(53);
    ::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    if (::connect(udp.get(), generic, sizeof address) < 0 || ::getsockname(udp.get(), generic, &size) < 0)
      return;
    char text[INET_ADDRSTRLEN];
    facts_.push_back(std::string("lan=") + ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text));
  }

  void listen_on_abstract_name() {
    const std::string name = "bootstrap-outside-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    abstract_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(::bind(abstract_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(abstract_.get(), 8) == 0);
    facts_.push_back("abstract=" + name);
  }

  UniqueFd tcp_;
  UniqueFd abstract_;
  UniqueFd leak_;
  int shared_memory_ = -1;
  std::vector<std::string> facts_;
};

using Names = std::set<std::string>;

Names with(Names names, const Names& others) {
  names.insert(others.begin(), others.end());
  return names;
}

/// What came of each attempt of a program in the box.
std::map<std::string, std::string> attempts(const Outside& outside, Json options) {
  std::vector<std::string> arguments = outside.facts();
  arguments.insert(arguments.begin(), "escape");
  Json result = run_script(arguments, std::move(options));
  CAPTURE(result.dump());
  REQUIRE(result.value("exit_code", -1) == 0);
  return fields_of(out_of(result));
}

Names with_outcome(const std::map<std::string, std::string>& attempts, const std::string& outcome) {
  Names names;
  for (const auto& [name, value] : attempts) {
    if (value == outcome)
      names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("of all ways out of the box only those succeed that lead nowhere") {
  const Outside outside;
  // Code that is made in memory is what just-in-time compilers run; the interfaces that are listed are those
  // of the box; what is written is the tree that scripts are there to write, or vanishes.
  const Names outer_proc =
      has_outer_proc(run_script({"exit", "0"})) ? Names{"host-arguments", "host-processes"} : Names{};
  const Names harmless = with({"execute-memory", "netlink-route"}, outer_proc);
  const Names intended = with({"write-root"}, harmless);
  for (bool service : {false, true}) {
    CAPTURE(service);
    const auto outcomes = attempts(outside, {{"service", service}});
    CHECK(outcomes.size() == 113);
    CHECK(with_outcome(outcomes, "OK") == intended);
    for (const std::string& untried : with_outcome(outcomes, "-"))
      CHECK((untried == "host-key" || untried == "host-lan"));  // where there are no keyrings, or no network
    // Programs cope with these answers and with no others.
    CHECK(outcomes.at("netlink-audit") == "EPROTONOSUPPORT");
    CHECK(outcomes.at("packet") == "EAFNOSUPPORT");
    CHECK(outcomes.at("pair-families") == "EAFNOSUPPORT");
    CHECK(outcomes.at("pair-high") == "EAFNOSUPPORT");
    CHECK(outcomes.at("rare-protocols") == "ENOPROTOOPT");
    CHECK(outcomes.at("clone3") == "ENOSYS");
    CHECK(outcomes.at("io_uring") == "ENOSYS");
    CHECK(outcomes.at("TIOCSTI-high") == "EPERM");
    // Landlock is asked before the rights to make a device are, and has an answer of its own.
    CHECK(outcomes.at("disk") == (landlock_version() >= kUsableLandlock ? "EACCES" : "EPERM"));
  }
  CHECK(with_outcome(attempts(outside, {{"service", true}, {"user", "1000"}}), "OK") == harmless);
  CHECK(with_outcome(attempts(outside, {{"service", true}, {"read_only", true}}), "OK") == harmless);
}
