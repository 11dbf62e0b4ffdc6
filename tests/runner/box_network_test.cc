#include "runner/box_network.h"

#include <map>

#include "base/atomic_file.h"
#include "base/fd.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("of the machine's nameservers the box is told those that it can reach") {
  const std::vector<in_addr> found = parse_nameservers(
      "# nameserver 192.0.2.1\nsearch example\nnameserver 127.0.0.53\nnameserver ::1\nnameserver\nnameserver "
      "192.0.2.2\n"
      "nameserver 10.0.0.53 # ours");
  REQUIRE(found.size() == 2);
  CHECK(to_string(found[0]) == "192.0.2.2");
  CHECK(to_string(found[1]) == "10.0.0.53");
}

TEST_CASE("a box's network crosses over to the worker as it is") {
  BoxNetwork network;
  network.address = parse_ipv4("10.89.0.2");
  network.gateway = parse_ipv4("10.89.0.1");
  network.nameservers = {parse_ipv4("192.0.2.53")};
  network.reachable = {parse_ipv4_network("192.168.0.0/16")};
  network.machine = {parse_ipv4("198.51.100.1")};
  CHECK(to_json(box_network_from_json(to_json(network))) == to_json(network));
  CHECK(resolver_configuration(network) == "nameserver 192.0.2.53\n");
}

TEST_CASE("the resolver's file is put where a link of the image says, and never outside") {
  const TemporaryDirectory tree;
  std::filesystem::create_directory(tree.path() / "etc");
  const UniqueFd root = open_file(tree.path(), O_RDONLY | O_DIRECTORY);
  CHECK(resolver_path(root.get()) == "etc/resolv.conf");
  const std::filesystem::path link = tree.path() / "etc/resolv.conf";
  for (const auto& [target, meant] : std::map<std::string, std::string>{
           {"../run/systemd/resolve/stub-resolv.conf", "run/systemd/resolve/stub-resolv.conf"},
           {"/run/resolvconf/resolv.conf", "run/resolvconf/resolv.conf"},
           {"resolv.conf.real", "etc/resolv.conf.real"},
           {"../../../../etc/shadow", "etc/shadow"}}) {
    std::filesystem::create_symlink(target, link);
    CHECK(resolver_path(root.get()) == meant);
    std::filesystem::remove(link);
  }
  write_file(link, "nameserver 192.0.2.1", Durability::kCache);
  CHECK(resolver_path(root.get()) == "etc/resolv.conf");
}
