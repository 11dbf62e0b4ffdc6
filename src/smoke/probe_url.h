// The URL of an http test.
#pragma once

#include <cstdint>
#include <string>

namespace bootstrap {

struct ProbeUrl {
  std::string host;  ///< for the Host header: with the port, unless it is 80
  std::uint16_t port = 80;
  std::string path;  ///< with the query; at least "/"
};

/// "http://HOST[:PORT][/PATH][?QUERY]"; throws kUsage for anything else. A fragment is not part of a request
/// and is left out.
ProbeUrl parse_probe_url(const std::string& url);

}  // namespace bootstrap
