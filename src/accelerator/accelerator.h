// Native versions of helper programs that maintainer scripts call by the hundred. A shell or perl program
// costs as much to start as all that it then does, and configuring a small image is two thousand such starts.
//
// An accelerator covers what happens when packages are installed for the first time, and does then exactly
// what the original does: same files, same output, same exit status. Everything else it leaves to the
// original. rootfs/accelerated_sandbox.h decides whether it is used at all.
//
// This room uses nothing of the others and no library: its program is static, and quick because it is small.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bootstrap {

struct HelperCall {
  std::vector<std::string> arguments;  ///< without the program's name
  std::string original;                ///< where the program that this one stands for lies
  std::string root;                    ///< put before every absolute path; empty but in tests
};

/// What stands for one helper program. Returns its exit status; or nullopt, before it changed anything, when
/// the case is not covered and the original has to run.
using Accelerator = std::optional<int> (*)(const HelperCall& call);

/// /usr/bin/dpkg-maintscript-helper
std::optional<int> maintscript_helper(const HelperCall& call);
/// /usr/bin/deb-systemd-helper
std::optional<int> systemd_helper(const HelperCall& call);
/// /usr/sbin/update-ca-certificates
std::optional<int> update_ca_certificates(const HelperCall& call);
/// The debconf script of package ca-certificates.
std::optional<int> ca_certificates_config(const HelperCall& call);

}  // namespace bootstrap
