// A small archive for the tests of the resolver.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "repo/packages_parser.h"
#include "resolve/resolve.h"

namespace bootstrap {

/// Suites and packages written as in Packages files; what a stanza leaves out is filled in.
class Archive {
 public:
  Archive() { suite("bookworm"); }

  /// Packages added from now on are of this suite. The reference may be used to change the release.
  Release& suite(const std::string& name) {
    Release release;
    release.archive = "debian";
    release.suite = release.codename = name;
    index_.releases.push_back(release);
    return index_.releases.back();
  }

  /// Fields of one package; without a Version it is 1.
  Archive& add(const std::string& fields) {
    auto text = std::make_shared<std::string>(fields + "\n");
    const auto add_default = [&](const std::string& name, const std::string& value) {
      if (("\n" + *text).find("\n" + name + ": ") == std::string::npos)
        *text += name + ": " + value + "\n";
    };
    add_default("Version", "1");
    add_default("Architecture", "amd64");
    add_default("Priority", "optional");
    add_default("Size", "1000");
    add_default("SHA256", Digest::of(*text).hex());
    add_default("Filename", "pool/" + std::to_string(index_.buffers.size()) + ".deb");
    const auto release = static_cast<std::uint32_t>(index_.releases.size() - 1);
    for (const PackageRecord& record : parse_packages(*text, "amd64", release))
      index_.packages.push_back(record);
    index_.buffers.push_back(text);
    return *this;
  }

  const RepoIndex& index() const { return index_; }

 private:
  RepoIndex index_;
};

/// A request for these packages and nothing else.
inline ResolveRequest request_for(std::vector<std::string> include) {
  ResolveRequest request;
  request.architecture = "amd64";
  request.packages.variant = Variant::kCustom;
  request.packages.include = std::move(include);
  return request;
}

/// "name=version" of the solution in install order; the text of the problems if there is none.
inline std::vector<std::string> solve(const Archive& archive, const ResolveRequest& request) {
  const auto result = resolve(Catalogue(archive.index()), request);
  std::vector<std::string> lines;
  if (const auto* unsolvable = std::get_if<Unsolvable>(&result))
    return {"unsolvable:\n" + unsolvable->text()};
  for (const ChosenPackage& chosen : std::get<Solution>(result).packages)
    lines.push_back(std::string(chosen.record->name) + "=" + std::string(chosen.record->version));
  return lines;
}

/// The names of the solution, sorted.
inline std::vector<std::string> names(const Archive& archive, const ResolveRequest& request) {
  std::vector<std::string> names = solve(archive, request);
  for (std::string& name : names)
    name = name.substr(0, name.find('='));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bootstrap
