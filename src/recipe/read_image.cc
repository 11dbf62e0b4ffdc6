// How the image starts and how it is packed: `image` and `layers`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

// A command is an argument list. The shell form that Dockerfiles also have would need a shell in the image.
std::vector<std::string> read_command(const YamlNode& node) {
  if (!node.is_sequence())
    node.fail("expected a list of arguments", "as in [nginx, -g, \"daemon off;\"]");
  std::vector<std::string> command;
  for (const YamlNode& item : node.sequence())
    command.push_back(command.empty() ? item.string() : item.any_string());
  return command;
}

std::vector<std::string> read_ports(const YamlNode& node) {
  std::vector<std::string> ports;
  for (const YamlNode& item : node.sequence()) {
    const auto port = parse_port(item.scalar());
    if (!port)
      item.fail("not a port", "a number from 1 to 65535, with /tcp, /udp or /sctp, as in 80/tcp");
    if (std::find(ports.begin(), ports.end(), *port) != ports.end())
      item.fail(fmt::format("port {} is here twice", *port));
    ports.push_back(*port);
  }
  return ports;
}

std::string read_stop_signal(const YamlNode& node) {
  return node.any_string().empty() ? ""
                                   : checked(node, is_signal_name, "not the name of a signal",
                                             "as in SIGTERM, SIGQUIT or SIGRTMIN+3");
}

}  // namespace

void read_image(const YamlNode& node, ImageOptions& image) {
  node.map_of({"entrypoint", "cmd", "env", "user", "workdir", "ports", "stop-signal", "labels"});
  if (const YamlNode* entrypoint = node.find("entrypoint")) {
    image.entrypoint = read_command(*entrypoint);
    image.cmd.clear();  // the parent's were arguments of another program
  }
  if (const YamlNode* cmd = node.find("cmd"))
    image.cmd = read_command(*cmd);
  if (const YamlNode* env = node.find("env"))
    env->for_each([&](const YamlNode& key, const YamlNode& value) {
      if (!is_environment_name(key.scalar()))
        key.fail("not the name of an environment variable",
                 "letters, digits and \"_\", not starting with a digit");
      image.env[key.scalar()] = value.any_string();
    });
  if (const YamlNode* user = node.find("user"))
    image.user =
        user->any_string().empty()
            ? ""
            : checked(*user, is_user_and_group, "not a user",
                      "by name or number, with or without a group, as in \"app\" or \"10001:10001\"");
  if (const YamlNode* workdir = node.find("workdir"))
    image.workdir = checked(*workdir, is_absolute_path, "not an absolute path");
  if (const YamlNode* ports = node.find("ports"))
    image.ports = read_ports(*ports);
  if (const YamlNode* signal = node.find("stop-signal"))
    image.stop_signal = read_stop_signal(*signal);
  if (const YamlNode* labels = node.find("labels"))
    labels->for_each([&](const YamlNode& key, const YamlNode& value) {
      if (key.scalar().empty())
        key.fail("a label needs a name");
      image.labels[key.scalar()] = value.any_string();
    });
}

void read_layers(const YamlNode& node, LayerOptions& layers) {
  constexpr auto kCompressions = std::to_array({Compression::kGzip, Compression::kZstd});
  constexpr std::array kNames{name_of(kCompressions[0]), name_of(kCompressions[1])};
  node.map_of({"compression", "max"});
  if (const YamlNode* compression = node.find("compression"))
    layers.compression = kCompressions[compression->one_of(kNames)];
  if (const YamlNode* max = node.find("max"))
    layers.max = static_cast<unsigned>(max->integer(1, 100));
}

}  // namespace bootstrap
