// What kind of thing makes a file differ when the same scripts write it a second time. A guess for people,
// who read from it what to do; that the file differs is what counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bootstrap {

enum class DifferenceKind {
  kSecret,    ///< a key, a password or a cookie: everybody with the image would have it
  kIdentity,  ///< of one machine: an id, a host name, a certificate
  kTime,      ///< when it was made
  kOrder,     ///< the same in another order
  kNumber,    ///< of a process, an inode or the like
  kContent,   ///< anything else
};
std::string_view name_of(DifferenceKind kind);

/// A file as one of the runs left it.
struct FileVersion {
  std::uint32_t mode = 0;
  std::string_view content;  ///< its beginning, if it is large
};

/// `first` has been made on a host called localhost, `second` on one called kOtherHostname.
DifferenceKind kind_of(const std::string& path, const FileVersion& first, const FileVersion& second);
/// Whether nothing but the host's name differs.
bool differ_in_hostname(std::string_view first, std::string_view second);
/// Of something that only one of the runs has made.
DifferenceKind kind_of(const std::string& path, const FileVersion& only);

}  // namespace bootstrap
