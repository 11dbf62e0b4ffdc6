// Which of the user's variables the downloader is given. A program that talks to servers has no use for the
// tokens that a CI job has in its environment.
#pragma once

#include <string>
#include <vector>

namespace bootstrap {

/// Those of `environment` ("NAME=value", ended by a null pointer) that say how to reach servers, whom to
/// trust there and how the program itself is loaded.
std::vector<std::string> downloader_environment(const char* const* environment);

}  // namespace bootstrap
