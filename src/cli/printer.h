// Every word for people goes through here: progress to standard error (a live line on a terminal, plain lines
// elsewhere), results to standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "pipeline/loading.h"
#include "pipeline/workshop.h"

namespace bootstrap {

enum class Verbosity { kQuiet, kNormal, kVerbose };
enum class ColorMode { kAuto, kAlways, kNever };

/// Text from packages, images and servers without what would command a terminal: control characters other
/// than line breaks and tabs become question marks; so do U+0080 to U+009F, which some terminals take for
/// such.
std::string terminal_safe(std::string_view text);

/// "45.8 MB", in powers of 1000 as package tools do.
std::string human_size(std::uint64_t bytes);
/// "2.3 s", "1 m 05 s"
std::string human_duration(std::chrono::milliseconds duration);

/// The Reporter of the command line.
class Printer : public Reporter {
 public:
  Printer(Verbosity verbosity, ColorMode color);
  ~Printer() override;

  void stage(std::string_view subject, std::string_view what) override;
  void detail(std::string_view text) override;
  void download(const FetchProgress& progress) override;
  void note(std::string_view subject, std::string_view text) override;

  /// Prints an error with its hint. Not silenced by --quiet.
  void error(const Error& error);
  /// The same for a recipe, which is named unless the message begins with it.
  void error(const RecipeFailure& failure);
  /// Text in bold or a colour where the stream is a terminal that wants it.
  std::string bold(std::string_view text) const;
  std::string green(std::string_view text) const;
  std::string red(std::string_view text) const;

 private:
  void end_live_line();
  void live(std::string_view text);
  std::string paint(std::string_view code, std::string_view text) const;

  Verbosity verbosity_;
  bool terminal_;  ///< standard error is a terminal
  bool color_;
  bool live_line_ = false;
  std::string subject_;
  std::string stage_;
  std::chrono::steady_clock::time_point download_started_{};
};

}  // namespace bootstrap
