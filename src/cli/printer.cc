#include "cli/printer.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/// Text from packages and servers may hold escape sequences; they must not reach the terminal.
std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
      c = '?';
  }
  return result;
}

void put(std::FILE* stream, std::string_view text) {
  // A closed standard error is no reason to fail a build.
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

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
  put(stderr, fmt::format("{}: {}\n", bold(printable(subject_)), printable(stage_)));
}

void Printer::detail(std::string_view text) {
  if (verbosity_ == Verbosity::kVerbose) {
    end_live_line();
    put(stderr, printable(fmt::format("  {}\n", text)));
  } else if (verbosity_ == Verbosity::kNormal && terminal_) {
    live(printable(text));
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
  put(stderr, printable(fmt::format("{}: note: {}\n", subject, text)));
}

void Printer::error(const Error& error) {
  end_live_line();
  put(stderr, fmt::format("{} {}\n", red("error:"), printable(error.message())));
  if (!error.hint().empty())
    put(stderr, fmt::format("{} {}\n", bold("hint:"), printable(error.hint())));
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
