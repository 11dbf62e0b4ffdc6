#include "lock/layer_plan.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace bootstrap {

namespace {

/// The packages of one source that have no layer yet.
struct Group {
  std::string_view source;
  std::uint64_t size = 0;
  std::vector<LockedPackage*> packages;
};

/// Layers being filled: the bytes in each.
class Loads {
 public:
  explicit Loads(unsigned layers) : bytes_(layers) {}

  void add(unsigned layer, std::uint64_t size) { bytes_[layer] += size; }
  unsigned lightest() const {
    return static_cast<unsigned>(std::min_element(bytes_.begin(), bytes_.end()) - bytes_.begin());
  }

 private:
  std::vector<std::uint64_t> bytes_;
};

/// Largest first; equal ones by name, so that the order of packages in the lock does not matter.
std::vector<Group> groups_by_size(const std::vector<LockedPackage*>& packages) {
  std::map<std::string_view, Group> by_source;
  for (LockedPackage* package : packages) {
    Group& group = by_source[package->source];
    group.source = package->source;
    group.size += package->size;
    group.packages.push_back(package);
  }
  std::vector<Group> groups;
  for (auto& [source, group] : by_source)
    groups.push_back(std::move(group));
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.size > b.size; });
  return groups;
}

/// A layer that lost its last package leaves no gap behind.
void renumber(std::vector<LockedPackage>& packages) {
  std::map<unsigned, unsigned> numbers;
  for (const LockedPackage& package : packages)
    numbers[package.layer] = 0;
  unsigned next = 0;
  for (auto& [old_number, number] : numbers)
    number = next++;
  for (LockedPackage& package : packages)
    package.layer = numbers[package.layer];
}

}  // namespace

void plan_layers(Lockfile& lock, const std::optional<Lockfile>& previous, unsigned max_layers) {
  max_layers = std::max(max_layers, 1U);
  std::map<std::string_view, unsigned> kept;
  if (previous) {
    for (const LockedPackage& package : previous->packages)
      kept[package.name] = package.layer;
  }

  Loads loads(max_layers);
  std::map<std::string_view, unsigned> layer_of_source;
  std::vector<LockedPackage*> unplaced;
  for (LockedPackage& package : lock.packages) {
    auto found = kept.find(package.name);
    // A recipe that lowers `layers.max` dissolves the layers above it.
    if (found == kept.end() || found->second >= max_layers) {
      unplaced.push_back(&package);
      continue;
    }
    package.layer = found->second;
    loads.add(package.layer, package.size);
    auto [source, is_new] = layer_of_source.emplace(package.source, package.layer);
    if (!is_new)
      source->second = std::min(source->second, package.layer);
  }

  // The largest first, each into the layer that is lightest by then: whoever exceeds an even share stays
  // alone, and the rest evens out.
  for (const Group& group : groups_by_size(unplaced)) {
    auto sibling = layer_of_source.find(group.source);
    unsigned layer = sibling != layer_of_source.end() ? sibling->second : loads.lightest();
    for (LockedPackage* package : group.packages)
      package->layer = layer;
    loads.add(layer, group.size);
  }
  renumber(lock.packages);
}

}  // namespace bootstrap
