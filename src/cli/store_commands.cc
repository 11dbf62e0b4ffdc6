// The verbs about the store itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "update/store_check.h"

namespace bootstrap {

namespace {

int check_store_verb(bool remove, const CommonOptions& common, Printer& printer) {
  const Store store(common.store.empty() ? Store::default_root() : common.store);
  printer.stage(store.root().string(), "reading everything");
  const StoreCheck result = check_store(store, common.images);
  Json damaged = Json::array();
  for (const DamagedObject& object : result.damaged) {
    if (remove)
      std::filesystem::remove(object.file);
    damaged.push_back({{"file", object.file.string()}, {"removed", remove}, {"remedy", object.remedy}});
    if (!common.json)
      fmt::print("damaged: {}\n  {}; {}\n", object.file.string(), remove ? "removed" : "remove it (--remove)",
                 object.remedy);
  }
  if (common.json)
    fmt::print("{}",
               canonical_json({{"files", result.files}, {"bytes", result.bytes}, {"damaged", damaged}}));
  else
    fmt::print("{} files, {}: {} damaged\n", result.files, human_size(result.bytes), result.damaged.size());
  return result.damaged.empty() ? 0 : static_cast<int>(ErrorKind::kFailure);
}

}  // namespace

void add_store_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  CLI::App* group = app.add_subcommand("store", "Look after the store: check reads all of it");
  group->require_subcommand(1);
  CLI::App* verb = group->add_subcommand("check", "Read the store and the images, and name what is damaged");
  auto remove = std::make_shared<bool>(false);
  verb->add_flag("--remove", *remove,
                 "Remove what is damaged: it is fetched or made again when it is needed");
  verb->callback([&common, &chosen, remove] {
    chosen = [&common, remove](Printer& printer) { return check_store_verb(*remove, common, printer); };
  });
}

}  // namespace bootstrap
