#include "fetch/downloader_environment.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("the downloader is told about servers, and nothing that is secret besides") {
  const char* const environment[] = {"HOME=/root",
                                     "https_proxy=http://proxy.example:3128",
                                     "CI_JOB_TOKEN=secret",
                                     "BOOTSTRAP_MIRROR_PRIVATE=https://user:secret@mirror.example",
                                     "SSH_AUTH_SOCK=/x",
                                     "DBUS_SESSION_BUS_ADDRESS=unix:path=/x",
                                     "HOMEX=1",
                                     "NETRC=",
                                     "odd",
                                     nullptr};
  CHECK(downloader_environment(environment) ==
        std::vector<std::string>{"HOME=/root", "https_proxy=http://proxy.example:3128", "NETRC="});
}
