// What `bootstrap run` was asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "recipe/recipe.h"
#include "runner/ipv4.h"

namespace bootstrap {

struct VolumeRequest {
  std::filesystem::path source;  ///< a directory or file of the host
  std::string target;            ///< absolute, in the box
  bool read_only = false;
};

/// A TCP port of this machine that leads into the box.
struct PublishedPort {
  std::string address = "127.0.0.1";  ///< of this machine
  std::uint16_t host = 0;
  std::uint16_t box = 0;
};

/// What a box has besides loopback.
enum class NetworkKind { kNone, kUser /* user_network.h */, kBridge /* bridge_network.h */ };

struct RunRequest {
  std::vector<std::string>
      command;  ///< instead of the image's cmd (entrypoint kept unless `entrypoint` is set)
  std::vector<std::string> entrypoint;
  bool replace_entrypoint = false;
  std::map<std::string, std::string> env;  ///< beyond the image's
  std::string user;                        ///< empty: the image's
  std::string workdir;                     ///< empty: the image's
  std::string hostname;                    ///< empty: the image's name
  bool read_only = false;
  bool interactive = false;  ///< our standard input is the program's
  bool terminal = false;     ///< the program has a terminal, connected with ours
  bool capture = false;      ///< what it writes is part of the outcome, instead of going to our output
  bool keep = false;         ///< what it changes is part of the outcome
  std::vector<VolumeRequest> volumes;
  std::vector<PublishedPort> ports;
  NetworkKind network = NetworkKind::kNone;
  std::vector<Ipv4Network> reachable;  ///< private networks that the program may reach
  std::uint64_t added_capabilities = 0;
  std::uint64_t dropped_capabilities = 0;
  Limits limits;    ///< a timeout of zero: none
  double cpus = 0;  ///< zero: no limit
};

/// For the job of the worker. The sources of volumes go there as descriptors, of a published port
/// its number inside.
Json run_request_to_json(const RunRequest& request);
RunRequest run_request_from_json(const Json& json);

}  // namespace bootstrap
