#include "pipeline/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "debian/relation.h"
#include "image/image_files.h"
#include "rootfs/dpkg_database.h"

namespace bootstrap {

namespace {

/// An installed package, as the image's status file tells it.
struct Installed {
  std::string version;
  bool essential = false;
  std::string priority;
  std::string wanted;  ///< Pre-Depends, Depends and Recommends, as one field
  std::vector<std::string> provides;
};

std::string value_of(const std::vector<std::pair<std::string, std::string>>& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name)
      return value;
  }
  return {};
}

Installed parse_installed(const std::vector<std::pair<std::string, std::string>>& fields) {
  Installed package;
  package.version = value_of(fields, "Version");
  package.essential = value_of(fields, "Essential") == "yes";
  package.priority = value_of(fields, "Priority");
  for (std::string_view name : {"Pre-Depends", "Depends", "Recommends"}) {
    std::string value = value_of(fields, name);
    if (!value.empty())
      package.wanted += (package.wanted.empty() ? "" : ", ") + value;
  }
  std::string provided = value_of(fields, "Provides");
  for (const Dependency& dependency : parse_relations(provided))
    package.provides.emplace_back(dependency.front().name);
  return package;
}

std::map<std::string, Installed> parse_status(std::string_view status) {
  std::map<std::string, Installed> packages;
  while (!status.empty()) {
    std::size_t end = std::min(status.find("\n\n"), status.size());
    auto fields = stanza_fields(status.substr(0, end));
    status.remove_prefix(std::min(end + 2, status.size()));
    std::string name = value_of(fields, "Package");
    if (!name.empty())
      packages[name] = parse_installed(fields);
  }
  return packages;
}

/// Why a package is there without any other package asking for it; empty when it is not.
std::string own_reason(const std::string& name, const Installed& package,
                       const std::set<std::string>& requested) {
  if (requested.contains(name))
    return "the recipe includes it";
  if (package.essential)
    return "Essential: yes";
  if (package.priority == "required")
    return "Priority: required";
  return {};
}

/// Who asks for each package directly: package -> those that depend on it, sorted.
std::map<std::string, std::set<std::string>> dependents(const std::map<std::string, Installed>& packages) {
  std::map<std::string, std::set<std::string>> providers;
  for (const auto& [name, package] : packages) {
    providers[name].insert(name);
    for (const std::string& provided : package.provides)
      providers[provided].insert(name);
  }
  std::map<std::string, std::set<std::string>> result;
  for (const auto& [name, package] : packages) {
    for (const Dependency& dependency : parse_relations(package.wanted)) {
      for (const Relation& relation : dependency) {
        for (const std::string& provider : providers[std::string(relation.name)]) {
          if (provider != name)
            result[provider].insert(name);
        }
      }
    }
  }
  return result;
}

/// The shortest way from `start` to a package that needs no other to be there.
std::vector<Explanation::Step> shortest_chain(const std::string& start,
                                              const std::map<std::string, Installed>& packages,
                                              const std::set<std::string>& requested) {
  auto above = dependents(packages);
  std::map<std::string, std::string> came_from = {{start, ""}};
  std::deque<std::string> waiting = {start};
  while (!waiting.empty()) {
    std::string name = waiting.front();
    waiting.pop_front();
    std::string reason = own_reason(name, packages.at(name), requested);
    if (reason.empty()) {
      for (const std::string& dependent : above[name]) {
        if (came_from.emplace(dependent, name).second)
          waiting.push_back(dependent);
      }
      continue;
    }
    std::vector<Explanation::Step> chain = {{name, packages.at(name).version, reason}};
    for (std::string below = came_from[name]; !below.empty(); below = came_from[below]) {
      chain.push_back({below, packages.at(below).version, chain.back().package + " depends on it"});
    }
    std::reverse(chain.begin(), chain.end());
    return chain;
  }
  return {{start, packages.at(start).version, "it is part of the recipe's variant"}};
}

/// The package whose file list names the path; empty when none does.
std::string owner_of(const std::string& path, const std::map<std::string, std::string>& files) {
  // The lists have the paths as the packages ship them, before /bin became a link into /usr.
  std::set<std::string> names = {path};
  if (path.starts_with("/usr/"))
    names.insert(path.substr(4));
  for (std::string_view directory : {"/bin/", "/sbin/", "/lib"}) {
    if (path.starts_with(directory))
      names.insert("/usr" + path);
  }
  for (const auto& [file, list] : files) {
    if (!file.ends_with(".list"))
      continue;
    std::istringstream lines(list);
    for (std::string line; std::getline(lines, line);) {
      if (!names.contains(line))
        continue;
      std::string name = file.substr(file.rfind('/') + 1);
      name.resize(name.size() - std::string_view(".list").size());
      return name.substr(0, name.find(':'));
    }
  }
  return {};
}

}  // namespace

struct Explainer::Knowledge {
  std::string image;
  std::map<std::string, std::string> files;
  std::map<std::string, Installed> packages;
  std::set<std::string> requested;
};

Explainer::Explainer(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record) {
  auto knowledge = std::make_unique<Knowledge>();
  knowledge->image = layout.name();
  knowledge->files = read_image_files(layout, layout.manifest(manifest), [](const std::string& path) {
    return path == "var/lib/dpkg/status" ||
           (path.starts_with("var/lib/dpkg/info/") && path.ends_with(".list"));
  });
  knowledge->packages = parse_status(knowledge->files["var/lib/dpkg/status"]);
  for (const std::string& include : record.requested)
    knowledge->requested.insert(include.substr(0, include.find_first_of("=/")));
  knowledge_ = std::move(knowledge);
}

Explainer::~Explainer() = default;

Explanation Explainer::explain(const std::string& subject) const {
  Explanation explanation;
  std::string package = subject;
  if (subject.starts_with("/")) {
    package = owner_of(subject, knowledge_->files);
    if (package.empty()) {
      throw Error(ErrorKind::kUsage, fmt::format("no package of {} ships {}", knowledge_->image, subject),
                  "it may have been made by a maintainer script or by the recipe's own files");
    }
    explanation.path = fmt::format("{} belongs to {}", subject, package);
  }
  if (!knowledge_->packages.contains(package)) {
    throw Error(ErrorKind::kUsage, fmt::format("{} has no package {}", knowledge_->image, package));
  }
  explanation.chain = shortest_chain(package, knowledge_->packages, knowledge_->requested);
  return explanation;
}

std::vector<std::string> Explainer::packages() const {
  std::vector<std::string> names;
  for (const auto& [name, package] : knowledge_->packages)
    names.push_back(name);
  return names;
}

}  // namespace bootstrap
