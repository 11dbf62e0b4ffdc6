// `bootstrap install-timer`.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/search_path.h"
#include "cli/commands.h"
#include "recipe/recipe.h"
#include "store/store.h"
#include "update/timer_units.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

struct TimerOptions {
  std::vector<fs::path> recipes;
  std::string on_calendar = "*-*-* 03:00";
  fs::path metrics;
  bool user = false;
  bool print = false;
  bool remove = false;
  bool dry_run = false;
};

fs::path unit_directory(bool user) {
  if (!user)
    return "/etc/systemd/system";
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/')
    return fs::path(config) / "systemd/user";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".config/systemd/user";
  throw Error(ErrorKind::kUsage, "where your systemd units are is not known", "set HOME");
}

/// Tells a wrong expression now instead of at night. Where there is no systemd nobody can tell.
void check_calendar(const std::string& expression) {
  std::optional<ProcessResult> result;
  try {
    result = run_process({"systemd-analyze", "calendar", "--", expression});
  } catch (const Error&) {
    return;
  }
  if (result->exit_code != 0)
    throw Error(ErrorKind::kUsage, fmt::format("--on-calendar: systemd does not know \"{}\"", expression),
                "man 7 systemd.time explains; for example \"*-*-* 03:00\" or \"Mon..Fri 22:30\"");
}

void add_directory(std::vector<fs::path>& directories, const fs::path& directory) {
  if (std::find(directories.begin(), directories.end(), directory) == directories.end())
    directories.push_back(directory);
}

/// The update that runs at night is one that could run now: recipes and options are looked at first.
TimerSpec make_spec(const TimerOptions& options, const CommonOptions& common) {
  if (options.recipes.empty())
    throw Error(ErrorKind::kUsage, "which recipes shall be updated?",
                "bootstrap install-timer recipes/*.yml");
  check_calendar(options.on_calendar);
  auto absolute = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
  fs::path store = absolute(common.store.empty() ? Store::default_root() : common.store);
  fs::path images = absolute(common.images);
  TimerSpec spec;
  spec.program = running_program();
  spec.on_calendar = options.on_calendar;
  spec.user = options.user;
  spec.writable = {store, images};
  spec.arguments = {"--quiet", "--store", store, "--images", images};
  for (const std::string& mirror : common.mirrors)
    spec.arguments.push_back("--mirror=" + mirror);
  if (common.jobs != 0)
    spec.arguments.push_back(fmt::format("--jobs={}", common.jobs));
  spec.arguments.push_back("update");
  if (!options.metrics.empty()) {
    spec.arguments.insert(spec.arguments.end(), {"--metrics", absolute(options.metrics)});
    add_directory(spec.writable, absolute(options.metrics).parent_path());
  }
  for (const fs::path& file : options.recipes) {
    RecipeChain chain = load_recipe(file);
    spec.arguments.push_back(chain.back().file);
    for (const Recipe& recipe : chain)
      add_directory(spec.writable, recipe.file.parent_path());  // its lock lies there
  }
  return spec;
}

/// Whether there is a unit, and it is ours. Throws when it is somebody else's.
bool is_installed(const fs::path& unit) {
  if (!fs::exists(fs::symlink_status(unit)))
    return false;
  if (!read_file(unit, 1 << 20).starts_with(kUnitMark))
    throw Error(ErrorKind::kFailure, fmt::format("{} was not written by bootstrap", unit.string()),
                "move it away first");
  return true;
}

void require_rights(bool user) {
  if (!user && ::geteuid() != 0)
    throw Error(ErrorKind::kUsage, "only root changes the units of this machine",
                "--user makes it a timer of your own, --print only shows the units");
}

std::vector<std::string> enabling(bool user) {
  std::string systemctl = user ? "systemctl --user" : "systemctl";
  std::vector<std::string> commands = {systemctl + " daemon-reload",
                                       fmt::format("{} enable --now {}", systemctl, kTimerName)};
  if (user)
    commands.push_back("loginctl enable-linger");  // or it runs only while its user is logged in
  return commands;
}

int remove_timer(const TimerOptions& options, const CommonOptions& common) {
  fs::path directory = unit_directory(options.user);
  std::vector<fs::path> present;
  for (std::string_view name : {kTimerName, kServiceName}) {
    if (is_installed(directory / name))
      present.push_back(directory / name);
  }
  // What `systemctl enable` made.
  fs::path wanted = directory / "timers.target.wants" / kTimerName;
  if (fs::is_symlink(wanted))
    present.insert(present.begin(), wanted);
  if (!options.dry_run) {
    require_rights(options.user);
    for (const fs::path& path : present)
      fs::remove(path);
  }
  const char* user = options.user ? "--user " : "";
  std::vector<std::string> commands = {fmt::format("systemctl {}stop {}", user, kTimerName),
                                       fmt::format("systemctl {}daemon-reload", user)};
  if (common.json) {
    fmt::print("{}", canonical_json({{"removed", present}, {"run", commands}, {"dry_run", options.dry_run}}));
    return 0;
  }
  for (const fs::path& path : present)
    fmt::print("{} {}\n", options.dry_run ? "would remove" : "removed", path.string());
  if (present.empty())
    fmt::print("there is no timer in {}\n", directory.string());
  else
    fmt::print("run: {}\n", fmt::join(commands, " && "));
  return 0;
}

void write_units(const std::vector<SystemdUnit>& units, const TimerSpec& spec, const fs::path& directory) {
  require_rights(spec.user);
  for (const SystemdUnit& unit : units)
    is_installed(directory / unit.name);
  // systemd does not start a service that may write to what is not there.
  for (const fs::path& writable : spec.writable)
    make_directories(writable);
  make_directories(directory);
  for (const SystemdUnit& unit : units)
    write_file(directory / unit.name, unit.text, Durability::kDurable);
}

int install_timer(const TimerOptions& options, const CommonOptions& common) {
  if (options.remove)
    return remove_timer(options, common);
  TimerSpec spec = make_spec(options, common);
  std::vector<SystemdUnit> units = make_timer_units(spec);
  fs::path directory = unit_directory(options.user);
  bool write = !options.print && !options.dry_run;
  if (write)
    write_units(units, spec, directory);
  if (common.json) {
    Json documents = Json::array();
    for (const SystemdUnit& unit : units)
      documents.push_back({{"path", (directory / unit.name).string()}, {"text", unit.text}});
    fmt::print("{}",
               canonical_json({{"units", documents}, {"run", enabling(options.user)}, {"written", write}}));
    return 0;
  }
  for (const SystemdUnit& unit : units) {
    if (options.print)
      fmt::print("# {}\n{}\n", (directory / unit.name).string(), unit.text);
    else
      fmt::print("{} {}\n", write ? "wrote" : "would write", (directory / unit.name).string());
  }
  if (!options.print)
    fmt::print("run: {}\n", fmt::join(enabling(options.user), " && "));
  return 0;
}

}  // namespace

void add_timer_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto options = std::make_shared<TimerOptions>();
  CLI::App* verb = app.add_subcommand("install-timer", "Write systemd units that run `update` every night");
  verb->add_option("recipe", options->recipes, "Recipes to update")->type_name("RECIPE...");
  verb->add_flag("--user", options->user, "For your own service manager, not for the machine's");
  verb->add_option("--on-calendar", options->on_calendar, "When, as systemd.time(7) has it")
      ->capture_default_str()
      ->type_name("EXPRESSION");
  verb->add_option("--metrics", options->metrics, "Write metrics for Prometheus' textfile collector")
      ->type_name("FILE");
  CLI::Option* print = verb->add_flag("--print", options->print, "Write the units to standard output only");
  verb->add_flag("--remove", options->remove, "Remove the units")->excludes(print);
  verb->add_flag("--dry-run", options->dry_run, "Only say what would be written or removed");
  verb->callback([&common, &chosen, options] {
    chosen = [&common, options](Printer&) { return install_timer(*options, common); };
  });
}

}  // namespace bootstrap
