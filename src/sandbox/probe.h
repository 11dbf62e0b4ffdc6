// What is asked of a service in its box, and what came of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace bootstrap {

/// A TCP connect to 127.0.0.1 or ::1.
struct TcpProbe {
  std::uint16_t port = 0;
};

/// One HTTP request there.
struct HttpProbe {
  std::uint16_t port = 0;
  std::string method = "GET";
  std::string path;  ///< with the query
  std::string host;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A command beside the program, with its user, rights and namespaces.
struct ExecProbe {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;  ///< all of it
};

/// A look at what is listened on.
struct PortsProbe {};

struct ProbeResult {
  bool connected = false;
  int status = 0;                  ///< http: 0 when no answer was understood
  std::string header;              ///< http: the lines after the status line
  std::string body;                ///< http, cut at 1 MiB
  int exit_code = -1;              ///< exec: -1 when it has not come so far
  std::string out;                 ///< exec, cut at 64 KiB
  std::string err;                 ///< likewise
  std::vector<std::string> ports;  ///< "80/tcp", sorted; also what was open when another probe was answered
  std::string problem;  ///< why it does not hold: "connection refused for 10.0 s", "the service exited with
                        ///< 1"; empty when it does
  std::chrono::microseconds after{0};  ///< from the start of the program to the answer
};

/// Asked by PID 1 inside the box, again and again until it holds or `deadline` has passed since the start.
struct Probe {
  std::variant<TcpProbe, HttpProbe, ExecProbe, PortsProbe> question;
  std::chrono::milliseconds deadline{10000};
  /// Why an answer will not do; empty when it does. Called in PID 1. None: every answer will.
  std::function<std::string(const ProbeResult&)> judge;
};

}  // namespace bootstrap
