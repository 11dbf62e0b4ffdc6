// The programs that the sandbox's tests start.
#pragma once

#include <filesystem>
#include <string>

namespace bootstrap {

/// A program beside this one: so all of them can be copied to where another user may run them.
inline std::filesystem::path test_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}
inline std::filesystem::path test_worker() {
  return test_program("sandbox_test_worker");
}
inline std::filesystem::path test_payload() {
  return test_program("sandbox_test_payload");
}

}  // namespace bootstrap
