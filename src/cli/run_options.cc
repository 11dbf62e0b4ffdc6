#include "cli/run_options.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "runner/ipv4.h"
#include "sandbox/capability_names.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kLeastMemory = 1 << 20;

using Units = std::map<std::string, std::uint64_t>;

/// "512M" with the factors of `units`; throws kUsage.
std::uint64_t parse_quantity(const std::string& option, const std::string& text, const Units& units,
                             const std::string& hint) {
  std::size_t end = 0;
  std::uint64_t value = 0;
  try {
    value = std::stoull(text, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  const auto unit = units.find(text.substr(end));
  // stoull() takes blanks and signs too.
  if (end == 0 || text[0] < '0' || text[0] > '9' || unit == units.end() || value > UINT64_MAX / unit->second)
    throw Error(ErrorKind::kUsage, option + ": \"" + text + "\" is none", hint);
  return value * unit->second;
}

std::uint64_t parse_size(const std::string& option, const std::string& text) {
  static const Units kUnits = {{"", 1},        {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30},
                               {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
  return parse_quantity(option, text, kUnits, "write 512M or 2G");
}

std::chrono::milliseconds parse_time(const std::string& option, const std::string& text) {
  static const Units kUnits = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
  constexpr const char* kHint = "write 30s, 5m or 1h";
  constexpr std::chrono::milliseconds kLongest = std::chrono::years(10);
  const std::uint64_t time = parse_quantity(option, text, kUnits, kHint);
  if (time > static_cast<std::uint64_t>(kLongest.count()))
    throw Error(ErrorKind::kUsage, option + ": \"" + text + "\" is more than ten years", kHint);
  return std::chrono::milliseconds(time);
}

std::map<std::string, std::string> parse_env(const std::vector<std::string>& assignments) {
  std::map<std::string, std::string> env;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == 0 || assignment.empty())
      throw Error(ErrorKind::kUsage, "--env: \"" + assignment + "\" is not KEY=VALUE");
    const std::string key = assignment.substr(0, equals);
    if (equals != std::string::npos)
      env[key] = assignment.substr(equals + 1);
    else if (const char* ours = std::getenv(key.c_str()); ours != nullptr)
      env[key] = ours;
  }
  return env;
}

VolumeRequest parse_volume(const std::string& text) {
  constexpr const char* kHint = "write SOURCE:TARGET or SOURCE:TARGET:ro, both absolute or SOURCE with ./";
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  VolumeRequest volume;
  volume.source = text.substr(0, first);
  if (first != std::string::npos)
    volume.target = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  const std::string mode = second == std::string::npos ? "rw" : text.substr(second + 1);
  volume.read_only = mode == "ro";
  volume.target = std::filesystem::path(volume.target).lexically_normal().string();
  if (volume.target.ends_with('/'))
    volume.target.pop_back();
  if (volume.source.empty() || volume.target.size() < 2 || volume.target[0] != '/' ||
      (mode != "rw" && mode != "ro"))
    throw Error(ErrorKind::kUsage, "--volume: \"" + text + "\" is none", kHint);
  if (volume.target == "/proc" || volume.target.starts_with("/proc/"))
    throw Error(ErrorKind::kUsage, "--volume: nothing can be mounted in /proc of the box");
  std::error_code ignored;  // what cannot be looked at is as good as missing
  if (!std::filesystem::exists(volume.source, ignored))
    throw Error(ErrorKind::kUsage, "--volume: there is no " + volume.source.string());
  return volume;
}

std::uint16_t parse_port(const std::string& text, const std::string& option) {
  constexpr const char* kHint = "write 8080:80, or 0.0.0.0:8080:80 to let other machines in";
  const std::uint64_t port = parse_quantity("--publish", text, {{"", 1}}, kHint);
  if (port == 0 || port > UINT16_MAX)
    throw Error(ErrorKind::kUsage, "--publish: \"" + option + "\" has no port number", kHint);
  return static_cast<std::uint16_t>(port);
}

/// "[ADDRESS:]HOST:BOX[/tcp]"
PublishedPort parse_published_port(const std::string& text) {
  std::string rest = text;
  if (rest.ends_with("/tcp"))
    rest.resize(rest.size() - 4);
  const std::size_t last = rest.rfind(':');
  if (last == std::string::npos)
    throw Error(ErrorKind::kUsage, "--publish: \"" + text + "\" is none", "write HOST:BOX, as in 8080:80");
  PublishedPort port;
  port.box = parse_port(rest.substr(last + 1), text);
  rest.resize(last);
  if (const std::size_t first = rest.rfind(':'); first != std::string::npos) {
    port.address = rest.substr(0, first);
    try {
      parse_ipv4(port.address);
    } catch (Error& error) {
      error.prepend("--publish");
      throw;
    }
    rest.erase(0, first + 1);
  }
  port.host = parse_port(rest, text);
  return port;
}

std::uint64_t parse_capabilities(const std::string& option, const std::vector<std::string>& names) {
  std::uint64_t set = 0;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> capability = parse_capability(name);
    if (!capability)
      throw Error(ErrorKind::kUsage, option + ": there is no capability \"" + name + "\"",
                  "write NET_BIND_SERVICE, or ALL; capabilities(7) has the list");
    set |= *capability;
  }
  return set;
}

CLI::Option* add_list(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                      const std::string& description) {
  return verb.add_option(name, values, description)->allow_extra_args(false)->take_all();
}

}  // namespace

void add_run_options(CLI::App& verb, RunOptions& options) {
  RunRequest& request = options.arguments.request;
  verb.add_option("image", options.arguments.reference, "Image")->required()->type_name("NAME[:VERSION]");
  verb.add_option("command", request.command, "Instead of the image's command (its entrypoint stays)")
      ->type_name("CMD...");
  verb.add_flag("--interactive,-i", request.interactive, "The program reads our standard input");
  verb.add_flag("--tty,-t", request.terminal, "The program has a terminal of its own, connected with ours");
  verb.add_option("--entrypoint", options.entrypoint, "Instead of the image's entrypoint")
      ->type_name("PROGRAM");
  add_list(verb, "--env,-e", options.env, "Set a variable; without a value: as it is here (repeatable)")
      ->type_name("KEY[=VALUE]");
  verb.add_option("--user,-u", request.user, "User and group to run as")->type_name("USER[:GROUP]");
  verb.add_option("--workdir,-w", request.workdir, "Working directory")->type_name("DIR");
  verb.add_option("--hostname", request.hostname, "Host name (default: the image's name)")
      ->type_name("HOSTNAME");
  verb.add_flag("--read-only", request.read_only, "Nothing in the image can be written");
  add_list(verb, "--volume", options.volumes, "A directory or file of this machine in the box (repeatable)")
      ->type_name("SRC:DST[:ro]");
  add_list(
      verb, "--publish,-p", options.ports,
      "A TCP port of this machine leads into the box; on 127.0.0.1 unless an address is given (repeatable)")
      ->type_name("[ADDRESS:]HOST:BOX");
  verb.add_option("--network", options.network,
                  "What the program has besides loopback: nothing; the Internet, through pasta or "
                  "slirp4netns; or, for root, "
                  "an address on a bridge")
      ->check(CLI::IsMember({"none", "user", "bridge"}))
      ->capture_default_str()
      ->type_name("none|user|bridge");
  add_list(verb, "--reach", options.reachable,
           "A private network that the program may reach; all others are closed to it (repeatable)")
      ->type_name("NETWORK");
  verb.add_option("--memory,-m", options.memory, "Memory limit in bytes, or with K, M, G (default: 512M)")
      ->type_name("SIZE");
  verb.add_option("--pids", request.limits.pids, "Limit of processes (default: 256)")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N");
  verb.add_option("--cpus", request.cpus,
                  "Limit of CPU time: 1.5 is that of one and a half cores (default: none)")
      ->check(CLI::Range(0.01, 1024.0))
      ->check([](const std::string& text) { return text.find("nan") == text.npos ? "" : "not a number"; })
      ->type_name("N");
  verb.add_option("--timeout", options.timeout, "End it after this time, with 124 (default: never)")
      ->type_name("TIME");
  add_list(verb, "--cap-add", options.added_capabilities, "Give a capability (repeatable)")->type_name("CAP");
  add_list(verb, "--cap-drop", options.dropped_capabilities, "Take a capability, or ALL (repeatable)")
      ->type_name("CAP");
  verb.add_option("--keep", options.arguments.keep,
                  "Keep what the program changes, as a new version of this image; else it vanishes")
      ->type_name("NAME");
  verb.add_flag_function(
      "--rm", [](std::int64_t) {}, "Understood for docker's sake: nothing is ever left behind");
  verb.positionals_at_end();
}

RunArguments RunOptions::complete() const {
  RunArguments result = arguments;
  RunRequest& request = result.request;
  // CLI11 takes what follows the image word for word, the separator too.
  if (!request.command.empty() && request.command.front() == "--")
    request.command.erase(request.command.begin());
  request.replace_entrypoint = !entrypoint.empty();
  if (request.replace_entrypoint)
    request.entrypoint = {entrypoint};
  request.env = parse_env(env);
  for (const std::string& volume : volumes)
    request.volumes.push_back(parse_volume(volume));
  for (const std::string& port : ports)
    request.ports.push_back(parse_published_port(port));
  static const std::map<std::string, NetworkKind> kNetworks = {
      {"none", NetworkKind::kNone}, {"user", NetworkKind::kUser}, {"bridge", NetworkKind::kBridge}};
  request.network = kNetworks.at(network);
  for (const std::string& text : reachable)
    request.reachable.push_back(parse_ipv4_network(text));
  if (!reachable.empty() && request.network == NetworkKind::kNone)
    throw Error(ErrorKind::kUsage, "--reach: there is no network", "add --network user or --network bridge");
  request.added_capabilities = parse_capabilities("--cap-add", added_capabilities);
  request.dropped_capabilities =
      parse_capabilities("--cap-drop", dropped_capabilities) & ~request.added_capabilities;
  request.limits.timeout = std::chrono::milliseconds(0);  // a run is ended by who started it
  if (!timeout.empty())
    request.limits.timeout = parse_time("--timeout", timeout);
  if (!memory.empty()) {
    request.limits.memory = parse_size("--memory", memory);
    if (request.limits.memory < kLeastMemory)
      throw Error(ErrorKind::kUsage, "--memory: \"" + memory + "\" is too little to start a program in",
                  "write 512M or 2G");
  }
  request.keep = !result.keep.empty();
  if (request.terminal && request.interactive && ::isatty(STDIN_FILENO) == 0)
    throw Error(ErrorKind::kUsage, "-t with -i needs a terminal as standard input", "leave one of them out");
  return result;
}

}  // namespace bootstrap
