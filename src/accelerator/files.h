// What shell and perl programs ask of files, with the same answers: `test -f`, `test -L` and so on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

bool file_exists(const std::string& path);    ///< test -e: links are followed
bool is_file(const std::string& path);        ///< test -f: links are followed
bool is_directory(const std::string& path);   ///< test -d: links are followed
bool is_link(const std::string& path);        ///< test -L
bool is_executable(const std::string& path);  ///< test -x
bool has_entries(const std::string& path);    ///< a directory with something in it, hidden or not
std::vector<std::string> entries_of(const std::string& directory);

/// The target of a link; empty when there is no link.
std::string link_target(const std::string& path);

std::optional<std::string> read_file(const std::string& path);
/// Writes all of it; false with errno set when that fails. `flags` are those of open(2) besides O_WRONLY.
bool write_file(const std::string& path, std::string_view content, int flags, mode_t mode);
/// write(2) until all is written.
bool write_fully(int fd, std::string_view data);
/// mkdir -p of the directory that `path` is in, with the modes that the umask leaves.
bool make_parents(const std::string& path);

/// The lines without their newlines; a last line without one counts.
std::vector<std::string_view> lines_of(std::string_view text);

/// Whether an environment variable has a value that is not empty.
bool is_set(const char* variable);
/// Its value; empty when it is not set.
std::string value_of(const char* variable);

/// Nothing that a shell, sed or basename would treat in a special way: letters and digits of any alphabet and
/// "._+=:@~/-", and no "-" in front. The empty string is not plain.
bool is_plain(std::string_view text);

}  // namespace bootstrap
