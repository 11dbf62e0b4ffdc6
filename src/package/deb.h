// The .deb reader (deb(5), deb-control(5)): an ar archive of debian-binary, control.tar.* and data.tar.*.
// Everything in it is hostile until checked: an entry is handed on only when its path is canonical and stays
// inside the root.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "package/entry.h"

namespace bootstrap {

/// A member of control.tar: maintainer scripts, md5sums, conffiles, triggers, templates, ...
struct ControlFile {
  std::string content;
  std::uint32_t mode = 0;
  std::int64_t mtime = 0;
};

struct ControlData {
  std::map<std::string, ControlFile> files;  ///< by member name, "control" included

  /// A field of the control stanza (case-insensitive name), continuation lines joined by newlines; empty when
  /// absent.
  std::string field(std::string_view name) const;
  /// The paths in "conffiles" (without remove-on-upgrade ones), absolute as the package writes them. Throws
  /// kFailure when one is relative.
  std::vector<std::string> conffiles() const;
};

/// Called for each entry of data.tar in archive order. `read` gives the content of a file piece by piece
/// (empty view at the end); it may be left unread. `original_path` is the path as dpkg lists it ("/bin/sh",
/// "/." for the root), before merged-/usr. A directory may come twice, when the package ships both /lib and
/// /usr/lib: the first counts. A hard link's target is a file that came before, and its metadata are that
/// file's.
using EntrySink = std::function<void(const Entry& entry, const std::string& original_path,
                                     const std::function<std::string_view()>& read)>;

/// Limits against bombs; sizes in bytes.
struct DebLimits {
  std::uint64_t control_size = 64ULL << 20;
  std::uint64_t data_size = 16ULL << 30;
  /// An archive may be this much larger than its compressed form once it is larger than `always_allowed`.
  /// Real packages stay below 100; a bomb of zeros reaches thousands.
  std::uint64_t expansion = 500;
  std::uint64_t always_allowed = 64ULL << 20;
  std::uint64_t entries = 500'000;
  /// All paths (with those of the directories they imply), link targets and extended attributes: they are
  /// kept in memory. The largest packages have a few MiB.
  std::uint64_t metadata = 128ULL << 20;
  std::uint64_t decoder_memory = 256ULL << 20;
};

/// Reads control.tar whole, then data.tar through `sink`. `fd` must be seekable. Throws kFailure, naming
/// `what` (the package), for anything that deb(5) does not allow, for a path that would escape, and for what
/// breaks a limit. Paths come out merged-/usr when `merge_usr`.
ControlData read_deb(int fd, std::string_view what, bool merge_usr, const EntrySink& sink,
                     const DebLimits& limits = {});

/// The form of Entry::path: "./usr/bin/" -> "usr/bin", and with `merge_usr` "./bin/sh" -> "usr/bin/sh".
/// Throws kFailure, with `what` in front, when `path` is absolute or empty, has "..", "." or empty components
/// or is too long for the kernel.
std::string canonical_path(std::string_view path, bool merge_usr, std::string_view what);

/// Throws kFailure unless `text` is one stanza as deb-control(5) has it: every field once, and none of those
/// that dpkg alone writes into its database, which the stanza becomes part of.
void check_control(std::string_view text);

}  // namespace bootstrap
