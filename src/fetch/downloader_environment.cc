#include "fetch/downloader_environment.h"

#include <algorithm>
#include <string_view>

namespace bootstrap {

namespace {

constexpr std::string_view kPassedOn[] = {
    // transfer/access.h
    "HOME", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR", "BOOTSTRAP_CLIENT_CERTIFICATE", "BOOTSTRAP_CLIENT_KEY",
    // libcurl; HTTP_PROXY in capitals is not read, for a web server may have set it
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    // resolv.conf(5)
    "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES",
    // openssl-env(7): FIPS and the like
    "OPENSSL_CONF", "OPENSSL_MODULES",
    // ld.so(8), and the sanitizers with which we are tested
    "LD_LIBRARY_PATH", "LD_PRELOAD", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};

}  // namespace

std::vector<std::string> downloader_environment(const char* const* environment) {
  std::vector<std::string> passed;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const std::string_view name = variable.substr(0, variable.find('='));
    if (std::find(std::begin(kPassedOn), std::end(kPassedOn), name) != std::end(kPassedOn))
      passed.emplace_back(variable);
  }
  return passed;
}

}  // namespace bootstrap
