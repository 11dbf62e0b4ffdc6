// Groups of verbs that add themselves to the command line.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/options.h"
#include "cli/printer.h"

namespace CLI {
class App;
}

namespace bootstrap {

/// What the chosen verb does; set while the command line is parsed.
using ChosenVerb = std::function<int(Printer&)>;

/// history, rollback, evidence, diff, gc. `common` and `chosen` must outlive `app`'s parsing and what was
/// chosen.
void add_history_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// check, update, verify, vendor. Likewise.
void add_update_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// init. Likewise.
void add_init_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// show, schema. Likewise.
void add_recipe_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// install-timer. Likewise.
void add_timer_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// report. Likewise.
void add_report_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);
/// store check. Likewise.
void add_store_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen);

/// "90d", "12h", "4w" as a time. Throws kUsage, naming `option`.
std::chrono::hours parse_age_option(const std::string& text, const std::string& option);

}  // namespace bootstrap
