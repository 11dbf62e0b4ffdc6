#include "recipe/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/architecture.h"
#include "recipe/syntax.h"

namespace bootstrap {

std::filesystem::path FileReferences::resolve(const YamlNode& node, FileReference::Kind kind) {
  std::filesystem::path path = (directory / node.string()).lexically_normal();
  found.push_back({kind, node, path});
  return path;
}

std::string checked(const YamlNode& node, bool (*accepts)(std::string_view), std::string_view what,
                    std::string hint) {
  if (!accepts(node.string()))
    node.fail(what, std::move(hint));
  return node.string();
}

std::vector<std::string> checked_list(const YamlNode& node, bool (*accepts)(std::string_view),
                                      std::string_view what, std::string hint) {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (const YamlNode& item : node.sequence()) {
    std::string value = checked(item, accepts, what, hint);
    if (!seen.insert(value).second)
      item.fail(fmt::format("\"{}\" is here twice", value));
    result.push_back(std::move(value));
  }
  return result;
}

std::chrono::milliseconds read_duration(const YamlNode& node) {
  const auto duration = parse_duration(node.scalar());
  if (!duration)
    node.fail("not a duration", "a number with its unit, ms, s, m or h, up to 24h, as in 60s");
  return *duration;
}

std::uint64_t read_size(const YamlNode& node) {
  const auto bytes = parse_size(node.scalar());
  if (!bytes)
    node.fail("not a size", "a number with its unit, K, M, G or T, as in 512M");
  return *bytes;
}

std::vector<std::string> read_architectures(const YamlNode& node) {
  std::vector<std::string> result;
  for (const YamlNode& item : node.sequence()) {
    const std::string_view name = known_architectures()[item.one_of(known_architectures())];
    if (std::find(result.begin(), result.end(), name) != result.end())
      item.fail(fmt::format("\"{}\" is here twice", name));
    result.emplace_back(name);
  }
  if (result.empty())
    node.fail("an image needs an architecture", "leave the key out for that of the machine at hand");
  return result;
}

void read_limits(const YamlNode& node, Limits& limits) {
  constexpr std::int64_t kKernelPidLimit = 4194304;
  node.map_of({"memory", "pids", "timeout"});
  if (const YamlNode* memory = node.find("memory"))
    limits.memory = read_size(*memory);
  if (const YamlNode* pids = node.find("pids"))
    limits.pids = static_cast<unsigned>(pids->integer(1, kKernelPidLimit));
  if (const YamlNode* timeout = node.find("timeout"))
    limits.timeout = read_duration(*timeout);
}

Budgets read_budgets(const YamlNode& node) {
  constexpr std::int64_t kMost = 1000000000;
  node.map_of({"size", "packages", "setuid", "file-capabilities", "world-writable"});
  Budgets budgets;
  if (const YamlNode* size = node.find("size"))
    budgets.size = read_size(*size);
  auto read_count = [&](const char* key, std::optional<std::uint64_t>& count) {
    if (const YamlNode* value = node.find(key))
      count = static_cast<std::uint64_t>(value->integer(0, kMost));
  };
  read_count("packages", budgets.packages);
  read_count("setuid", budgets.setuid);
  read_count("file-capabilities", budgets.file_capabilities);
  read_count("world-writable", budgets.world_writable);
  return budgets;
}

}  // namespace bootstrap
