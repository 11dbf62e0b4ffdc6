#include "recipe/mirror_map.h"

#include <cstdlib>

#include "base/error.h"
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

TEST_CASE("a form that cannot be used stops nobody whom another source serves") {
  const RecipeFolder folder;
  const MirrorMap mirrors({{}, folder.path("apt"), {}});
  const auto message = [&] {
    const auto error = error_of([&] { mirrors.urls_for(repository("debian"), folder.path("")); });
    return error ? error->message() : "served";
  };
  const std::string list = folder.path("apt/sources.list").string();
  for (const std::string form :
       {"mirror", "mirror+https", "mirror+http", "tor+https", "cdrom", "s3", "ftp", "ar+https"}) {
    folder.write("apt/sources.list", "# ours\ndeb " + form + "://me:secret@a.example/debian sid main\n");
    CHECK(message() == "no mirror is known for the archive \"debian\"\n  " + list + ":2: `" + form +
                           ":` is a form that cannot be used");
    folder.write("apt/sources.list.d/b.list", "deb http://b.example/debian sid main\n");
    CHECK(mirrors.urls_for(repository("debian"), folder.path("")) == Urls{"http://b.example/debian"});
    folder.write("apt/sources.list.d/b.list", "");
  }
  folder.write("apt/sources.list", "deb mirror+file:/nowhere/debian.list sid main\n");
  CHECK(message().find(list + ":1: the list of mirrors /nowhere/debian.list cannot be read") !=
        std::string::npos);
  folder.write("apt/mirrors/debian.list", "\nftp://a.example/debian\nmirror+file:/etc/hosts\nnonsense\n");
  const std::string mirror_list = folder.path("apt/mirrors/debian.list").string();
  folder.write("apt/sources.list", "deb mirror+file:" + mirror_list + " sid main\n");
  CHECK(message().find(mirror_list + ":2: `ftp:` is a form") != std::string::npos);
  CHECK(message().find(mirror_list + ":3: `mirror+file:` is a form") != std::string::npos);
  CHECK(message().find(mirror_list + ":4: not a URI") != std::string::npos);
}

TEST_CASE("sources as cloud images of Debian have them are read") {
  const RecipeFolder folder;
  const MirrorMap mirrors({{}, folder.path("apt"), {}});
  const std::string lists = folder.path("apt/mirrors").string();
  for (const std::string scheme : {"mirror+file:", "mirror+file://", "mirror+file://localhost"}) {
    folder.write("apt/mirrors/debian.list", "https://mirror.example/debian\n");
    folder.write("apt/mirrors/debian-security.list", "https://mirror.example/debian-security\n");
    folder.write("apt/sources.list.d/debian.sources",
                 "Types: deb deb-src\nURIs: " + scheme + lists +
                     "/debian.list\n"
                     "Suites: bookworm bookworm-updates bookworm-backports\nComponents: main\n\n"
                     "Types: deb deb-src\nURIs: " +
                     scheme + lists + "/debian-security.list\nSuites: bookworm-security\nComponents: main\n");
    CHECK(mirrors.urls_for(repository("debian"), folder.path("")) == Urls{"https://mirror.example/debian"});
    CHECK(mirrors.urls_for(repository("debian-security"), folder.path("")) ==
          Urls{"https://mirror.example/debian-security"});
  }
  // More mirrors than one, and what lies on this machine.
  folder.write("apt/mirrors/debian.list",
               "# "
               "two\r\nhttp://b.example/debian/\tpriority:2\r\nhttp://a.example/debian\tpriority:1\r\nfile:/"
               "srv/debian\r\ncopy:/mnt/debian\r\n");
  CHECK(
      mirrors.urls_for(repository("debian"), folder.path("")) ==
      Urls{"http://a.example/debian", "http://b.example/debian", "file:///srv/debian", "file:///mnt/debian"});
}
