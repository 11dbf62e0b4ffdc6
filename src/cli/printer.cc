#include "cli/printer.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace bootstrap {

namespace {

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col;
}

/// The beginning and the end of a line: what names the place, and the reason.
std::string shortened_line(std::string_view line) {
  constexpr std::size_t kLongest = 1000;
  constexpr std::size_t kBeginning = 500;
  constexpr std::size_t kEnd = 200;
  if (line.size() <= kLongest)
    return std::string(line);
  return fmt::format("{}[...]{}", line.substr(0, kBeginning), line.substr(line.size() - kEnd));
}

/// A message quotes what was wrong, and that may be megabytes; --json has all of it.
std::string shortened(std::string_view text) {
  constexpr std::size_t kMostLines = 50;
  std::string result;
  std::size_t lines = 0;
  for (; !text.empty() && lines < kMostLines; ++lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += (lines > 0 ? "\n" : "") + shortened_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty())
    result += fmt::format("\n[... {} more lines]", std::count(text.begin(), text.end(), '\n') + 1);
  return result;
}

void put(std::FILE* stream, std::string_view text) {
  // A closed standard error is no reason to fail a build.
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

std::string terminal_safe(std::string_view text) {
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto byte = static_cast<unsigned char>(result[i]);
    if (i > 0 && text[i - 1] == '\xc2' && byte >= 0x80 && byte < 0xa0)
      result[i - 1] = result[i] = '?';
    else if ((byte < 0x20 && result[i] != '\n' && result[i] != '\t') || byte == 0x7f)
      result[i] = '?';
  }
  return result;
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000)
    return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  for (const char* unit : {"kB", "MB", "GB", "TB"}) {
    value /= 1000;
    if (value < 999.95)
      return fmt::format("{:.1f} {}", value, unit);
  }
  return fmt::format("{:.0f} TB", value);
}

std::string human_duration(std::chrono::milliseconds duration) {
  double seconds = static_cast<double>(duration.count()) / 1000;
  if (seconds < 60)
    return fmt::format("{:.{}f} s", seconds, seconds < 1 ? 2 : 1);
  return fmt::format("{} m {:02} s", duration.count() / 60000, duration.count() / 1000 % 60);
}

Printer::Printer(Verbosity verbosity, ColorMode color)
    : verbosity_(verbosity), terminal_(::isatty(STDERR_FILENO) == 1) {
  const char* no_color = std::getenv("NO_COLOR");
  bool wanted = terminal_ && (no_color == nullptr || *no_color == '\0');
  color_ = color == ColorMode::kAlways || (color == ColorMode::kAuto && wanted);
}

Printer::~Printer() {
  end_live_line();
}

void Printer::stage(std::string_view subject, std::string_view what) {
  subject_ = subject;
  stage_ = what;
  download_started_ = {};
  if (verbosity_ == Verbosity::kQuiet)
    return;
  end_live_line();
  put(stderr, fmt::format("{}: {}\n", bold(terminal_safe(subject_)), terminal_safe(stage_)));
}

void Printer::detail(std::string_view text) {
  if (verbosity_ == Verbosity::kVerbose) {
    end_live_line();
    put(stderr, terminal_safe(fmt::format("  {}\n", text)));
  } else if (verbosity_ == Verbosity::kNormal && terminal_) {
    live(terminal_safe(text));
  }
}

void Printer::download(const FetchProgress& progress) {
  if (verbosity_ == Verbosity::kQuiet)
    return;
  auto now = std::chrono::steady_clock::now();
  if (download_started_ == std::chrono::steady_clock::time_point{})
    download_started_ = now;
  double seconds = std::chrono::duration<double>(now - download_started_).count();
  double rate = seconds > 0.05 ? static_cast<double>(progress.bytes_done) / seconds : 0;
  std::string text = fmt::format("{}/{} files, {} of {}", progress.files_done, progress.files_total,
                                 human_size(progress.bytes_done), human_size(progress.bytes_total));
  if (rate > 0)
    text += fmt::format(", {}/s", human_size(static_cast<std::uint64_t>(rate)));
  if (terminal_) {
    live(text);
  } else if (progress.files_done == progress.files_total) {
    put(stderr, fmt::format("  {}\n", text));
  }
}

void Printer::note(std::string_view subject, std::string_view text) {
  if (verbosity_ == Verbosity::kQuiet)
    return;
  end_live_line();
  put(stderr, terminal_safe(fmt::format("{}: note: {}\n", subject, text)));
}

void Printer::error(const RecipeFailure& failure) {
  Error named = failure.error;
  if (!named.message().starts_with(failure.recipe_file))
    named.prepend(failure.recipe_file);
  error(named);
}

void Printer::error(const Error& error) {
  end_live_line();
  put(stderr, fmt::format("{} {}\n", red("error:"), terminal_safe(shortened(error.message()))));
  if (!error.hint().empty())
    put(stderr, fmt::format("{} {}\n", bold("hint:"), terminal_safe(shortened(error.hint()))));
}

std::string Printer::bold(std::string_view text) const {
  return paint("1", text);
}
std::string Printer::green(std::string_view text) const {
  return paint("32", text);
}
std::string Printer::red(std::string_view text) const {
  return paint("31", text);
}

std::string Printer::paint(std::string_view code, std::string_view text) const {
  return color_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

void Printer::live(std::string_view text) {
  std::size_t width = terminal_width();
  std::string line = fmt::format("  {}", text.substr(0, text.find('\n')));
  if (line.size() >= width)
    line.resize(width - 1);
  put(stderr, "\r\033[K" + line);
  live_line_ = true;
}

void Printer::end_live_line() {
  if (live_line_)
    put(stderr, "\r\033[K");
  live_line_ = false;
}

}  // namespace bootstrap
