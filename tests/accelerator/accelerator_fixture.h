// A directory that serves as root, and the environment that dpkg gives a script.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "accelerator/accelerator.h"
#include "base/process.h"

namespace bootstrap {

/// A variable of the environment as long as this lives.
class Variable {
 public:
  Variable(const std::string& name, const std::string& value) : name_(name) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

class RootFixture {
 public:
  RootFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "accelerator-test.XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~RootFixture() { std::filesystem::remove_all(root_); }
  RootFixture(const RootFixture&) = delete;
  RootFixture& operator=(const RootFixture&) = delete;

  const std::string& root() const { return root_; }
  HelperCall call(std::vector<std::string> arguments) const {
    return {std::move(arguments), root_ + "/original", root_};
  }

  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  std::string read(const std::string& path) const {
    std::ifstream file(root_ + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Path -> what is there: "d" and mode, "l" and target, "f", mode and content.
  std::map<std::string, std::string> listing() const {
    std::map<std::string, std::string> result;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      const std::string path = entry.path().string().substr(root_.size());
      const auto mode = std::to_string(static_cast<unsigned>(entry.symlink_status().permissions()));
      if (entry.is_symlink())
        result[path] = "l " + std::filesystem::read_symlink(entry.path()).string();
      else
        result[path] = entry.is_directory() ? "d " + mode : "f " + mode + " " + read(path);
    }
    return result;
  }

 private:
  std::string root_;
};

}  // namespace bootstrap
