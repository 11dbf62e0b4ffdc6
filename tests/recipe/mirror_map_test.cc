#include "recipe/mirror_map.h"

#include <cstdlib>

#include "base/error.h"
#include "recipe/apt_sources.h"
#include "recipe/syntax.h"
#include "recipe_folder.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

using Urls = std::vector<std::string>;

// Sets an environment variable until the end of the block.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~ScopedVariable() { ::unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
};

Repository repository(const std::string& archive) {
  Repository result;
  result.archive = archive;
  return result;
}

}  // namespace

TEST_CASE("the first of the five places wins") {
  const RecipeFolder folder;
  MirrorMap::Options options;
  options.apt_directory = folder.path("apt");
  options.config_directory = folder.path("config");
  Repository debian = repository("debian-security");
  const auto urls = [&] { return MirrorMap(options).urls_for(debian, folder.path("recipes")); };

  folder.write("apt/sources.list", "deb http://apt.example/debian-security bookworm-security main\n");
  CHECK(urls() == Urls{"http://apt.example/debian-security"});
  folder.write("config/mirrors.yml", "debian-security: https://config.example/debian-security\n");
  CHECK(urls() == Urls{"https://config.example/debian-security"});
  folder.write("recipes/mirrors.yml",
               "other: http://x.example/\ndebian-security: [https://a.example/s/, file:///srv/s]\n");
  CHECK(urls() == Urls{"https://a.example/s", "file:///srv/s"});
  debian.url = "https://recipe.example/debian-security";
  CHECK(urls() == Urls{"https://recipe.example/debian-security"});
  const ScopedVariable variable("BOOTSTRAP_MIRROR_DEBIAN_SECURITY",
                                " https://env.example/s  http://env2.example/s/ ");
  CHECK(urls() == Urls{"https://env.example/s", "http://env2.example/s"});
  options.from_command_line = {"debian-security=https://one.example/s", "debian=https://no.example/debian",
                               "debian-security=https://two.example/s"};
  CHECK(urls() == Urls{"https://one.example/s", "https://two.example/s"});
}

TEST_CASE("snapshots come from archives of snapshots, and the present from elsewhere") {
  MirrorMap::Options options;
  options.from_command_line = {"debian=https://now.example/debian",
                               "debian=https://then.example/archive/{snapshot}/debian"};
  Repository debian = repository("debian");
  const auto urls = [&] { return MirrorMap(options).urls_for(debian, "/nowhere"); };
  CHECK(urls() == Urls{"https://now.example/debian"});
  debian.snapshot = parse_snapshot("20240101T000000Z");
  CHECK(urls() == Urls{"https://then.example/archive/20240101T000000Z/debian"});
  options.from_command_line.pop_back();
  CHECK_THROWS_AS(urls(), Error);
  debian.snapshot.reset();
  options.from_command_line = {"debian=https://then.example/{snapshot}"};
  CHECK_THROWS_AS(urls(), Error);
}

TEST_CASE("without a mirror the error names all five places") {
  const RecipeFolder folder;
  const MirrorMap mirrors({{}, folder.path("apt"), folder.path("config")});
  const auto error = error_of([&] { mirrors.urls_for(repository("my-apps"), folder.path("recipes")); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::kUsage);
  CHECK(error->message() == "no mirror is known for the archive \"my-apps\"");
  for (const std::string& place :
       {std::string("--mirror my-apps=URL"), std::string("$BOOTSTRAP_MIRROR_MY_APPS"), std::string("`url:`"),
        folder.path("recipes/mirrors.yml").string(), folder.path("config/mirrors.yml").string(),
        folder.path("apt/sources.list").string(), std::string("/my-apps")})
    CHECK(error->hint().find(place) != std::string::npos);
}

TEST_CASE("wrong mirrors are errors that say where they are") {
  const RecipeFolder folder;
  for (const char* argument : {"", "debian", "=https://a.example/", "de/bian=https://a.example/",
                               "debian=", "debian=ftp://a.example/debian"}) {
    const auto error = error_of([&] { MirrorMap({{argument}, folder.path("apt"), {}}); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::kUsage);
    CHECK(error->message().find("--mirror") != std::string::npos);
  }
  const MirrorMap mirrors({{}, folder.path("apt"), {}});
  const auto message = [&] {
    const auto error = error_of([&] { mirrors.urls_for(repository("debian"), folder.path("")); });
    return error ? error->message() : "accepted";
  };
  folder.write("mirrors.yml", "debian: https://a.example/debian\nother: ftp://a.example/x\n");
  CHECK(message().find("mirrors.yml:2:8: not the URL of a mirror") != std::string::npos);
  folder.write("mirrors.yml", "debian: https://a.example/\ndebian: https://b.example/\n");
  CHECK(message().find("mirrors.yml:2:1: duplicate key \"debian\"") != std::string::npos);
  const ScopedVariable variable("BOOTSTRAP_MIRROR_DEBIAN", "rsync://a.example/debian");
  CHECK(message().find("$BOOTSTRAP_MIRROR_DEBIAN") != std::string::npos);
}

TEST_CASE("deb822 sources are read as APT reads them") {
  CHECK(uris_of_deb822_sources("Types: deb\nURIs: http://a.example/debian\nSuites: sid\n") ==
        Urls{"http://a.example/debian"});
  CHECK(uris_of_deb822_sources("# first\n"
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
                               "Enabled: yes\nTypes: deb\nURIs: http://d.example/debian") ==
        Urls{"http://a.example/debian", "http://b.example/debian/", "http://c.example/debian",
             "http://d.example/debian"});
  CHECK(uris_of_deb822_sources("").empty());
  CHECK(uris_of_deb822_sources(" stray\nno colon\nURIs: http://a.example/debian\n").empty());
}

TEST_CASE("one-line sources are read as APT reads them") {
  CHECK(uris_of_list("deb http://a.example/debian sid main\n"
                     "  deb [arch=amd64 signed-by=/k] http://b.example/debian sid main # why\r\n"
                     "deb [ arch=amd64 ] http://c.example/debian sid main\n"
                     "deb [arch=amd64] http://d.example/debian sid main\n"
                     "# deb http://no.example/debian sid main\n"
                     "deb-src http://no.example/debian sid main\n"
                     "deb\n"
                     "deb [broken http://no.example/debian sid\n"
                     "rpm http://no.example/debian\n") ==
        Urls{"http://a.example/debian", "http://b.example/debian", "http://c.example/debian",
             "http://d.example/debian"});
}

TEST_CASE("the host's sources serve an archive by the end of their URI") {
  const RecipeFolder folder;
  folder.write("apt/sources.list", "deb http://first.example/debian sid main\n");
  folder.write("apt/sources.list.d/b.sources",
               "Types: deb\nURIs: https://third.example/debian/ http://x.example/debian-security "
               "http://first.example/debian/\n");
  folder.write("apt/sources.list.d/a.list",
               "deb file:/srv/debian sid main\ndeb cdrom:[x]/debian sid main\ndeb http://x.example/olddebian "
               "sid main\n");
  folder.write("apt/sources.list.d/c.sources.disabled", "Types: deb\nURIs: https://no.example/debian\n");
  const MirrorMap mirrors({{}, folder.path("apt"), {}});
  CHECK(mirrors.urls_for(repository("debian"), folder.path("")) ==
        Urls{"http://first.example/debian", "file:///srv/debian", "https://third.example/debian"});
  CHECK(mirrors.urls_for(repository("debian-security"), folder.path("")) ==
        Urls{"http://x.example/debian-security"});
}
