#include "recipe/apt_sources.h"

#include "support/catch.h"

using namespace bootstrap;

namespace {

using Urls = std::vector<std::string>;

Urls plain(const std::vector<AptUri>& uris) {
  Urls urls;
  for (const AptUri& uri : uris)
    urls.push_back(uri.uri);
  return urls;
}

}  // namespace

TEST_CASE("deb822 sources are read as APT reads them") {
  CHECK(plain(uris_of_deb822_sources("Types: deb\nURIs: http://a.example/debian\nSuites: sid\n")) ==
        Urls{"http://a.example/debian"});
  CHECK(plain(uris_of_deb822_sources("# first\n"
                                     "types: deb deb-src\r\n"
                                     "uris: http://a.example/debian\r\n"
                                     "# between\n"
                                     " http://b.example/debian/ \n"
                                     "\t# also between\n"
                                     "\thttp://c.example/debian\n"
                                     "Suites: sid\n"
                                     "\n  \n"
                                     "Types: deb\nEnabled: no\nURIs: http://disabled.example/debian\n"
                                     "\n"
                                     "Types: deb-src\nURIs: http://source.example/debian\n"
                                     "\n"
                                     "Enabled: yes\nTypes: deb\nURIs: http://d.example/debian")) ==
        Urls{"http://a.example/debian", "http://b.example/debian/", "http://c.example/debian",
             "http://d.example/debian"});
  CHECK(plain(uris_of_deb822_sources("")).empty());
  CHECK(plain(uris_of_deb822_sources(" stray\nno colon\nURIs: http://a.example/debian\n")).empty());
}

TEST_CASE("one-line sources are read as APT reads them") {
  CHECK(plain(uris_of_list("deb http://a.example/debian sid main\n"
                           "  deb [arch=amd64 signed-by=/k] http://b.example/debian sid main # why\r\n"
                           "deb [ arch=amd64 ] http://c.example/debian sid main\n"
                           "deb [arch=amd64] http://d.example/debian sid main\n"
                           "# deb http://no.example/debian sid main\n"
                           "deb-src http://no.example/debian sid main\n"
                           "deb\n"
                           "deb [broken http://no.example/debian sid\n"
                           "rpm http://no.example/debian\n")) ==
        Urls{"http://a.example/debian", "http://b.example/debian", "http://c.example/debian",
             "http://d.example/debian"});
}

TEST_CASE("of a deb822 stanza only what matters here is read") {
  const auto uris = uris_of_deb822_sources(
      "Types: deb\nURIs:\n http://a.example/debian\n  http://b.example/debian http://c.example/debian\n"
      "Suites: sid sid-updates\nComponents: main\n contrib\n"
      "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n URIs: http://no.example/debian\n"
      " -----END PGP PUBLIC KEY BLOCK-----\n"
      "X-Note: deb http://no.example/debian\n\n# URIs: http://no.example/debian\n"
      "Enabled: no\nTypes: deb\nURIs: mirror+file:/etc/apt/mirrors/no.list\n");
  CHECK(plain(uris) == Urls{"http://a.example/debian", "http://b.example/debian", "http://c.example/debian"});
  CHECK(uris.at(0).line == 3);
  CHECK(uris.at(1).line == 4);
  CHECK(uris_of_list("\n#\ndeb http://a.example/debian sid main\n").at(0).line == 3);
}

TEST_CASE("a list of mirrors is read as APT reads it") {
  CHECK(plain(uris_of_mirror_list("")).empty());
  CHECK(plain(uris_of_mirror_list(
            "# one\n\n  \nhttp://a.example/debian\n  # two\n\thttp://b.example/debian")) ==
        Urls{"http://a.example/debian", "http://b.example/debian"});
  // The lowest priority comes first, and none after all.
  CHECK(plain(uris_of_mirror_list(
            "http://d.example/\nhttp://c.example/\tpriority:20\r\nhttp://a.example/\tpriority:1 "
            "\nhttp://b.example/\tpriority:3\nhttp://e.example/\tpriority:x\n")) ==
        Urls{"http://a.example/", "http://b.example/", "http://c.example/", "http://d.example/",
             "http://e.example/"});
  // What is for some files only comes last; what has no packages to install, not at all.
  CHECK(plain(uris_of_mirror_list("http://c.example/\ttype:index priority:1\nhttp://b.example/\n"
                                  "http://no.example/\ttype:deb-src\nhttp://a.example/\tpriority:2\n"
                                  "http://d.example/\tarch:amd64 type:deb type:deb-src\n")) ==
        Urls{"http://a.example/", "http://b.example/", "http://c.example/", "http://d.example/"});
}
