#include "sandbox/execute.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace bootstrap {

namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings)
    result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

std::vector<std::string> find_program(const std::string& program,
                                      const std::map<std::string, std::string>& env) {
  std::vector<std::string> candidates = {program};
  if (program.find('/') == std::string::npos) {
    candidates.clear();
    auto variable = env.find("PATH");
    std::istringstream path(variable != env.end() ? variable->second : kDefaultPath);
    for (std::string directory; std::getline(path, directory, ':');)
      candidates.push_back((directory.empty() ? "." : directory) + "/" + program);
  }
  std::erase_if(candidates, [](const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
  });
  return candidates;
}

ExecFailure execute(const std::vector<std::string>& places, const std::vector<std::string>& argv,
                    const std::map<std::string, std::string>& env) {
  std::vector<std::string> arguments = argv;
  std::vector<std::string> environment;
  for (const auto& [key, value] : env)
    environment.push_back(key + "=" + value);
  std::vector<char*> argument_pointers = pointers(arguments);
  std::vector<char*> environment_pointers = pointers(environment);

  ExecFailure failure{kNotFound, argv.at(0) + ": not found"};
  for (const std::string& path : places) {
    ::execve(path.c_str(), argument_pointers.data(), environment_pointers.data());
    if (errno == ENOENT)
      return {kNotFound, path + ": its interpreter is not in the tree"};
    failure = {kNotExecutable, path + ": " + std::strerror(errno)};
    // As a shell does: a file of this name that may not be executed does not end the search.
    if (errno != EACCES)
      break;
  }
  return failure;
}

ExecFailure execute(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env) {
  return execute(find_program(argv.at(0), env), argv, env);
}

}  // namespace bootstrap
