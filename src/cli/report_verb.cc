// `bootstrap report`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/atomic_file.h"
#include "cli/commands.h"
#include "report/page.h"
#include "report/report_data.h"

namespace bootstrap {

namespace {

int report(const std::filesystem::path& directory, const CommonOptions& common) {
  const Json data = collect_report(common.images);
  const std::filesystem::path page = directory / "index.html";
  make_directories(directory);
  write_file(page, render_page(data), Durability::kCache);
  if (common.json)
    fmt::print("{}", canonical_json(data));
  else
    fmt::print("wrote {}\n", page.string());
  return 0;
}

}  // namespace

void add_report_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto directory = std::make_shared<std::filesystem::path>();
  CLI::App* verb = app.add_subcommand(
      "report", "Write a page about all images: versions and what they fixed, packages, shared layers");
  verb->add_option("directory", *directory, "Where to write index.html; made if it is missing")
      ->required()
      ->type_name("DIR");
  verb->callback([&common, &chosen, directory] {
    chosen = [&common, directory](Printer&) { return report(*directory, common); };
  });
}

}  // namespace bootstrap
