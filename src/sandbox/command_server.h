// Commands beside the program of a box. Only a process that is confined exactly as the program is may start
// them, and PID 1 has no right to make one any more when it probes. So the program's process makes one of its
// kind just before it becomes the program; it waits to be asked and runs the command once for each request.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "sandbox/probe.h"

namespace bootstrap {

/// The pipes between PID 1 and the command server.
struct CommandChannel {
  Pipe requests;  ///< a byte each
  Pipe answers;   ///< see CommandAnswerReader
};

/// To be called by the process that is about to become the program. The server becomes a child of PID 1, in a
/// session of its own; its descriptors go away with the program's exec.
void start_command_server(const ExecProbe& command, const CommandChannel& channel);

struct CommandAnswer {
  int exit_code = 0;  ///< as a shell says it
  std::string out;    ///< cut at 64 KiB
  std::string err;
};

/// Puts an answer together from what can be read of it without blocking.
class CommandAnswerReader {
 public:
  /// Nullopt while there is more to come. Throws when the server is gone.
  std::optional<CommandAnswer> read(int answers);

 private:
  std::string received_;
};

}  // namespace bootstrap
