#include "base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace bootstrap {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kFailure:
      return "failure";
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kUntrusted:
      return "untrusted";
    case ErrorKind::kUnsolvable:
      return "unsolvable";
    case ErrorKind::kNetwork:
      return "network";
    case ErrorKind::kTestFailed:
      return "test-failed";
    case ErrorKind::kSandbox:
      return "sandbox";
  }
  return "failure";
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

void Error::prepend(std::string_view context) {
  message_.insert(0, ": ");
  message_.insert(0, context);
}

void throw_errno(std::string_view what) {
  throw_errno(what, errno);
}

void throw_errno(std::string_view what, int error_number) {
  throw Error(ErrorKind::kFailure, std::string(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace bootstrap
