// The verbs of the night: check, update, verify, vendor.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/exit_status.h"
#include "base/image_format.h"
#include "cli/commands.h"
#include "cli/found_image.h"
#include "cli/test_text.h"
#include "pipeline/loading.h"
#include "pipeline/required_box.h"
#include "smoke/smoke.h"
#include "update/check.h"
#include "update/git_commit.h"
#include "update/metrics.h"
#include "update/vendor.h"
#include "update/verify.h"

namespace bootstrap {

namespace {

struct NightOptions {
  std::vector<std::filesystem::path> recipes;
  std::string allow;
  std::vector<std::string> hold;
  std::string max_age;
  bool commit = false;
  std::string branch;
  std::filesystem::path metrics;
};

PolicyOverride policy_of(const NightOptions& options) {
  PolicyOverride policy;
  policy.hold = options.hold;
  for (auto allow : {UpdatePolicy::Allow::kSecurity, UpdatePolicy::Allow::kAll, UpdatePolicy::Allow::kNone}) {
    if (options.allow == name_of(allow))
      policy.allow = allow;
  }
  if (!options.max_age.empty())
    policy.max_age = parse_age_option(options.max_age, "--max-age");
  return policy;
}

Json to_json(const std::vector<Move>& moves) {
  Json json = Json::array();
  for (const Move& move : moves)
    json.push_back(to_json(move));
  return json;
}

std::string shown_age(const std::string& time) {
  auto age = age_of(time);
  if (!age)
    return "";
  return age->count() < 48 ? fmt::format("{} h", age->count()) : fmt::format("{} d", age->count() / 24);
}

void print_moves(const std::string& name, const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    fmt::print("{:<14} {:<24} {:<26} {:<26} {:<20} {:<8} {}\n", name, move.name(),
               move.from ? move.from->version : "(new)", move.to ? move.to->version : "(gone)",
               move.to ? move.to->suite : "", shown_age(move.published()), fmt::join(move.cves, " "));
  }
}

void print_heading() {
  fmt::print("{:<14} {:<24} {:<26} {:<26} {:<20} {:<8} {}\n", "IMAGE", "PACKAGE", "FROM", "TO", "SUITE",
             "PUBLIC", "FIXES");
}

/// What is said of a recipe that is none.
template <typename Result>
Result unreadable(const RecipeFailure& failure) {
  Result result{};
  result.name = std::filesystem::path(failure.recipe_file).stem().string();
  result.recipe = failure.recipe_file;
  result.error = failure.error;
  return result;
}

int check(const NightOptions& options, const CommonOptions& common, Printer& printer) {
  const LoadedRecipes loaded = load_recipes(options.recipes);
  WorkshopOwner owner(common, printer);
  Night night(loaded.chains, policy_of(options), owner.workshop());
  std::vector<CheckedRecipe> checked = check_recipes(night, owner.workshop());
  for (const RecipeFailure& failure : loaded.failures)
    checked.push_back(unreadable<CheckedRecipe>(failure));
  Json documents = Json::array();
  std::size_t pending = 0;
  int code = 0;
  std::vector<Move> all;
  for (const CheckedRecipe& recipe : checked) {
    pending += recipe.pending ? 1 : 0;
    all.insert(all.end(), recipe.moves.begin(), recipe.moves.end());
    if (recipe.error)
      code = worse_exit(code, static_cast<int>(recipe.error->kind()));
    documents.push_back({{"name", recipe.name},
                         {"recipe", recipe.recipe.string()},
                         {"pending", recipe.pending},
                         {"overdue", is_overdue(recipe.moves, recipe.max_age)},
                         {"cves", cves_of(recipe.moves)},
                         {"moves", to_json(recipe.moves)},
                         {"error", recipe.error ? to_json(*recipe.error) : Json()}});
  }
  if (common.json) {
    fmt::print("{}", canonical_json({{"recipes", documents}, {"pending", pending}, {"cves", cves_of(all)}}));
  } else {
    if (!all.empty())
      print_heading();
    for (const CheckedRecipe& recipe : checked) {
      print_moves(recipe.name, recipe.moves);
      if (recipe.pending && recipe.moves.empty())
        fmt::print("{:<14} the lock is missing, or its recipe or parent changed\n", recipe.name);
      if (recipe.error)
        printer.error(RecipeFailure{recipe.recipe.string(), *recipe.error});
    }
    fmt::print("bootstrap check: {} of {} images have something pending; {} CVEs\n", pending, checked.size(),
               cves_of(all).size());
  }
  return pending > 0 ? worse_exit(code, kPendingExit) : code;
}

Json to_json(const UpdateResult& result, const CommonOptions& common) {
  return {
      {"name", result.name},
      {"recipe", result.recipe.string()},
      {"state", name_of(result.state)},
      {"before", result.before ? Json(result.before->version) : Json()},
      {"version", result.version ? Json(result.version->version) : Json()},
      {"image_id",
       result.version ? image_id_json(ImageLayout(common.images, result.name), *result.version) : Json()},
      {"digest", result.version ? Json(result.version->manifest.oci()) : Json()},
      {"cves", cves_of(result.moves)},
      {"moves", to_json(result.moves)},
      {"overdue", result.state != UpdateResult::State::kUpdated && is_overdue(result.moves, result.max_age)},
      {"tests", to_json(result.tests)},
      {"error", result.error ? to_json(*result.error) : Json()}};
}

void print_result(const UpdateResult& result, Printer& printer) {
  using State = UpdateResult::State;
  if (result.state == State::kUpdated)
    fmt::print("{} {} -> {}\n", printer.bold(result.name), result.before ? result.before->version : "(none)",
               printer.green(result.version->version));
  if (result.state == State::kRejected) {
    fmt::print("{} {} is rejected, a test failed; latest stays {}\n", printer.bold(result.name),
               printer.red(result.version->version), result.before ? result.before->version : "(none)");
    print_tests(result.tests, printer);
  }
  if (result.error)
    printer.error(RecipeFailure{result.recipe.string(), *result.error});
  for (const Move& move : result.moves)
    fmt::print("  {} {} -> {}  {}\n", move.name(), move.from ? move.from->version : "(new)",
               move.to ? move.to->version : "(gone)", fmt::join(move.cves, " "));
}

void print_summary(const std::vector<UpdateResult>& results) {
  std::map<UpdateResult::State, std::size_t> counts;
  std::vector<Move> fixed;
  for (const UpdateResult& result : results) {
    ++counts[result.state];
    if (result.state == UpdateResult::State::kUpdated)
      fixed.insert(fixed.end(), result.moves.begin(), result.moves.end());
  }
  std::string text;
  for (const auto& [state, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name_of(state));
  fmt::print("bootstrap update: {}; {} CVEs fixed\n", text, cves_of(fixed).size());
}

int exit_code(const std::vector<UpdateResult>& results) {
  int code = 0;
  for (const UpdateResult& result : results) {
    if (result.state == UpdateResult::State::kRejected)
      code = worse_exit(code, static_cast<int>(ErrorKind::kTestFailed));
    if (result.error)
      code = worse_exit(code, static_cast<int>(result.error->kind()));
  }
  return code;
}

/// One result for each recipe, whatever comes in the way: what stops the whole night is said of all of them.
std::vector<UpdateResult> update_all(const NightOptions& options, const CommonOptions& common,
                                     Printer& printer) {
  const LoadedRecipes loaded = load_recipes(options.recipes);
  std::vector<UpdateResult> results;
  try {
    WorkshopOwner owner(common, printer);
    require_box_for_any(loaded.chains, owner.workshop().worker_program);
    Night night(loaded.chains, policy_of(options), owner.workshop());
    results = update_images(night, owner.workshop());
  } catch (const Error& error) {
    if (options.metrics.empty())
      throw;
    for (const RecipeChain& chain : loaded.chains)
      results.push_back(unreadable<UpdateResult>({chain.back().file.string(), error}));
  }
  for (const RecipeFailure& failure : loaded.failures)
    results.push_back(unreadable<UpdateResult>(failure));
  for (UpdateResult& result : results)
    if (result.error && result.state == UpdateResult::State::kUnchanged)
      result.state = UpdateResult::State::kFailed;
  return results;
}

struct Committed {
  std::string commit;          ///< empty: there was nothing to commit
  std::optional<Error> error;  ///< why it could not be
};

Committed commit(const NightOptions& options, const CommonOptions& common,
                 const std::vector<UpdateResult>& results) {
  if (!options.commit && options.branch.empty())
    return {};
  try {
    return {commit_updates(results, common.images, options.branch), {}};
  } catch (const Error& error) {
    return {{}, error};
  }
}

int update(const NightOptions& options, const CommonOptions& common, Printer& printer) {
  auto start = std::chrono::steady_clock::now();
  UpdateLock lock(common.images, [&] { printer.note("update", "waiting for another update to end"); });
  const std::vector<UpdateResult> results = update_all(options, common, printer);
  const Committed committed = commit(options, common, results);
  auto duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (!options.metrics.empty())
    write_metrics(options.metrics, results, duration);
  int code = exit_code(results);
  if (committed.error)
    code = worse_exit(code, static_cast<int>(committed.error->kind()));
  if (common.json) {
    Json document = {{"images", Json::array()}, {"commit", committed.commit}};
    for (const UpdateResult& result : results)
      document["images"].push_back(to_json(result, common));
    if (committed.error)
      document["commit_error"] = to_json(*committed.error);
    fmt::print("{}", canonical_json(document));
    return code;
  }
  for (const UpdateResult& result : results)
    print_result(result, printer);
  if (!committed.commit.empty())
    fmt::print("committed {}\n", committed.commit.substr(0, 12));
  if (committed.error)
    printer.error(*committed.error);
  print_summary(results);
  return code;
}

void print_difference(const FirstDifference& difference) {
  fmt::print("  layer         {}\n", difference.layer.empty() ? "none: the image config" : difference.layer);
  if (!difference.path.empty())
    fmt::print("  path          {}{}\n", difference.path.starts_with('/') ? "" : "/",
               terminal_safe(difference.path));
  fmt::print("  what          {}\n", difference.what);
  if (difference.offset)
    fmt::print("  first byte    {}\n", *difference.offset);
  if (!difference.likely_cause.empty())
    fmt::print("  likely cause  {}\n", difference.likely_cause);
}

Json to_json(const Verification& result) {
  Json layers = Json::array();
  for (const LayerDifference& layer : result.layers)
    layers.push_back(to_json(layer));
  return {{"same", result.same()},
          {"same_image", result.same_image()},
          {"expected_image_id", result.expected_id.oci()},
          {"actual_image_id", result.actual_id.oci()},
          {"expected", result.expected.oci()},
          {"actual", result.actual.oci()},
          {"format", result.format},
          {"this_format", kImageFormat},
          {"packages", result.packages},
          {"layers", layers},
          {"difference", result.difference ? to_json(*result.difference) : Json()}};
}

void print_layers(const std::vector<LayerDifference>& layers) {
  const auto known = [](const std::string& encoder) { return encoder.empty() ? "unknown" : encoder; };
  for (const LayerDifference& layer : layers)
    fmt::print("  layer         {:.60}: {} ({} -> {})\n", terminal_safe(layer.layer),
               layer.content ? "the content differs" : "only the compressed bytes differ",
               known(layer.expected), known(layer.actual));
}

void print_verification(const std::string& subject, const Verification& result) {
  const std::string format = result.other_format();
  if (result.same()) {
    fmt::print("{} is what its record says: {} packages, built again, give the image ID {}\n", subject,
               result.packages, result.actual_id.oci());
    if (!result.layers.empty())
      fmt::print("  compression   other bytes of the same content: {} -> {}\n", result.expected.oci(),
                 result.actual.oci());
    if (!format.empty())
      fmt::print("  format        {}\n", format);
    print_layers(result.layers);
    return;
  }
  if (format.empty())
    fmt::print("{} is NOT what its record says\n", subject);
  else
    fmt::print("{} cannot be told by building it again: {}\n", subject, format);
  fmt::print("  image ID      {}\n  built         {}\n", result.expected_id.oci(), result.actual_id.oci());
  fmt::print("  digest        {}\n  built         {}\n", result.expected.oci(), result.actual.oci());
  print_layers(result.layers);
  if (result.difference)
    print_difference(*result.difference);
}

int verify(const std::string& text, const CommonOptions& common, Printer& printer) {
  ImageReference reference = parse_reference(text);
  ImageLayout layout(common.images, reference.name);
  ImageVersion version = layout.find(reference.reference);
  Store store(common.store.empty() ? Store::default_root() : common.store);
  TemporaryDirectory scratch(store.root());
  CommonOptions empty = common;
  empty.store = scratch.path() / "store";
  empty.images = scratch.path() / "images";
  WorkshopOwner owner(empty, printer);
  Verification result = verify_version(layout, version, store, scratch.path() / "sources", owner.workshop());
  if (common.json) {
    Json json = to_json(result);
    json["name"] = layout.name();
    json["version"] = version.version;
    fmt::print("{}", canonical_json(json));
  } else {
    print_verification(layout.name() + " " + version.version, result);
  }
  return result.same() ? 0 : static_cast<int>(ErrorKind::kFailure);
}

int vendor_recipe(const std::filesystem::path& recipe, const std::filesystem::path& directory,
                  const CommonOptions& common, Printer& printer) {
  RecipeChain chain = load_recipe(recipe);
  WorkshopOwner owner(common, printer);
  std::vector<LockedRecipe> locked = Locker(LockPolicy::kLocked, owner.workshop()).lock(chain);
  std::vector<Vendored> archives = vendor(locked, directory, owner.workshop());
  Json documents = Json::array();
  for (const Vendored& archive : archives) {
    if (!common.json)
      fmt::print("{}: {} packages, {}; --mirror {}=file://{}\n", archive.archive, archive.packages,
                 human_size(archive.bytes), archive.archive, archive.directory.string());
    documents.push_back({{"archive", archive.archive},
                         {"directory", archive.directory.string()},
                         {"packages", archive.packages},
                         {"bytes", archive.bytes}});
  }
  if (common.json)
    fmt::print("{}", canonical_json({{"archives", documents}}));
  return 0;
}

void add_policy_options(CLI::App& verb, NightOptions& options) {
  verb.add_option("recipe", options.recipes, "Recipes; those they extend are updated, too")
      ->required()
      ->type_name("RECIPE...");
  verb.add_option("--allow", options.allow, "Instead of the recipes' policies: what may move")
      ->check(CLI::IsMember({"security", "all", "none"}))
      ->type_name("security|all|none");
  verb.add_option("--hold", options.hold, "A package that stays as it is (repeatable)")
      ->type_name("PACKAGE")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option("--max-age", options.max_age, "How long a fix may be public until it is called overdue")
      ->type_name("24h");
}

}  // namespace

void add_update_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto options = std::make_shared<NightOptions>();
  CLI::App* verb =
      app.add_subcommand("check", "Say what an update would do; exit 10 when something is pending");
  add_policy_options(*verb, *options);
  verb->callback([&common, &chosen, options] {
    chosen = [&common, options](Printer& printer) { return check(*options, common, printer); };
  });

  verb = app.add_subcommand("update",
                            "Move pins as the policy allows, build, test, and move latest if all passed");
  add_policy_options(*verb, *options);
  verb->add_flag("--commit", options->commit, "Commit locks and evidence to git");
  verb->add_option("--branch", options->branch, "Commit them on a branch of their own")->type_name("BRANCH");
  verb->add_option("--metrics", options->metrics, "Write metrics for Prometheus' textfile collector")
      ->type_name("FILE");
  verb->callback([&common, &chosen, options] {
    chosen = [&common, options](Printer& printer) { return update(*options, common, printer); };
  });

  auto reference = std::make_shared<std::string>();
  verb = app.add_subcommand("verify", "Build an image again from its record, in an empty store, and compare");
  verb->add_option("image", *reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->callback([&common, &chosen, reference] {
    chosen = [&common, reference](Printer& printer) { return verify(*reference, common, printer); };
  });

  auto paths = std::make_shared<std::pair<std::filesystem::path, std::filesystem::path>>();
  verb = app.add_subcommand("vendor",
                            "Copy all that a recipe's lock names into a directory that serves as a mirror");
  verb->add_option("recipe", paths->first, "Recipe; its lock must be there")->required()->type_name("RECIPE");
  verb->add_option("directory", paths->second, "Where to; several recipes may share it")
      ->required()
      ->type_name("DIR");
  verb->callback([&common, &chosen, paths] {
    chosen = [&common, paths](Printer& printer) {
      return vendor_recipe(paths->first, paths->second, common, printer);
    };
  });
}

}  // namespace bootstrap
