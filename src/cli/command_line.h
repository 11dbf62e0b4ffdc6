// From argv to a verb.
#pragma once

namespace bootstrap {

/// Parses the command line, runs the verb, prints errors; returns the process's exit code (ErrorKind, or 0).
int command_line_main(int argc, char** argv);

}  // namespace bootstrap
