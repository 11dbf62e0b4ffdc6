#include "pipeline/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "audit/image_audit.h"
#include "base/error.h"
#include "pipeline/why.h"

namespace bootstrap {

namespace {

constexpr std::size_t kShownCulprits = 3;

/// "libssl3 <- nginx <- the recipe includes it"
std::string chain_text(const Explanation& explanation) {
  std::string text;
  for (const Explanation::Step& step : explanation.chain)
    text += step.package + " <- ";
  return text + (explanation.chain.empty() ? "" : explanation.chain.back().reason);
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::vector<std::string> paths_of(const auto& files) {
  std::vector<std::string> paths;
  for (const auto& file : files)
    paths.push_back(file.path);
  return paths;
}

class BudgetCheck {
 public:
  BudgetCheck(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record)
      : layout_(layout), manifest_(manifest), record_(record) {}

  TestOutcome size(std::uint64_t most) {
    std::uint64_t size = 0;
    for (const Layer& layer : layout_.manifest(manifest_).layers)
      size += layer.size;
    TestOutcome outcome = outcome_of("size", size <= most, mebibytes(most), mebibytes(size));
    if (!outcome.passed)
      outcome.output_end = "the largest packages:\n" + largest_packages();
    return outcome;
  }

  TestOutcome packages(std::uint64_t most) {
    const std::size_t count = all_packages().size();
    TestOutcome outcome = outcome_of("packages", count <= most, most, count);
    if (!outcome.passed)
      outcome.output_end = greatest_requests();
    return outcome;
  }

  TestOutcome files(const char* what, std::uint64_t most, const std::vector<std::string>& paths) {
    TestOutcome outcome = outcome_of(what, paths.size() <= most, most, paths.size());
    if (outcome.passed)
      return outcome;
    for (std::size_t i = 0; i < std::min(paths.size(), kShownCulprits); ++i)
      outcome.output_end += fmt::format("{}  {}\n", paths[i], chain_of(paths[i]));
    if (paths.size() > kShownCulprits)
      outcome.output_end += fmt::format("and {} more\n", paths.size() - kShownCulprits);
    return outcome;
  }

  ImageAudit audit() const { return audit_image(layout_, layout_.manifest(manifest_)); }

 private:
  static constexpr std::string_view kIncluded = "the recipe includes it";

  static TestOutcome outcome_of(const char* what, bool passed, const auto& most, const auto& actual) {
    TestOutcome outcome;
    outcome.name = fmt::format("budget: {}", what);
    outcome.passed = passed;
    outcome.expectation = fmt::format("{}: at most {}", what, most);
    outcome.actual = fmt::format("{}", actual);
    return outcome;
  }

  std::string largest_packages() {
    std::vector<LockedPackage> packages = all_packages();
    std::sort(packages.begin(), packages.end(),
              [](const LockedPackage& a, const LockedPackage& b) { return a.size > b.size; });
    packages.resize(std::min(packages.size(), kShownCulprits));
    std::string text;
    for (const LockedPackage& package : packages)
      text += fmt::format("{}  {}\n", mebibytes(package.size), chain_of(package.name));
    return text;
  }

  /// What the recipe includes that brings most packages, each with the longest chain to one of them.
  std::string greatest_requests() {
    std::map<std::string, std::vector<Explanation>> brought;
    for (const std::string& name : explainer().packages()) {
      Explanation explanation = explainer().explain(name);
      const Explanation::Step& root = explanation.chain.back();
      if (root.reason == kIncluded)
        brought[root.package].push_back(std::move(explanation));
    }
    std::vector<std::pair<std::size_t, std::string>> order;
    for (const auto& [root, explanations] : brought)
      order.emplace_back(explanations.size(), root);
    std::sort(order.rbegin(), order.rend());
    order.resize(std::min(order.size(), kShownCulprits));
    std::string text;
    for (const auto& [number, root] : order) {
      const auto longest = std::max_element(
          brought[root].begin(), brought[root].end(),
          [](const Explanation& a, const Explanation& b) { return a.chain.size() < b.chain.size(); });
      text += fmt::format("{} brings {}, as in {}\n", root, number, chain_text(*longest));
    }
    return text;
  }

  std::vector<LockedPackage> all_packages() const {
    std::vector<LockedPackage> packages;
    for (const Lockfile& lock : record_.locks)
      packages.insert(packages.end(), lock.packages.begin(), lock.packages.end());
    return packages;
  }

  std::string chain_of(const std::string& subject) {
    try {
      return chain_text(explainer().explain(subject));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUsage)
        throw;
      return "no package's: made by a script or by the recipe's own files";
    }
  }

  const Explainer& explainer() {
    if (!explainer_)
      explainer_.emplace(layout_, manifest_, record_);
    return *explainer_;
  }

  const ImageLayout& layout_;
  const Digest manifest_;
  const VersionRecord& record_;
  std::optional<Explainer> explainer_;
};

}  // namespace

std::vector<TestOutcome> check_budgets(const ImageLayout& layout, const Digest& manifest,
                                       const VersionRecord& record) {
  const Budgets& budgets = record.budgets;
  BudgetCheck check(layout, manifest, record);
  std::vector<TestOutcome> outcomes;
  if (budgets.size)
    outcomes.push_back(check.size(*budgets.size));
  if (budgets.packages)
    outcomes.push_back(check.packages(*budgets.packages));
  if (!budgets.setuid && !budgets.file_capabilities && !budgets.world_writable && !budgets.secrets)
    return outcomes;
  const ImageAudit whole = check.audit();
  const TreeAudit& audit = whole.tree;
  if (budgets.setuid)
    outcomes.push_back(check.files("setuid and setgid files", *budgets.setuid, paths_of(audit.setuid)));
  if (budgets.file_capabilities)
    outcomes.push_back(
        check.files("files with capabilities", *budgets.file_capabilities, paths_of(audit.capable)));
  if (budgets.world_writable)
    outcomes.push_back(
        check.files("world-writable paths", *budgets.world_writable, paths_of(audit.world_writable)));
  if (budgets.secrets)
    outcomes.push_back(check.files("secrets", *budgets.secrets, paths_of(whole.secrets)));
  return outcomes;
}

}  // namespace bootstrap
