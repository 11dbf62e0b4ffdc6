// One program in a box: fresh namespaces, pivot_root, few capabilities, seccomp, limits, and a PID 1 of ours
// that reaps, probes and dies with its parent. docs/security.md has the two profiles in full. To be used
// inside the worker, where we are root of a user namespace.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

enum class SandboxProfile {
  kMaintainerScript,  ///< writes the tree; seven capabilities, for dpkg
  kService,  ///< smoke tests and `run`: fewer capabilities (none unless root), writes go to an overlay that
             ///< vanishes
};

/// A file that is bound read-only over a path of the tree for the time of the run; it never becomes part of
/// the tree. A symbolic link on the way, or anything but a file at its end, is an error.
struct FileMount {
  std::string path;  ///< relative; skipped when the tree has nothing there, unless `create`
  std::string content;
  std::uint32_t mode = 0644;
  bool create =
      false;  ///< the profile's tmpfs or overlay only: a mount point is never created in the tree itself
};

struct SandboxLimits {
  std::uint64_t memory = 512ULL << 20;  ///< bytes, of all processes together
  unsigned pids = 256;                  ///< of all users together
  std::uint64_t file_size = 256ULL << 20;
  std::uint64_t output = 1ULL << 20;      ///< bytes kept of captured output; 16 times as much ends the run
  std::chrono::milliseconds wall{60000};  ///< zero: no limit
  std::chrono::milliseconds stop_grace{10000};
};

/// Asked by PID 1 inside the box, again and again until it holds or `deadline` has passed since the start.
struct Probe {
  std::uint16_t port = 0;
  std::string http_path;  ///< empty: a TCP connect is enough; else GET of this path with this Host
  std::string http_host;
  std::chrono::milliseconds deadline{10000};
  int expected_status = 0;  ///< http: any other status is asked again until the deadline
};
struct ProbeResult {
  bool connected = false;
  int status = 0;       ///< http: 0 when no answer was understood
  std::string body;     ///< http, cut at 1 MiB
  std::string problem;  ///< why it does not hold: "connection refused for 10.0 s", "the service exited with
                        ///< 1"; empty when it does
  std::chrono::microseconds after{0};  ///< from the start of the program to the answer
};

struct SandboxSpec {
  SandboxProfile profile = SandboxProfile::kMaintainerScript;
  int root = -1;                  ///< descriptor of the directory that becomes /
  bool read_only = false;         ///< kService: only /tmp and /run, which are fresh, can be written
  std::vector<std::string> argv;  ///< argv[0] is looked up in PATH of `env` inside the box
  std::map<std::string, std::string> env;
  std::string working_directory = "/";
  std::string user;  ///< "", "name", "uid", "name:group", "uid:gid"; names are looked up in the tree's own
                     ///< passwd and group
  std::string hostname = "localhost";
  std::vector<FileMount> files;
  SandboxLimits limits;
  std::string stop_signal = "SIGTERM";
  std::optional<Probe> probe;  ///< the program is stopped once the probe holds or its deadline has passed
  bool inherit_stdio = false;  ///< else stdin is /dev/null, stdout and stderr are captured
};

struct SandboxResult {
  enum class End {
    kExited,
    kSignalled,
    kTimeout,
    kOutputLimit,
    kOutOfMemory,
    kStopped /* by us, after its probe */,
    kNotStarted
  };
  End end = End::kNotStarted;
  int exit_code = 0;  ///< as a shell says it: 127 not found, 126 not executable, 128 + signal
  std::string out;
  std::string err;
  /// In words, when `end` is not kExited: "killed by SIGSEGV", "still running after 60 s".
  std::string problem;
  std::optional<ProbeResult> probe;
  std::chrono::microseconds wall{0};
  std::vector<std::string> degraded;  ///< what of the profile this machine could not give, in words
};

/// The process edge: tests replace it.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  /// What the program does, or that it cannot be executed, is in the result. Throws kSandbox when this
  /// machine does not allow the box, kFailure when the tree does not: a link where something must be mounted,
  /// no such user.
  virtual SandboxResult run(const SandboxSpec& spec) = 0;
};

std::unique_ptr<Sandbox> make_namespace_sandbox();

}  // namespace bootstrap
