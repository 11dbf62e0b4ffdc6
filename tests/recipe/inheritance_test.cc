#include <fmt/format.h>

#include <set>

#include "recipe/recipe.h"
#include "recipe_folder.h"
#include "support/catch.h"

using namespace bootstrap;
using namespace std::chrono_literals;

namespace {

const char* const kBase = R"(name: base
version: "12.0"
architectures: [amd64]
repositories: [{archive: debian, suites: [sid], signed-by: [key.asc]}]
packages:
  variant: essential
  include: [curl]
  exclude: [vim]
  recommends: true
  pins: [{package: "*", suite: sid, priority: 500}]
scripts: skip
debconf: ["a a/b string c"]
paths: {exclude: [/usr/share/doc/*], include: [/usr/share/doc/*/copyright]}
files: [{source: site, target: /srv}]
users: [{name: app, uid: 10001}]
image:
  entrypoint: [/init]
  cmd: [--all]
  env: {LANG: C.UTF-8, TZ: UTC}
  workdir: /srv
  labels: {a: base}
layers: {compression: zstd, max: 5}
tests: [{name: t, tcp: 80}]
limits: {memory: 1G, pids: 10, timeout: 5s}
)";

}  // namespace

TEST_CASE("a child has from its parent what it leaves out") {
  const RecipeFolder folder;
  folder.write("base.yml", kBase);
  const RecipeChain chain = folder.load("name: web\nextends: base.yml\n");
  REQUIRE(chain.size() == 2);
  CHECK(chain[0].name == "base");
  const Recipe& web = chain[1];
  CHECK(web.extends == folder.path("base.yml"));
  CHECK(web.architectures == std::vector<std::string>{"amd64"});
  CHECK(web.repositories.size() == 1);
  CHECK(web.packages.recommends);
  CHECK(web.packages.pins.size() == 1);
  CHECK(web.scripts == ScriptMode::kSkip);
  CHECK(web.paths.exclude == chain[0].paths.exclude);
  CHECK(web.image.entrypoint == chain[0].image.entrypoint);
  CHECK(web.image.cmd == chain[0].image.cmd);
  CHECK(web.layers.compression == Compression::kZstd);
  CHECK(web.limits.timeout == 5s);

  CHECK(!web.version);
  CHECK(web.packages.variant == Variant::kCustom);
  CHECK(web.packages.include.empty());
  CHECK(web.packages.exclude.empty());
  CHECK(web.debconf.empty());
  CHECK(web.files.empty());
  CHECK(web.users.empty());
  CHECK(web.tests.empty());
}

TEST_CASE("what a child says replaces its parent's word, key by key") {
  const RecipeFolder folder;
  folder.write("base.yml", kBase);
  const Recipe web = folder
                         .load(
                             "name: web\nextends: base.yml\n"
                             "packages: {recommends: false, pins: []}\n"
                             "paths: {exclude: [/x]}\n"
                             "image: {entrypoint: [nginx], env: {TZ: CET, A: b}, labels: {b: web}}\n"
                             "layers: {max: 3}\n"
                             "limits: {pids: 20}\n")
                         .back();
  CHECK(!web.packages.recommends);
  CHECK(web.packages.pins.empty());
  CHECK(web.paths.exclude == std::vector<std::string>{"/x"});
  CHECK(web.paths.include == std::vector<std::string>{"/usr/share/doc/*/copyright"});
  CHECK(web.image.entrypoint == std::vector<std::string>{"nginx"});
  CHECK(web.image.cmd.empty());
  CHECK(web.image.env == std::map<std::string, std::string>{{"A", "b"}, {"LANG", "C.UTF-8"}, {"TZ", "CET"}});
  CHECK(web.image.labels == std::map<std::string, std::string>{{"a", "base"}, {"b", "web"}});
  CHECK(web.image.workdir == "/srv");
  CHECK(web.layers.compression == Compression::kZstd);
  CHECK(web.layers.max == 3);
  CHECK(web.limits.memory == 1ULL << 30);
  CHECK(web.limits.pids == 20);
}

TEST_CASE("a label that describes one image is not its children's") {
  using Labels = std::map<std::string, std::string>;
  const RecipeFolder folder;
  folder.write("base.yml", std::string(kBase).replace(std::string(kBase).find("{a: base}"), 9,
                                                      "{team: x, org.opencontainers.image.title: base, "
                                                      "org.opencontainers.image.description: small, "
                                                      "org.label-schema.name: base}"));
  const auto labels_of = [&](const std::string& image) {
    return folder.load("name: web\nextends: base.yml\n" + image).back().image.labels;
  };
  CHECK(labels_of("") == Labels{{"team", "x"}});
  CHECK(labels_of("image: {labels: {org.opencontainers.image.title: web}}\n") ==
        Labels{{"team", "x"}, {"org.opencontainers.image.title", "web"}});
  folder.write(
      "middle.yml",
      "name: middle\nextends: base.yml\nimage: {labels: {org.opencontainers.image.title: middle}}\n");
  CHECK(folder.load("name: web\nextends: middle.yml\n").back().image.labels == Labels{{"team", "x"}});
}

TEST_CASE("a label that is not inherited counts in the recipe's digest") {
  const RecipeFolder folder;
  const std::string title = "org.opencontainers.image.title";
  folder.write("base.yml", kMinimal + "image: {labels: {" + title + ": base}}\n");
  const auto digest_of = [&](const std::string& image) {
    return recipe_digest(folder.load("name: shop\nextends: base.yml\n" + image).back());
  };
  const std::set<Digest> digests{digest_of(""), digest_of("image: {labels: {" + title + ": shop}}\n"),
                                 digest_of("image: {labels: {" + title + ": base}}\n")};
  CHECK(digests.size() == 3);
}

TEST_CASE("a grandchild has it from both") {
  const RecipeFolder folder;
  folder.write("base.yml", kBase);
  folder.write("sub/web.yml", "name: web\nextends: ../base.yml\nimage: {workdir: /web}\n");
  folder.write("shop.yml", "name: shop\nextends: sub/web.yml\n");
  const RecipeChain chain = load_recipe(folder.path("shop.yml"));
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].name == "base");
  CHECK(chain[1].name == "web");
  CHECK(chain[2].image.workdir == "/web");
  CHECK(chain[2].repositories[0].signed_by[0] == folder.path("key.asc"));
}

TEST_CASE("a child cannot contradict what its parent's layers already hold") {
  const RecipeFolder folder;
  folder.write("base.yml", kBase);
  const auto refused = [&](const std::string& lines) {
    const Error error = folder.refusal("name: web\nextends: base.yml\n" + lines);
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.message();
  };
  CHECK(refused("packages: {variant: minbase}\n")
            .starts_with("web.yml:3:12: a recipe that extends another has no variant"));
  CHECK(refused("architectures: [amd64, arm64]\n")
            .starts_with("web.yml:3:24: the parent recipe \"base\" has no arm64"));
  CHECK(refused("users: [{name: app, uid: 7}]\n").find("already has the user app") != std::string::npos);
  CHECK(refused("users: [{name: job, uid: 10001}]\n").find("already has the user app") != std::string::npos);
  CHECK(folder.refusal("name: base\nextends: base.yml\n").message().find("is called \"base\" too") !=
        std::string::npos);
}

TEST_CASE("loops and missing parents are found") {
  const RecipeFolder folder;
  CHECK(folder.refusal("name: web\nextends: gone.yml\n").message().find("no such recipe") !=
        std::string::npos);
  CHECK(folder.refusal("name: web\nextends: site\n").message().find("no such recipe") != std::string::npos);
  CHECK(folder.refusal("name: web\nextends: web.yml\n").message().starts_with("web.yml:2:10: a loop"));
  CHECK(folder.refusal("name: web\nextends: ./site/../web.yml\n").message().find("a loop") !=
        std::string::npos);

  folder.write("a.yml", "name: a\nextends: b.yml\n");
  folder.write("b.yml", "name: b\nextends: c.yml\n");
  folder.write("c.yml", "name: c\nextends: a.yml\n");
  const auto loop = error_of([&] { load_recipe(folder.path("a.yml")); });
  REQUIRE(loop);
  CHECK(loop->kind() == ErrorKind::kUsage);
  CHECK(loop->message().find("c.yml:2:10: a loop") != std::string::npos);

  std::filesystem::create_symlink("web.yml", folder.path("link.yml"));
  CHECK(folder.refusal("name: web\nextends: link.yml\n").message().find("a loop") != std::string::npos);

  for (int i = 0; i < 40; ++i)
    folder.write(fmt::format("n{}.yml", i), fmt::format("name: n{}\nextends: n{}.yml\n", i, i + 1));
  const auto deep = error_of([&] { load_recipe(folder.path("n0.yml")); });
  REQUIRE(deep);
  CHECK(deep->message().find("more than 16 recipes") != std::string::npos);
}

TEST_CASE("an error in a parent points into the parent") {
  const RecipeFolder folder;
  folder.write("base.yml", "name: base\nbogus: 1\n");
  CHECK(folder.refusal("name: web\nextends: base.yml\n")
            .message()
            .starts_with("base.yml:2:1: unknown key \"bogus\""));
}
