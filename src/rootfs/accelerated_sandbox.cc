#include "rootfs/accelerated_sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/digest.h"

namespace bootstrap {

namespace {

// On the box's own tmpfs: never in the tree.
constexpr std::string_view kDirectory = "run/bootstrap/";

/// A helper and the originals that its native version was tested against. Debian stable releases change these
/// programs hardly ever; a new one simply runs itself until its digest is added here, which the test that
/// builds every recipe with and without accelerators then has to confirm.
struct Helper {
  const char* name;  ///< in bootstrap-accelerator
  const char* path;
  /// Lines of the original that begin so are data that changes with each version, and not digested.
  const char* data_line;
  std::vector<std::string_view> sha256;
};

const std::vector<Helper>& helpers() {
  static const std::vector<Helper> kHelpers = {
      {"dpkg-maintscript-helper",
       "usr/bin/dpkg-maintscript-helper",
       nullptr,
       {"ab44bb8f3454a2ef0991dcfd832c99e89747f6a9624ffc7095786530f627e2ff",    // dpkg 1.21.23 (bookworm)
        "164ae6cd468674eea2f5dd7208f9ebac191b20bb0c0ac726560eb313b798d577"}},  // dpkg 1.22.22 (trixie)
      {"deb-systemd-helper",
       "usr/bin/deb-systemd-helper",
       nullptr,
       // init-system-helpers 1.65.2+deb12u1 (bookworm) and 1.69~deb13u1 (trixie)
       {"a895d5f077651960b6ca4ed9c53f8b36eae422ae170f61c972d0c6579e9f8732"}},
      {"update-ca-certificates",
       "usr/sbin/update-ca-certificates",
       nullptr,
       // ca-certificates 20250419~deb12u2 (bookworm) and 20250419 (trixie)
       {"2cb06c85b5f01c4f6b72c3983d9f66d44aac0a7ac997ee55e7e429aedbc3934d"}},
      {"ca-certificates.config",
       "var/lib/dpkg/info/ca-certificates.config",
       "CERTS_LIST=",
       {"526302268981f40a3e43e3b68036b8229125420fecb14b7227943ee328a5be44"}},  // the same
  };
  return kHelpers;
}

std::string without_lines(std::string_view text, std::string_view start) {
  std::string rest;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    if (!line.starts_with(start))
      rest += line;
    text.remove_prefix(line.size());
  }
  return rest;
}

bool is_known(const Helper& helper, const std::string& original) {
  const std::string digest =
      Digest::of(helper.data_line == nullptr ? original : without_lines(original, helper.data_line)).hex();
  return std::find(helper.sha256.begin(), helper.sha256.end(), digest) != helper.sha256.end();
}

/// The second line is for whoever calls the helper as `sh HELPER`.
std::string cover_text(const Helper& helper) {
  return fmt::format("#!/{0}accelerator {1}\nexec /{0}original/{1} \"$@\"\n", kDirectory, helper.name);
}

}  // namespace

std::vector<FileMount> accelerator_mounts(const Tree& tree, const std::string& program) {
  constexpr std::uint32_t kProgramMode = 0755;
  std::vector<FileMount> mounts;
  if (program.empty())
    return mounts;
  for (const Helper& helper : helpers()) {
    const auto original = tree.read(helper.path);
    if (!original || !is_known(helper, *original))
      continue;
    mounts.push_back({helper.path, cover_text(helper), kProgramMode, false});
    mounts.push_back({fmt::format("{}original/{}", kDirectory, helper.name), *original, kProgramMode, true});
  }
  if (!mounts.empty())
    mounts.push_back({fmt::format("{}accelerator", kDirectory), program, kProgramMode, true});
  return mounts;
}

SandboxResult AcceleratedSandbox::run(const SandboxSpec& spec) {
  SandboxSpec accelerated = spec;
  if (spec.profile == SandboxProfile::kMaintainerScript)
    for (FileMount& mount : accelerator_mounts(Tree(spec.root), program_))
      accelerated.files.push_back(std::move(mount));
  return sandbox_->run(accelerated);
}

}  // namespace bootstrap
