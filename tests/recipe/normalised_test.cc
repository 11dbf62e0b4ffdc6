#include <sys/stat.h>

#include "recipe/recipe.h"
#include "recipe_folder.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

Digest digest_of(const RecipeFolder& folder, std::string_view text) {
  return recipe_digest(folder.load(text).back());
}

std::string with_crlf(std::string_view text) {
  std::string result;
  for (const char c : text)
    result += c == '\n' ? "\r\n" : std::string(1, c);
  return result;
}

const std::string kWithFiles = kMinimal + "files: [{source: site, target: /srv}]\n";

}  // namespace

TEST_CASE("the digest does not depend on how the recipe is written or where it lies") {
  const RecipeFolder folder, elsewhere;
  const Digest digest = digest_of(folder, kMinimal);
  CHECK(digest_of(elsewhere, kMinimal) == digest);
  CHECK(digest_of(folder, with_crlf(kMinimal)) == digest);
  CHECK(digest_of(folder, "# a comment\n" + kMinimal + "\n\n") == digest);
  CHECK(digest_of(folder, kMinimal + "scripts: run\nlayers: {max: 12}\npackages: {variant: minbase}\n") ==
        digest);
  CHECK(digest_of(folder,
                  "architectures: [arm64]\nname: other\nversion: \"2\"\n"
                  "repositories:\n- suites:\n  - bookworm\n  archive: 'debian'\n  signed-by: [./key.asc]\n"
                  "  url: https://mirror.example/debian\n") == digest);
  CHECK(digest_of(folder, kMinimal + "tests: [{name: t, tcp: 80}]\nlimits: {pids: 5}\n") == digest);
}

TEST_CASE("the digest depends on whatever can change the image") {
  const RecipeFolder folder;
  const Digest digest = digest_of(folder, kMinimal);
  for (const char* line : {"packages: {include: [nginx]}",
                           "packages: {variant: custom}",
                           "packages: {recommends: true}",
                           "packages: {exclude: [vim]}",
                           "packages: {pins: [{package: nginx, suite: sid, priority: 1}]}",
                           "scripts: skip",
                           "debconf: [\"a a/b string c\"]",
                           "paths: {exclude: [/x]}",
                           "paths: {include: [/x]}",
                           "files: [{source: site, target: /srv}]",
                           "users: [{name: app, uid: 5}]",
                           "image: {entrypoint: [x1]}",
                           "image: {cmd: [x1]}",
                           "image: {env: {A: b}}",
                           "image: {user: app}",
                           "image: {workdir: /srv}",
                           "image: {ports: [80]}",
                           "image: {stop-signal: SIGINT}",
                           "image: {labels: {a: b}}",
                           "layers: {max: 3}",
                           "layers: {compression: zstd}"}) {
    INFO(line);
    CHECK(digest_of(folder, kMinimal + line + "\n") != digest);
  }
}

TEST_CASE("keys count by content") {
  const RecipeFolder folder;
  const Digest digest = digest_of(folder, kMinimal);
  folder.write("key.asc", "another key\n");
  CHECK(digest_of(folder, kMinimal) != digest);
}

TEST_CASE("own files count by content, name and kind, not by date or umask") {
  const RecipeFolder folder;
  const std::filesystem::path file = folder.path("site/index.html");
  const Digest digest = digest_of(folder, kWithFiles);

  std::filesystem::last_write_time(file, std::filesystem::file_time_type{});
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  CHECK(digest_of(folder, kWithFiles) == digest);
  REQUIRE(::chmod(file.c_str(), 0700) == 0);
  CHECK(digest_of(folder, kWithFiles) != digest);
  REQUIRE(::chmod(file.c_str(), 0644) == 0);

  folder.write("site/index.html", "changed\n");
  CHECK(digest_of(folder, kWithFiles) != digest);
  folder.write("site/index.html", "hello\n");
  CHECK(digest_of(folder, kWithFiles) == digest);

  std::filesystem::create_symlink("index.html", folder.path("site/link"));
  const Digest with_link = digest_of(folder, kWithFiles);
  CHECK(with_link != digest);
  std::filesystem::remove(folder.path("site/link"));
  std::filesystem::create_directory(folder.path("site/link"));
  CHECK(digest_of(folder, kWithFiles) != with_link);
}

TEST_CASE("a file's own name counts where it is kept") {
  const RecipeFolder folder;
  folder.write("a", "x");
  folder.write("b", "x");
  const auto digest = [&](const std::string& source, const std::string& target) {
    return digest_of(folder, kMinimal + "files: [{source: " + source + ", target: " + target + "}]\n");
  };
  CHECK(digest("a", "/srv/") != digest("b", "/srv/"));
  CHECK(digest("a", "/srv/c") == digest("b", "/srv/c"));
}

TEST_CASE("what cannot be copied into an image is refused") {
  const RecipeFolder folder;
  REQUIRE(::mkfifo(folder.path("site/pipe").c_str(), 0600) == 0);
  const auto error = error_of([&] { digest_of(folder, kWithFiles); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::kUsage);
  CHECK(error->message().find("site/pipe") != std::string::npos);
}
