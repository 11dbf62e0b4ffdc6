// The verbs of the command line. Each function does one verb and returns the exit code; failures are thrown.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/printer.h"
#include "image/export.h"
#include "pipeline/locking.h"
#include "runner/run.h"

namespace bootstrap {

struct BuildArguments {
  std::vector<std::filesystem::path> recipes;
  bool locked = false;
  bool run_tests = true;
  bool repeat_tests = false;
};
int build_verb(const BuildArguments& arguments, const CommonOptions& common, Printer& printer);

struct LockArguments {
  std::vector<std::filesystem::path> recipes;
  bool fresh = false;   ///< `lock --update`: the newest versions instead of keeping what is locked
  bool locked = false;  ///< only check that the lock fits
};
int lock_verb(const LockArguments& arguments, const CommonOptions& common, Printer& printer);

int images_verb(const std::string& name, const CommonOptions& common);

struct TestArguments {
  std::string reference;
  bool watch = false;  ///< report the system calls
};
int test_verb(const TestArguments& arguments, const CommonOptions& common, Printer& printer);

/// What this machine lets the sandbox do; kSandbox when it cannot run anything.
int sandbox_info_verb(const CommonOptions& common, const Printer& printer);

struct RunArguments {
  std::string reference;
  RunRequest request;
  std::string keep;  ///< the image whose new version the changes become; empty: they vanish
};
int run_verb(RunArguments arguments, const CommonOptions& common, Printer& printer);

struct ExportArguments {
  std::string reference;
  std::filesystem::path target;
  std::string format;  ///< empty: by the target's name
};
int export_verb(const ExportArguments& arguments, const CommonOptions& common);

int why_verb(const std::string& reference, const std::string& subject, const CommonOptions& common);

struct ProfileArguments {
  std::string reference;
  std::filesystem::path output;  ///< empty: standard output
};
int profile_verb(const ProfileArguments& arguments, const CommonOptions& common, Printer& printer);

int audit_verb(const std::string& reference, const CommonOptions& common);

}  // namespace bootstrap
