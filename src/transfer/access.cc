#include "transfer/access.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace bootstrap {
namespace {

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

/// libcurl would say less, and only after the server has refused us.
std::string readable_file(const char* variable) {
  const std::string path = environment(variable);
  if (!path.empty() && ::access(path.c_str(), R_OK) < 0) {
    throw Error(ErrorKind::kUsage,
                "cannot read " + path + ", which $" + variable + " names: " + std::strerror(errno),
                "name a file that can be read, or unset the variable");
  }
  return path;
}

}  // namespace

Access Access::of_environment() {
  Access access;
  access.netrc = readable_file("NETRC");
  if (const std::string home = environment("HOME"); access.netrc.empty() && home.starts_with('/')) {
    if (const std::string standard = home + "/.netrc"; ::access(standard.c_str(), R_OK) == 0)
      access.netrc = standard;
  }
  access.authorities = readable_file("SSL_CERT_FILE");
  access.client_certificate = readable_file("BOOTSTRAP_CLIENT_CERTIFICATE");
  access.client_key = readable_file("BOOTSTRAP_CLIENT_KEY");
  return access;
}

}  // namespace bootstrap
