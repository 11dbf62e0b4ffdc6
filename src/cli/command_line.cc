#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/standard_descriptors.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/manual_page.h"
#include "cli/printer.h"
#include "cli/run_options.h"
#include "cli/verbs.h"

namespace bootstrap {

namespace {

constexpr const char* kVersion = BOOTSTRAP_VERSION;

constexpr const char* kFooter = R"(Exit status:
  0 done                         4 no set of packages fits
  1 failed                       5 network
  2 wrong usage or recipe        6 a test failed
  3 not trusted                  7 the sandbox is not possible here
                                10 `check` found something pending

A recipe names archives, not hosts. Where an archive is fetched from is decided by, in this order: --mirror,
$BOOTSTRAP_MIRROR_<NAME>, the recipe's url, mirrors.yml, and the APT sources of this machine.)";

/// Everything the parser fills in, and the verb that was chosen.
struct CommandLine {
  CommonOptions common;
  bool quiet = false;
  bool verbose = false;
  BuildArguments build;
  LockArguments lock;
  std::string images_name;
  TestArguments test;
  RunOptions run;
  ExportArguments export_;
  std::string audit_reference;
  ProfileArguments profile;
  std::string why_reference;
  std::string why_subject;
  ChosenVerb verb;
};

void add_common_options(CLI::App& app, CommandLine& line) {
  CommonOptions& common = line.common;
  app.add_option("--store", common.store, "Where downloads and everything that can be made again are kept")
      ->envname("BOOTSTRAP_STORE")
      ->type_name("DIR");
  app.add_option("--images", common.images, "Where images are kept, one OCI layout each")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--mirror", common.mirrors, "Where to fetch an archive from (repeatable)")
      ->type_name("NAME=URL")
      ->allow_extra_args(false)
      ->take_all();
  app.add_flag("--offline", common.offline, "Use only what the store has");
  app.add_option("--jobs,-j", common.jobs, "Threads for what can run side by side (default: all cores)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_flag("!--no-accelerators", common.accelerators,
               "Let maintainer scripts run their own helper programs only, never native versions of them");
  app.add_option(
         "--profile", common.profile,
         "Write a trace of where the time of a build or an update went, for chrome://tracing or Perfetto")
      ->type_name("FILE");
  app.add_flag("--json", common.json, "Print the result as one JSON document on standard output");
  app.add_flag("--quiet,-q", line.quiet, "No progress");
  app.add_flag("--verbose,-v", line.verbose, "Say more");
  static const std::map<std::string, ColorMode> kColorModes = {
      {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};
  app.add_option("--color", common.color, "When to use colours")
      ->transform(CLI::CheckedTransformer(kColorModes))
      ->type_name("auto|always|never");
}

/// Returns them.
std::vector<const CLI::Option*> add_build_options(CLI::App& app, CommandLine& line) {
  return {
      app.add_option("recipe", line.build.recipes,
                     "Recipes to lock if needed, build, test and give a version")
          ->type_name("RECIPE..."),
      app.add_flag("--locked", line.build.locked, "Fail when a lock is missing or does not fit its recipe"),
      app.add_flag("!--no-test", line.build.run_tests,
                   "Give the image its version without running its smoke tests"),
      app.add_flag("--test-again", line.build.repeat_tests,
                   "Run smoke tests also for an image that passed the same ones before")};
}

/// What a verb does not take falls through to those of a build, which has no verb; with one it means nothing.
void refuse_build_options(const std::vector<const CLI::Option*>& options) {
  std::vector<std::string> given;
  for (const CLI::Option* option : options) {
    if (option->count() == 0)
      continue;
    if (option->get_positional())
      given.insert(given.end(), option->results().begin(), option->results().end());
    else
      given.push_back(option->get_name());
  }
  if (!given.empty())
    throw CLI::ExtrasError(given);
}

void add_lock(CLI::App& app, CommandLine& line) {
  CLI::App* verb =
      app.add_subcommand("lock", "Write the lock of each recipe: exactly which packages it is made of");
  verb->add_option("recipe", line.lock.recipes, "Recipes")->required()->type_name("RECIPE...");
  verb->add_flag("--update", line.lock.fresh, "Take the newest versions instead of keeping what is locked");
  verb->add_flag("--locked", line.lock.locked, "Write nothing; fail when a lock is missing or does not fit");
  verb->callback([&line] {
    line.verb = [&line](Printer& printer) { return lock_verb(line.lock, line.common, printer); };
  });
}

void add_images(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("images", "List the images and their versions");
  verb->add_option("name", line.images_name, "Only this image")->type_name("NAME");
  verb->callback(
      [&line] { line.verb = [&line](Printer&) { return images_verb(line.images_name, line.common); }; });
}

void add_test(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("test", "Run the smoke tests of an image again");
  verb->add_option("image", line.test.reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->add_flag("--watch", line.test.watch,
                 "Tell every system call that they make (slower); --json has them");
  verb->callback([&line] {
    line.verb = [&line](Printer& printer) { return test_verb(line.test, line.common, printer); };
  });
}

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("run", "Run an image's program, or another, in namespaces of its own");
  add_run_options(*verb, line.run);
  verb->callback([&line] {
    line.verb = [&line](Printer& printer) { return run_verb(line.run.complete(), line.common, printer); };
  });
}

void add_sandbox_info(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("sandbox-info", "Say what this machine lets the sandbox do");
  verb->callback(
      [&line] { line.verb = [&line](Printer& printer) { return sandbox_info_verb(line.common, printer); }; });
}

void add_export(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("export", "Write an image as a directory, a tar file or an archive");
  verb->add_option("image", line.export_.reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->add_option("target", line.export_.target, "File or directory to write")
      ->required()
      ->type_name("FILE|DIR");
  verb->add_option("--format", line.export_.format, "Default: tar for FILE.tar, else dir")
      ->check(CLI::IsMember({"dir", "tar", "oci-archive", "docker-archive"}))
      ->type_name("dir|tar|oci-archive|docker-archive");
  verb->callback(
      [&line] { line.verb = [&line](Printer&) { return export_verb(line.export_, line.common); }; });
}

void add_why(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand("why", "Say why a package or a file is in an image");
  verb->add_option("image", line.why_reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->add_option("subject", line.why_subject, "A package, or an absolute path")
      ->required()
      ->type_name("PACKAGE|PATH");
  verb->callback([&line] {
    line.verb = [&line](Printer&) { return why_verb(line.why_reference, line.why_subject, line.common); };
  });
}

void add_audit(CLI::App& app, CommandLine& line) {
  CLI::App* verb =
      app.add_subcommand("audit", "List what an image gives rights with, and how its programs are hardened");
  verb->add_option("image", line.audit_reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->callback(
      [&line] { line.verb = [&line](Printer&) { return audit_verb(line.audit_reference, line.common); }; });
}

void add_profile(CLI::App& app, CommandLine& line) {
  CLI::App* verb = app.add_subcommand(
      "profile", "Watch an image's smoke tests and write the least seccomp profile they pass with");
  verb->add_option("image", line.profile.reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb->add_option("--output,-o", line.profile.output, "Where to write it (default: standard output)")
      ->type_name("FILE");
  verb->callback([&line] {
    line.verb = [&line](Printer& printer) { return profile_verb(line.profile, line.common, printer); };
  });
}

void complete(CommandLine& line) {
  line.common.verbosity = line.quiet     ? Verbosity::kQuiet
                          : line.verbose ? Verbosity::kVerbose
                                         : Verbosity::kNormal;
}

/// Errors as --json shows them: the one document on standard output.
void print_json_error(const Error& error) {
  fmt::print("{}", canonical_json({{"error", to_json(error)}}));
}

/// What could not be written was not told: a script must not take a full disk for an empty result.
void finish_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw_errno("cannot write the result to standard output");
}

/// The words of a command line that could not be read, as CLI11 puts them; for programs as JSON too.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const int code = app.exit(error);
  if (code == 0)
    return 0;  // --help, --version
  if (std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; }))
    print_json_error(Error(ErrorKind::kUsage, error.what()));
  return static_cast<int>(ErrorKind::kUsage);
}

int run_verb_of(CommandLine& line) {
  Printer printer(line.quiet ? Verbosity::kQuiet : Verbosity::kNormal, line.common.color);
  std::optional<Error> failure;
  try {
    occupy_standard_descriptors();
    complete(line);
    Printer verb_printer(line.common.verbosity, line.common.color);
    const int code = line.verb(verb_printer);
    finish_output();
    return code;
  } catch (const Error& error) {
    failure = error;
  } catch (const std::bad_alloc&) {
    failure = Error(ErrorKind::kFailure, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    failure = Error(ErrorKind::kFailure, error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    failure = Error(ErrorKind::kFailure, error.what());
  }
  if (line.common.json)
    print_json_error(*failure);
  printer.error(*failure);
  return static_cast<int>(failure->kind());
}

/// All verbs. `line` must outlive the parsing and the chosen verb.
void add_verbs(CLI::App& app, CommandLine& line) {
  add_init_command(app, line.common, line.verb);
  add_recipe_commands(app, line.common, line.verb);
  add_lock(app, line);
  add_images(app, line);
  add_test(app, line);
  add_run(app, line);
  add_sandbox_info(app, line);
  add_export(app, line);
  add_why(app, line);
  add_audit(app, line);
  add_profile(app, line);
  add_history_commands(app, line.common, line.verb);
  add_update_commands(app, line.common, line.verb);
  add_timer_command(app, line.common, line.verb);
  add_report_command(app, line.common, line.verb);
  add_store_commands(app, line.common, line.verb);
}

/// What installing and the shells ask for; no verbs, because their words are not ours to parse. False when it
/// is none of that.
bool answer_about_itself(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty())
    return false;
  if (words.front() == "--complete")
    fmt::print("{}", completions(app, {words.begin() + 1, words.end()}));
  else if (words.front() == "--manual-page")
    fmt::print("{}", manual_page(app));
  else
    return false;
  return true;
}

}  // namespace

int command_line_main(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Build minimal, reproducible, tested OCI images from Debian packages.", "bootstrap");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("bootstrap ") + kVersion);
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_common_options(app, line);
  const auto build_options = add_build_options(app, line);
  add_verbs(app, line);
  if (answer_about_itself(app, {argv + std::min(argc, 1), argv + argc}))
    return 0;
  try {
    app.parse(argc, argv);
    if (line.verb)
      refuse_build_options(build_options);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, argc, argv);
  }
  if (!line.verb) {
    if (line.build.recipes.empty()) {
      fmt::print(stderr, "{}", app.help());
      return static_cast<int>(ErrorKind::kUsage);
    }
    line.verb = [&line](Printer& printer) { return build_verb(line.build, line.common, printer); };
  }
  return run_verb_of(line);
}

}  // namespace bootstrap
