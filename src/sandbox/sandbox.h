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

#include "base/fd.h"
#include "sandbox/probe.h"

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

/// A directory or file of the host in the box.
struct Volume {
  int mount = -1;      ///< a detached mount; the box takes it away
  std::string target;  ///< relative; made when it is not there. A symbolic link on the way is an error
  bool read_only = false;
};

/// Where the program's standard input, output and error lead.
enum class Stdio {
  kCaptured,   ///< nothing to read; what it writes is in the result
  kInherited,  ///< ours; a terminal of ours is copied to and from, and never handed over
  kTerminal,   ///< a terminal of the box's own, connected with ours
};

struct SandboxLimits {
  std::uint64_t memory = 512ULL << 20;  ///< bytes, of all processes together
  unsigned pids = 256;                  ///< of all users together
  double cpus = 0;                      ///< CPU time per time, of all processes together; zero: no limit
  std::uint64_t file_size = 256ULL << 20;
  std::uint64_t changes = 128ULL << 20;   ///< kService: bytes of files that are changed or made
  std::uint64_t output = 1ULL << 20;      ///< bytes kept of captured output; 16 times as much ends the run
  std::chrono::milliseconds wall{60000};  ///< zero: no limit
  std::chrono::milliseconds stop_grace{10000};
};

struct SandboxSpec {
  SandboxProfile profile = SandboxProfile::kMaintainerScript;
  int root = -1;                      ///< descriptor of the directory that becomes /
  bool read_only = false;             ///< kService: only /tmp and /run, which are fresh, can be written
  std::vector<std::string> writable;  ///< and these directories, if it is read-only; absolute
  std::vector<std::string> argv;      ///< argv[0] is looked up in PATH of `env` inside the box
  std::map<std::string, std::string> env;
  std::string working_directory = "/";
  std::string user;  ///< "", "name", "uid", "name:group", "uid:gid"; names are looked up in the tree's own
                     ///< passwd and group
  std::string hostname = "localhost";
  unsigned last_process = 0;  ///< the number that the program's comes after; zero: as the kernel has it
  std::vector<FileMount> files;
  std::vector<Volume> volumes;
  bool own_network = true;  ///< with a loopback interface and no other; else the network of the worker
  std::uint64_t added_capabilities = 0;    ///< one bit each, beyond those of the profile
  std::uint64_t dropped_capabilities = 0;  ///< and less than those
  /// Notes which system calls the program makes besides these numbers: see call_watch.h.
  std::optional<std::vector<int>> known_calls;
  SandboxLimits limits;
  std::string stop_signal = "SIGTERM";
  std::optional<Probe> probe;  ///< the program is stopped once the probe holds or its deadline has passed
  Stdio stdio = Stdio::kCaptured;
  bool interactive = false;  ///< our standard input is the program's; else that has nothing to read
  int changes = -1;  ///< kService: a mount made by make_changes_mount() that keeps them; -1: they vanish
};

struct SandboxResult {
  enum class End {
    kExited,
    kSignalled,
    kTimeout,
    kOutputLimit,
    kOutOfMemory,
    kOutOfProcesses,  ///< failed, after it could not make as many as it wanted
    kStopped /* by us, after its probe */,
    kNotStarted
  };
  End end = End::kNotStarted;
  int exit_code = 0;  ///< as a shell says it: 127 not found, 126 not executable, 128 + signal
  std::string out;
  std::string err;
  /// In words, when `end` is not kExited: "killed by SIGSEGV", "still running after 60 s". With kStopped only
  /// when one of its processes was killed for want of memory.
  std::string problem;
  std::optional<ProbeResult> probe;
  std::chrono::microseconds wall{0};
  std::vector<std::string> degraded;  ///< what of the profile this machine could not give, in words
  bool weakened = false;  ///< some of that is more than a limit that is less exact: people must be told

  /// What the program used, as far as it was seen.
  ///@{
  std::uint64_t memory_peak = 0;     ///< bytes
  unsigned pids_peak = 0;            ///< processes at the same time
  std::uint64_t capabilities = 0;    ///< that it had, one bit each
  std::vector<int> calls;            ///< besides `known_calls`, sorted
  std::vector<std::string> written;  ///< kService: paths made, changed or removed; at most 1000
  ///@}
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

/// A detached tmpfs for what programs write, `size` bytes at most. After a run its directory "upper" holds
/// what the program changed, as overlayfs has it: whiteouts are character devices 0:0, a directory that hides
/// the one below has the attribute user.overlay.opaque.
UniqueFd make_changes_mount(std::uint64_t size);

}  // namespace bootstrap
