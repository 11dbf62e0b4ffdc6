// Becoming another program, with the words of a shell for what goes wrong.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bootstrap {

struct ExecFailure {
  int exit_code;  ///< 127 not found, 126 anything else
  std::string problem;
};

/// Where a program may be: itself if it has a slash, else in every folder of PATH in `env` that has something
/// of this name.
std::vector<std::string> find_program(const std::string& program,
                                      const std::map<std::string, std::string>& env);

/// Returns only if it fails. Makes no system call but execve, once for each of `places` (of find_program).
ExecFailure execute(const std::vector<std::string>& places, const std::vector<std::string>& argv,
                    const std::map<std::string, std::string>& env);
ExecFailure execute(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env);

}  // namespace bootstrap
