// The least that an image's tests need: learned by watching them, written as a seccomp profile that docker
// and podman take (--security-opt seccomp=FILE), and held against later builds.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "smoke/smoke.h"

namespace bootstrap {

struct Profile {
  std::vector<std::string> calls;         ///< system calls
  std::vector<std::string> capabilities;  ///< "CAP_CHOWN"
  std::vector<std::string> writes;        ///< directories in which something was made, changed or removed
  std::vector<std::string> ports;         ///< "80/tcp"
};

/// What the tests of a report used: all of them together.
Profile profile_of(const TestReport& report);

/// In the format of docker's seccomp profiles; what that has no place for is under "x-bootstrap", which
/// docker and podman ignore.
Json profile_document(const Profile& profile);
/// What starts a container with it, and with no more rights than it names.
std::vector<std::string> container_flags(const Profile& profile, const std::filesystem::path& file);
/// Throws kUsage, naming `what`, for what is not a profile that profile_document() could have made.
Profile parse_profile(std::string_view text, std::string_view what);

/// What `needed` has beyond `allowed`, in words: "system calls accept4, bind"; empty when nothing.
std::string excess(const Profile& needed, const Profile& allowed);

/// The tests passed if there is a profile.
struct Learned {
  TestReport report;
  std::optional<Profile> profile;
};

/// Runs the tests under observation; then again and again with one capability less, to find those they need.
Learned learn_profile(const ImageLayout& layout, const Digest& manifest, const std::vector<SmokeTest>& tests,
                      const Limits& limits, const std::filesystem::path& worker_program,
                      const WorkerProgress& progress);

/// Runs the tests with no more than `allowed`. A test more in the report says whether that was enough, and
/// what more is needed if not.
TestReport run_tests_within(const Profile& allowed, const ImageLayout& layout, const Digest& manifest,
                            const std::vector<SmokeTest>& tests, const Limits& limits,
                            const std::filesystem::path& worker_program, const WorkerProgress& progress);

/// The worker's part of learn_profile().
Json profile_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
