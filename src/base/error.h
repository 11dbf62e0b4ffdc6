// The one exception type. It is thrown where a thing goes wrong, gains context on its way up, and is turned
// into words and an exit code in main(). Outcomes which a caller must handle are std::variant or
// std::optional values instead.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace bootstrap {

/// What sort of failure it is; the value is the program's exit code (docs/manual, "exit status").
enum class ErrorKind {
  kFailure = 1,     ///< anything without a kind of its own: disk full, damaged package, failing script
  kUsage = 2,       ///< wrong command line or recipe
  kUntrusted = 3,   ///< signature, hash or rollback
  kUnsolvable = 4,  ///< no set of packages fits the request
  kNetwork = 5,     ///< nothing fetched, truncated, not found
  kTestFailed = 6,  ///< a smoke test did not pass
  kSandbox = 7,     ///< this machine or user cannot have the sandbox that is needed
};

/// The name of a kind in JSON output: "failure", "usage", "untrusted", ...
std::string_view name_of(ErrorKind kind);

class Error : public std::exception {
 public:
  /// `message` says what failed and where, `hint` what to do about it (may be empty). Neither ends in a full
  /// stop or newline.
  Error(ErrorKind kind, std::string message, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

  /// Puts where it happened in front: "web.yml: " + message. For `catch (Error& e) { e.prepend(...); throw;
  /// }`.
  void prepend(std::string_view context);

  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
};

/// Throws an Error of kind kFailure with `what` and the text of the current errno.
[[noreturn]] void throw_errno(std::string_view what);
/// The same for an error number that is not in errno.
[[noreturn]] void throw_errno(std::string_view what, int error_number);

/// Returns `result` unless it is negative; then throws as throw_errno does. For syscalls: `check(::fchmod(fd,
/// m), "fchmod")`.
template <typename T>
T check(T result, std::string_view what) {
  if (result < 0)
    throw_errno(what);
  return result;
}

}  // namespace bootstrap
