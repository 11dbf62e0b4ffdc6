#include "update/timer_units.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace bootstrap {

namespace {

// Each of these was tried with recipes that run maintainer scripts and smoke tests. What is missing is
// missing for a reason: a service that cannot make namespaces, set owners and setuid bits in them, name its
// sandbox, or see all of /proc and /sys (the kernel then mounts neither in a new namespace) builds nothing.
// So there is no RestrictNamespaces=, RestrictSUIDSGID=, ProtectHostname=, ProtectKernelTunables=,
// ProtectKernelLogs=, ProtectControlGroups=, ProtectProc=, and no filter of @mount or @privileged.
constexpr std::string_view kSystemHardening =
    R"(# What may be written is listed; all else is read-only, and no program gains rights by being setuid.
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
# What it takes to start the sandbox: ids nobody has (SETUID, SETGID, CHOWN), its limits and namespaces (SYS_ADMIN).
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
LockPersonality=yes
RestrictRealtime=yes
ProtectClock=yes
ProtectKernelModules=yes
PrivateDevices=yes
KeyringMode=private
RemoveIPC=yes
# Where the mirrors.yml of root is looked for.
Environment=HOME=%h
)";

constexpr std::string_view kUserHardening =
    R"(# A user's service manager puts a service that it hardens into a user namespace, or takes setuid programs from it.
# Either way newuidmap could not give the sandbox its ids: what protects is that sandbox.
)";

constexpr std::string_view kService = R"({mark}# {enable}
[Unit]
Description=Update images
Documentation=man:bootstrap(1)
{after}
[Service]
Type=oneshot
ExecStart={command}
TimeoutStartSec=4h
UMask=0022
LimitCORE=0
Nice=10
IOSchedulingPriority=7
{hardening})";

constexpr std::string_view kTimer = R"({mark}[Unit]
Description=Update images regularly
Documentation=man:bootstrap(1)

[Timer]
OnCalendar={calendar}
RandomizedDelaySec=30min
Persistent=yes

[Install]
WantedBy=timers.target
)";

/// A value as it stands in a unit: no specifiers.
std::string escape_specifiers(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      throw Error(ErrorKind::kUsage,
                  fmt::format("a systemd unit cannot hold the control character in \"{}\"", text),
                  "use names without line ends and tabs");
    result += c;
    if (c == '%')
      result += c;
  }
  return result;
}

/// A word of a list, quoted where it needs to be.
std::string quote_word(std::string_view word) {
  std::string text = escape_specifiers(word);
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.:=@+,-%$";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos)
    return text;
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + '"';
}

/// A word of a command line, where systemd puts variables in.
std::string quote_argument(std::string_view word) {
  std::string result;
  for (char c : quote_word(word)) {
    result += c;
    if (c == '$')
      result += c;
  }
  return result;
}

bool is_temporary(const std::filesystem::path& path) {
  std::string text = path.string() + "/";
  return text.starts_with("/tmp/") || text.starts_with("/var/tmp/");
}

std::string command_line(const TimerSpec& spec) {
  std::string command = quote_argument(spec.program.string());
  for (const std::string& argument : spec.arguments)
    command += " " + quote_argument(argument);
  return command;
}

std::string hardening_of(const TimerSpec& spec) {
  if (spec.user)
    return std::string(kUserHardening);
  std::string text(kSystemHardening);
  // A private /tmp would hide what lies in the other one.
  if (std::none_of(spec.writable.begin(), spec.writable.end(), is_temporary) && !is_temporary(spec.program))
    text += "PrivateTmp=yes\n";
  for (const std::filesystem::path& directory : spec.writable)
    text += "ReadWritePaths=" + quote_word(directory.string()) + "\n";
  return text;
}

}  // namespace

std::vector<SystemdUnit> make_timer_units(const TimerSpec& spec) {
  // A user's manager knows nothing of the machine's targets.
  const char* after = spec.user ? "" : "Wants=network-online.target\nAfter=network-online.target\n";
  std::string enable = fmt::format("systemctl {}enable --now {}", spec.user ? "--user " : "", kTimerName);
  std::string service =
      fmt::format(kService, fmt::arg("mark", kUnitMark), fmt::arg("enable", enable), fmt::arg("after", after),
                  fmt::arg("command", command_line(spec)), fmt::arg("hardening", hardening_of(spec)));
  std::string timer = fmt::format(kTimer, fmt::arg("mark", kUnitMark),
                                  fmt::arg("calendar", escape_specifiers(spec.on_calendar)));
  return {{std::string(kServiceName), service}, {std::string(kTimerName), timer}};
}

}  // namespace bootstrap
