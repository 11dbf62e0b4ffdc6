#include "lock/layer_plan.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "lock/sample_lock.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using Layers = std::map<std::string, unsigned>;

Layers layers_of(const Lockfile& lock) {
  Layers layers;
  for (const LockedPackage& package : lock.packages)
    layers[package.name] = package.layer;
  return layers;
}

/// Which packages share a layer, whatever its number.
std::set<std::set<std::string>> company(const Lockfile& lock) {
  std::map<unsigned, std::set<std::string>> members;
  for (const LockedPackage& package : lock.packages)
    members[package.layer].insert(package.name);
  std::set<std::set<std::string>> result;
  for (auto& [layer, names] : members)
    result.insert(names);
  return result;
}

std::map<unsigned, std::uint64_t> bytes_of(const Lockfile& lock) {
  std::map<unsigned, std::uint64_t> bytes;
  for (const LockedPackage& package : lock.packages)
    bytes[package.layer] += package.size;
  return bytes;
}

Lockfile lock_of(std::vector<LockedPackage> packages) {
  Lockfile lock = sample_lock();
  lock.packages = std::move(packages);
  return lock;
}

LockedPackage package(const std::string& name, const std::string& source, std::uint64_t size) {
  return sample_package(name, source, size, 0, 0);
}

/// Sizes as in an archive: many small packages, few large ones, several packages of some sources, equal
/// sizes.
Lockfile random_lock(std::mt19937& random, unsigned count) {
  std::vector<LockedPackage> packages;
  for (unsigned i = 0; i < count; ++i) {
    std::string source = "source" + std::to_string(random() % (count / 2 + 1));
    packages.push_back(package("package" + std::to_string(i), source, (1ULL << (random() % 20)) * 10));
  }
  return lock_of(std::move(packages));
}

TEST_CASE("what is large has a layer of its own and the rest is spread evenly") {
  Lockfile lock = lock_of({package("llvm", "llvm", 9000), package("perl", "perl", 4000),
                           package("a", "a", 300), package("b", "b", 300), package("c", "c", 300),
                           package("d", "d", 300), package("perl-base", "perl", 1000)});
  plan_layers(lock, std::nullopt, 4);
  CHECK(company(lock) ==
        std::set<std::set<std::string>>{{"llvm"}, {"perl", "perl-base"}, {"a", "c"}, {"b", "d"}});
}

TEST_CASE("a plan keeps to its limit, has no gaps and keeps sources together") {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 200; ++round) {
    unsigned max_layers = 1 + random() % 15;
    Lockfile lock = random_lock(random, random() % 60);
    plan_layers(lock, std::nullopt, max_layers);

    std::set<unsigned> used;
    std::map<std::string, std::set<unsigned>> layers_of_source;
    for (const LockedPackage& p : lock.packages) {
      used.insert(p.layer);
      layers_of_source[p.source].insert(p.layer);
    }
    CHECK(used.size() == std::min<std::size_t>(max_layers, layers_of_source.size()));
    CHECK((used.empty() || *used.rbegin() + 1 == used.size()));
    for (const auto& [source, layers] : layers_of_source)
      CHECK(layers.size() == 1);
  }
}

TEST_CASE("no layer is heavier than an even share plus the largest source in it") {
  std::mt19937 random(2);
  for (unsigned round = 0; round < 100; ++round) {
    Lockfile lock = random_lock(random, 50);
    plan_layers(lock, std::nullopt, 6);
    std::uint64_t total = 0;
    std::map<std::string, std::uint64_t> sources;
    for (const LockedPackage& p : lock.packages) {
      total += p.size;
      sources[p.source] += p.size;
    }
    std::uint64_t largest = 0;
    for (const auto& [source, size] : sources)
      largest = std::max(largest, size);
    for (const auto& [layer, size] : bytes_of(lock))
      CHECK(size <= total / 6 + largest);
  }
}

TEST_CASE("the order of packages does not matter") {
  std::mt19937 random(3);
  for (unsigned round = 0; round < 100; ++round) {
    Lockfile lock = random_lock(random, 40);
    Lockfile shuffled = lock;
    std::shuffle(shuffled.packages.begin(), shuffled.packages.end(), random);
    plan_layers(lock, std::nullopt, 7);
    plan_layers(shuffled, std::nullopt, 7);
    CHECK(layers_of(lock) == layers_of(shuffled));
  }
}

TEST_CASE("an update of versions and sizes moves no package") {
  std::mt19937 random(4);
  for (unsigned round = 0; round < 100; ++round) {
    Lockfile before = random_lock(random, 40);
    plan_layers(before, std::nullopt, 7);
    Lockfile after = before;
    for (LockedPackage& p : after.packages) {
      p.layer = 0;
      if (random() % 3 == 0) {
        p.version += "+deb12u1";
        p.size = p.size * (1 + random() % 5) + 7;
      }
    }
    plan_layers(after, before, 7);
    CHECK(layers_of(after) == layers_of(before));
  }
}

TEST_CASE("adding packages moves no other") {
  std::mt19937 random(5);
  for (unsigned round = 0; round < 100; ++round) {
    Lockfile before = random_lock(random, 30);
    plan_layers(before, std::nullopt, 7);
    Lockfile after = before;
    after.packages.push_back(package("new", "new", 1 + random() % 100000));
    std::rotate(after.packages.begin(), after.packages.end() - 1, after.packages.end());
    plan_layers(after, before, 7);
    Layers layers = layers_of(after);
    layers.erase("new");
    CHECK(layers == layers_of(before));
  }
}

TEST_CASE("a new package joins its source, else the lightest layer") {
  Lockfile before = lock_of(
      {package("libc6", "glibc", 2000), package("libssl3", "openssl", 1500), package("sed", "sed", 300)});
  plan_layers(before, std::nullopt, 3);
  Lockfile after = before;
  after.packages.push_back(package("libc-bin", "glibc", 600));
  after.packages.push_back(package("grep", "grep", 400));
  plan_layers(after, before, 3);
  Layers layers = layers_of(after);
  CHECK(layers["libc-bin"] == layers["libc6"]);
  CHECK(layers["grep"] == layers["sed"]);
}

TEST_CASE("removing packages leaves no gap and parts no company") {
  Lockfile before = lock_of({package("libc6", "glibc", 2000), package("libssl3", "openssl", 1500),
                             package("sed", "sed", 300), package("grep", "grep", 200)});
  plan_layers(before, std::nullopt, 3);
  Lockfile after = before;
  after.packages.erase(after.packages.begin() + 1);
  plan_layers(after, before, 3);
  CHECK(company(after) == std::set<std::set<std::string>>{{"libc6"}, {"sed", "grep"}});
  CHECK(bytes_of(after).rbegin()->first == 1);
}

TEST_CASE("a lower limit dissolves only the layers above it") {
  std::mt19937 random(6);
  Lockfile before = random_lock(random, 60);
  plan_layers(before, std::nullopt, 9);
  Lockfile after = before;
  plan_layers(after, before, 5);
  CHECK(bytes_of(after).size() == 5);
  for (std::size_t i = 0; i < before.packages.size(); ++i) {
    if (before.packages[i].layer < 5)
      CHECK(after.packages[i].layer == before.packages[i].layer);
  }
}

}  // namespace
}  // namespace bootstrap
