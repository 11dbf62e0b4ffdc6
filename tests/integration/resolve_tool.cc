// The resolver against Packages files, without network or trust: what resolver_parity compares with apt.
//   resolve_tool ARCHITECTURE SUITE=PACKAGES-FILE... < REQUESTS
// A request is a line "VARIANT on|off PACKAGE...", where on or off is whether Recommends are followed. The
// answer to each is the request, the set as sorted name=version lines (or ERROR and the reason), and an empty
// line.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "repo/packages_parser.h"
#include "resolve/resolve.h"

using namespace bootstrap;

namespace {

void add_packages(RepoIndex& index, const std::string& suite, const std::string& file,
                  const std::string& architecture) {
  Release release;
  release.archive = "debian";
  release.suite = release.codename = suite;
  const auto text = std::make_shared<const std::string>(read_file(file));
  const auto records = parse_packages(*text, architecture, static_cast<std::uint32_t>(index.releases.size()));
  index.releases.push_back(release);
  index.packages.insert(index.packages.end(), records.begin(), records.end());
  index.buffers.push_back(text);
}

Variant parse_variant(const std::string& name) {
  for (const Variant variant : {Variant::kExtract, Variant::kCustom, Variant::kEssential, Variant::kApt,
                                Variant::kMinbase, Variant::kBuildd, Variant::kImportant, Variant::kStandard})
    if (name_of(variant) == name)
      return variant;
  throw Error(ErrorKind::kUsage, "no such variant: " + name);
}

void answer(const RepoIndex& index, const std::string& architecture, const std::string& line) {
  std::istringstream words(line);
  std::string variant, recommends, package;
  words >> variant >> recommends;
  ResolveRequest request;
  request.architecture = architecture;
  request.packages.variant = parse_variant(variant);
  request.packages.recommends = recommends == "on";
  while (words >> package)
    request.packages.include.push_back(package);

  const auto start = std::chrono::steady_clock::now();
  const auto result = resolve(Catalogue(index), request);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  if (std::getenv("RESOLVE_TOOL_TIMES") != nullptr)
    std::cerr << taken.count() << " ms: " << line << '\n';

  std::cout << line << '\n';
  if (const auto* unsolvable = std::get_if<Unsolvable>(&result)) {
    std::cout << "ERROR\n" << unsolvable->text();
  } else {
    std::vector<std::string> set;
    for (const ChosenPackage& chosen : std::get<Solution>(result).packages)
      set.push_back(std::string(chosen.record->name) + "=" + std::string(chosen.record->version));
    std::sort(set.begin(), set.end());
    for (const std::string& member : set)
      std::cout << member << '\n';
  }
  std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3)
      throw Error(ErrorKind::kUsage, "usage: resolve_tool ARCHITECTURE SUITE=PACKAGES-FILE...");
    const std::string architecture = argv[1];
    RepoIndex index;
    for (int i = 2; i < argc; ++i) {
      const std::string argument = argv[i];
      const std::size_t equals = argument.find('=');
      if (equals == std::string::npos)
        throw Error(ErrorKind::kUsage, "not SUITE=PACKAGES-FILE: " + argument);
      add_packages(index, argument.substr(0, equals), argument.substr(equals + 1), architecture);
    }
    for (std::string line; std::getline(std::cin, line);)
      if (!line.empty() && line.front() != '#')
        answer(index, architecture, line);
    return 0;
  } catch (const Error& error) {
    std::cerr << "resolve_tool: " << error.message() << '\n';
    return static_cast<int>(error.kind());
  }
}
