#include "rootfs/scripts.h"

#include <fmt/format.h>

#include "base/error.h"
#include "rootfs/dpkg_database.h"
#include "rootfs/listing.h"

namespace bootstrap {

namespace {

constexpr std::size_t kShownLines = 20;
constexpr std::string_view kControlDirectory = "var/lib/dpkg/tmp.ci";  // where dpkg runs a preinst

// invoke-rc.d asks it: 101 is "do nothing" (/usr/share/doc/init-system-helpers/README.policy-rc.d.gz).
constexpr std::string_view kPolicyRcD = "#!/bin/sh\nexit 101\n";
constexpr std::string_view kStartStopDaemon =
    "#!/bin/sh\necho\necho \"Warning: Fake start-stop-daemon called, doing nothing\"\n";
// PID 1 shares our root, so the real one says "no", and libc6 would try to restart init.
constexpr std::string_view kIschroot = "#!/bin/sh\nexit 0\n";

std::vector<FileMount> stubs(const std::string& hostname) {
  const auto program = [](std::string path, std::string_view text) {
    return FileMount{std::move(path), std::string(text), 0755, false};
  };
  return {
      program("usr/sbin/policy-rc.d", kPolicyRcD),
      program("usr/sbin/start-stop-daemon", kStartStopDaemon),
      program("usr/bin/start-stop-daemon", kStartStopDaemon),
      program("usr/bin/ischroot", kIschroot),
      {"etc/hosts", fmt::format("127.0.0.1 localhost {}\n", hostname), 0644, false},
  };
}

SandboxLimits script_limits() {
  SandboxLimits limits;
  limits.memory = 2ULL << 30;
  limits.pids = 1024;
  limits.file_size = 2ULL << 30;
  limits.output = 4ULL << 20;
  limits.wall = std::chrono::minutes(30);
  return limits;
}

std::string outcome(const SandboxResult& result) {
  return result.end == SandboxResult::End::kExited ? fmt::format("exit code {}", result.exit_code)
                                                   : result.problem;
}

bool succeeded(const SandboxResult& result) {
  return result.end == SandboxResult::End::kExited && result.exit_code == 0;
}

std::string shown_output(const SandboxResult& result) {
  const std::string lines = last_lines(result.out + result.err, kShownLines);
  return lines.empty() ? " (it printed nothing)" : ":\n" + lines;
}

/// dpkg starts a script by execvp(), which gives what has no "#!" to the shell.
std::vector<std::string> preinst_command(const std::string& path, const std::string& content) {
  const bool known_to_kernel = content.starts_with("#!") || content.starts_with(
                                                                "\x7f"
                                                                "ELF");
  return known_to_kernel ? std::vector<std::string>{path, "install"}
                         : std::vector<std::string>{"/bin/sh", path, "install"};
}

/// dpkg makes a script that not everybody may read and execute so.
mode_t runnable(mode_t mode) {
  return (mode & 0555) == 0555 ? mode : 0755;
}

}  // namespace

std::string last_lines(std::string_view text, std::size_t count) {
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  std::size_t start = text.size();
  for (; count > 0 && start != std::string_view::npos && start > 0; --count)
    start = text.rfind('\n', start - 1);
  if (start == std::string_view::npos || text.empty())
    return std::string(text);
  return std::string(text.substr(text[start] == '\n' ? start + 1 : start));
}

std::string first_dpkg_error(std::string_view output) {
  constexpr std::string_view kStart = "dpkg: error processing package ";
  const auto start = output.find(kStart);
  if (start == std::string_view::npos)
    return {};
  const auto name = output.substr(start + kStart.size());
  const auto end = name.find('\n');
  if (end == std::string_view::npos)
    return {};
  const auto reason = name.substr(end + 1);
  const auto first = reason.find_first_not_of(' ');
  return fmt::format("{}: {}", name.substr(0, name.find(' ')),
                     first == std::string_view::npos ? "" : reason.substr(first, reason.find('\n') - first));
}

ScriptRunner::ScriptRunner(const Tree& tree, Sandbox& sandbox, ScriptSettings settings)
    : tree_(tree), sandbox_(sandbox), settings_(std::move(settings)) {
  const std::string policy = "usr/sbin/policy-rc.d";
  if (!tree_.exists(policy)) {
    tree_.write(policy, "", 0755);
    place_holders_.push_back(policy);
  }
}

void ScriptRunner::finish() {
  times_.begin(ScriptTimes::now(), "");
  for (const auto& path : place_holders_)
    if (const auto content = tree_.read(path); content && content->empty())
      tree_.remove(path);
  place_holders_.clear();
}

void ScriptRunner::preinst(const Segment& package) {
  const auto script = package.control.files.find("preinst");
  if (script == package.control.files.end())
    return;
  const std::string directory(kControlDirectory);
  times_.begin(ScriptTimes::now(), package.name);
  tree_.make_directory(directory);
  for (const auto& [name, file] : package.control.files)
    tree_.write(directory + "/" + name, file.content, name == "preinst" ? runnable(file.mode) : file.mode);
  const auto result = run(preinst_command("/" + directory + "/preinst", script->second.content),
                          {{"DPKG_MAINTSCRIPT_PACKAGE", package.name},
                           {"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1"},
                           {"DPKG_MAINTSCRIPT_ARCH", package.architecture},
                           {"DPKG_MAINTSCRIPT_NAME", "preinst"},
                           {"DPKG_MAINTSCRIPT_DEBUG", "0"},
                           {"DPKG_RUNNING_VERSION", settings_.dpkg_version},
                           {"DPKG_ADMINDIR", "/var/lib/dpkg"},
                           {"DPKG_ROOT", ""}});
  remove_tree(tree_, directory);
  if (!succeeded(result))
    throw Error(settings_.failure, fmt::format("{} {}: its preinst failed with {}{}", package.name,
                                               package.version, outcome(result), shown_output(result)));
}

void ScriptRunner::configure(const std::vector<const Segment*>& packages) {
  if (packages.empty())
    return;
  std::vector<std::string> arguments{"--no-triggers", "--configure"};
  for (const Segment* package : packages)
    arguments.push_back(package->name);
  const std::int64_t start = ScriptTimes::now();
  times_.begin(start, packages.size() == 1 ? packages.front()->name : "");
  run_dpkg(std::move(arguments));
  // A file is marked as read (relatime) when it is read first, and nobody but dpkg had a reason to.
  for (const Segment* package : packages) {
    const auto script = tree_.stat(dpkg_path("info/" + package->info_name + ".postinst"));
    const std::int64_t read = script ? script->st_atim.tv_sec * 1000000000LL + script->st_atim.tv_nsec : 0;
    if (read >= start)
      times_.begin(read, package->name);
  }
}

void ScriptRunner::configure_pending() {
  times_.begin(ScriptTimes::now(), ScriptTimes::kTriggers);
  run_dpkg({"--configure", "--pending"});
}

void ScriptRunner::set_selections(const std::vector<std::string>& lines) {
  const std::string file = dpkg_path("debconf-selections");
  tree_.write(file, fmt::format("{}\n", fmt::join(lines, "\n")), 0600);
  const auto result = run({"debconf-set-selections", "/" + file});
  tree_.remove(file);
  if (!succeeded(result))
    throw Error(settings_.failure,
                fmt::format("debconf-set-selections failed with {}{}", outcome(result), shown_output(result)),
                "look at debconf: in the recipe; a line is: PACKAGE QUESTION TYPE VALUE");
}

SandboxResult ScriptRunner::run(std::vector<std::string> argv, std::map<std::string, std::string> extra_env) {
  SandboxSpec spec;
  spec.profile = SandboxProfile::kMaintainerScript;
  spec.root = tree_.root();
  spec.argv = std::move(argv);
  spec.env = std::move(extra_env);
  spec.env.insert({{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                   {"HOME", "/root"},
                   {"LC_ALL", "C.UTF-8"},
                   {"DEBIAN_FRONTEND", "noninteractive"},
                   {"DEBCONF_NONINTERACTIVE_SEEN", "true"},
                   {"SOURCE_DATE_EPOCH", std::to_string(settings_.source_date_epoch)},
                   {"FORCE_SOURCE_DATE", "1"},  // TeX asks for it besides
                   {"container", "bootstrap"}});
  spec.hostname = settings_.hostname;
  spec.files = stubs(settings_.hostname);
  spec.limits = script_limits();
  wait_for_clock_tick();
  return sandbox_.run(spec);
}

void ScriptRunner::run_dpkg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dpkg");
  const auto result = run(std::move(arguments));
  if (succeeded(result))
    return;
  const std::string output = result.out + result.err;
  const std::string reason = first_dpkg_error(result.err);
  const std::string failure = reason.empty() ? "dpkg --configure failed with " + outcome(result) : reason;
  // dpkg tells how a script ended, not that it was for want of memory.
  const bool told = reason.empty() || result.end == SandboxResult::End::kExited;
  throw Error(settings_.failure,
              fmt::format("{}{}{}", failure, told ? "" : "; " + outcome(result), shown_output(result)));
}

}  // namespace bootstrap
