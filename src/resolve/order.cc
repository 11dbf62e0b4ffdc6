// Tarjan's strongly connected components: they come out in the order that is wanted, dependencies first, and
// a component of more than one package is a circle. Without recursion, because how long a chain of
// dependencies is is for the archive to say.
#include "resolve/order.h"

#include <algorithm>
#include <unordered_map>

namespace bootstrap {
namespace {

using Order = std::vector<const PackageRecord*>;

Order by_name(const PackageSet& set) {
  Order order(set.begin(), set.end());
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return order;
}

/// What each package waits for, as positions in the list of packages.
using Edges = std::vector<std::vector<std::size_t>>;

Edges edges_of(const PackageGraph& graph, const PackageSet& earlier, const Order& packages,
               RelationKind last_kind) {
  const PackageSet members(packages.begin(), packages.end());
  std::unordered_map<const PackageRecord*, std::size_t> position;
  for (std::size_t i = 0; i < packages.size(); ++i)
    position.emplace(packages[i], i);
  Edges edges(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i)
    for (const PackageRelation& relation : graph.relations(*packages[i]).wanted) {
      if (relation.kind > last_kind || satisfier_in(earlier, relation) != nullptr)
        continue;
      if (const PackageRecord* satisfier = satisfier_in(members, relation); satisfier != nullptr)
        edges[i].push_back(position.at(satisfier));
    }
  return edges;
}

class Components {
 public:
  explicit Components(const Edges& edges) : edges_(edges), nodes_(edges.size()) {
    for (std::size_t node = 0; node < nodes_.size(); ++node)
      if (nodes_[node].number == 0)
        visit(node);
  }

  /// Positions, grouped by component; a component after those it waits for.
  std::vector<std::vector<std::size_t>> components;

 private:
  struct Node {
    std::size_t number = 0;  ///< in order of discovery, from 1; 0: not yet discovered
    std::size_t low = 0;     ///< the lowest number on the stack that it reaches
    std::size_t next_edge = 0;
    bool on_stack = false;
  };

  void discover(std::size_t node) {
    nodes_[node].number = nodes_[node].low = ++discovered_;
    nodes_[node].on_stack = true;
    stack_.push_back(node);
    path_.push_back(node);
  }

  void visit(std::size_t start) {
    discover(start);
    while (!path_.empty()) {
      const std::size_t current = path_.back();
      Node& node = nodes_[current];
      if (node.next_edge < edges_[current].size()) {
        const std::size_t target = edges_[current][node.next_edge++];
        if (nodes_[target].number == 0)
          discover(target);
        else if (nodes_[target].on_stack)
          node.low = std::min(node.low, nodes_[target].number);
        continue;
      }
      path_.pop_back();
      if (!path_.empty())
        nodes_[path_.back()].low = std::min(nodes_[path_.back()].low, node.low);
      if (node.low == node.number)
        finish_component(current);
    }
  }

  void finish_component(std::size_t root) {
    std::vector<std::size_t>& component = components.emplace_back();
    std::size_t node = 0;
    do {
      node = stack_.back();
      stack_.pop_back();
      nodes_[node].on_stack = false;
      component.push_back(node);
    } while (node != root);
    std::sort(component.begin(), component.end());
  }

  const Edges& edges_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> stack_, path_;
  std::size_t discovered_ = 0;
};

/// Orders packages, sorted by name, by the relations up to `last_kind`.
Order order_by(const PackageGraph& graph, const PackageSet& earlier, const Order& packages,
               RelationKind last_kind) {
  Order order;
  for (const auto& component : Components(edges_of(graph, earlier, packages, last_kind)).components) {
    Order circle;
    for (const std::size_t position : component)
      circle.push_back(packages[position]);
    if (circle.size() > 1 && last_kind != RelationKind::kPreDepends)
      circle = order_by(graph, earlier, circle, RelationKind::kPreDepends);
    order.insert(order.end(), circle.begin(), circle.end());
  }
  return order;
}

}  // namespace

Order install_order(const PackageGraph& graph, const PackageSet& earlier, const PackageSet& stage) {
  return order_by(graph, earlier, by_name(stage), RelationKind::kDepends);
}

}  // namespace bootstrap
