#include "recipe/recipe.h"

#include <fmt/format.h>

#include <algorithm>

#include "recipe_folder.h"
#include "support/catch.h"

using namespace bootstrap;
using namespace std::chrono_literals;

namespace {

// The example of the reference, shortened nowhere.
const char* const kWeb = R"(name: web
version: "1.4"
architectures: [amd64, arm64]
repositories:
  - archive: debian
    suites: [bookworm, bookworm-updates]
    components: [main, contrib]
    signed-by: [key.asc]
  - archive: debian-security
    suites: [bookworm-security]
    signed-by: [key.asc]
    security: true
    url: https://mirror.example/debian-security/
packages:
  variant: essential
  include: [nginx, ca-certificates]
  exclude: [vim]
  recommends: true
  pins:
    - {package: "nginx*", suite: bookworm-backports, priority: 600}
scripts: skip
debconf: ["tzdata tzdata/Areas select Etc"]
paths:
  exclude: [/usr/share/doc/*, /usr/share/man/*]
  include: [/usr/share/doc/*/copyright]
files:
  - {source: site/, target: /var/www/html, owner: "www-data:adm", mode: "0640"}
  - {source: key.asc, target: /etc/key}
users:
  - {name: app, uid: 10001, home: /srv, shell: /bin/sh}
  - {name: job, uid: 10002, gid: 10001}
image:
  entrypoint: [nginx, -g, "daemon off;"]
  cmd: [--help]
  env: {LANG: C.UTF-8, EMPTY: ""}
  user: app
  workdir: /srv
  ports: [80/tcp, 443]
  stop-signal: SIGQUIT
  labels: {org.opencontainers.image.title: web}
layers: {compression: zstd, max: 7}
tests:
  - {name: config, run: [nginx, -t], exit: 1, stdout: {equals: ""}, stderr: {contains: "syntax is ok"}, timeout: 500ms}
  - {name: serves, http: "http://127.0.0.1:80/", status: 404, body: {matches: "n[g]inx"}}
  - {name: listens, tcp: 80}
limits: {memory: 1G, pids: 99, timeout: 2m}
)";

std::string message_of(const RecipeFolder& folder, std::string_view text) {
  const Error error = folder.refusal(text);
  CHECK(error.kind() == ErrorKind::kUsage);
  return error.message();
}

bool is_refused_with(const RecipeFolder& folder, const std::string& lines, std::string_view words) {
  const std::string message = message_of(folder, kMinimal + lines);
  INFO(message);
  CHECK(message.find(words) != std::string::npos);
  return message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("every key of a recipe is read") {
  const RecipeFolder folder;
  const RecipeChain chain = folder.load(kWeb);
  REQUIRE(chain.size() == 1);
  const Recipe& recipe = chain[0];
  CHECK(recipe.file == folder.path("web.yml"));
  CHECK(recipe.name == "web");
  CHECK(recipe.version == "1.4");
  CHECK(!recipe.extends);
  CHECK(recipe.architectures == std::vector<std::string>{"amd64", "arm64"});

  REQUIRE(recipe.repositories.size() == 2);
  CHECK(recipe.repositories[0].archive == "debian");
  CHECK(recipe.repositories[0].suites == std::vector<std::string>{"bookworm", "bookworm-updates"});
  CHECK(recipe.repositories[0].components == std::vector<std::string>{"main", "contrib"});
  CHECK(recipe.repositories[0].signed_by == std::vector<std::filesystem::path>{folder.path("key.asc")});
  CHECK(!recipe.repositories[0].security);
  CHECK(!recipe.repositories[0].url);
  CHECK(recipe.repositories[1].components == std::vector<std::string>{"main"});
  CHECK(recipe.repositories[1].security);
  CHECK(recipe.repositories[1].url == "https://mirror.example/debian-security");

  CHECK(recipe.packages.variant == Variant::kEssential);
  CHECK(recipe.packages.include == std::vector<std::string>{"nginx", "ca-certificates"});
  CHECK(recipe.packages.exclude == std::vector<std::string>{"vim"});
  CHECK(recipe.packages.recommends);
  REQUIRE(recipe.packages.pins.size() == 1);
  CHECK(recipe.packages.pins[0].package == "nginx*");
  CHECK(recipe.packages.pins[0].suite == "bookworm-backports");
  CHECK(!recipe.packages.pins[0].archive);
  CHECK(recipe.packages.pins[0].priority == 600);

  CHECK(recipe.scripts == ScriptMode::kSkip);
  CHECK(recipe.debconf == std::vector<std::string>{"tzdata tzdata/Areas select Etc"});
  CHECK(recipe.paths.exclude == std::vector<std::string>{"/usr/share/doc/*", "/usr/share/man/*"});
  CHECK(recipe.paths.include == std::vector<std::string>{"/usr/share/doc/*/copyright"});
}

TEST_CASE("every key of a recipe's image and tests is read") {
  const RecipeFolder folder;
  const Recipe recipe = folder.load(kWeb).back();

  REQUIRE(recipe.files.size() == 2);
  CHECK(recipe.files[0].target == "/var/www/html");
  CHECK(recipe.files[0].user == "www-data");
  CHECK(recipe.files[0].group == "adm");
  CHECK(recipe.files[0].mode == 0640U);
  CHECK(recipe.files[1].source == folder.path("key.asc"));
  CHECK(recipe.files[1].user == "root");
  CHECK(!recipe.files[1].mode);
  REQUIRE(recipe.users.size() == 2);
  CHECK(recipe.users[0].uid == 10001);
  CHECK(recipe.users[0].gid == 10001);
  CHECK(recipe.users[0].shell == "/bin/sh");
  CHECK(recipe.users[1].gid == 10001);
  CHECK(recipe.users[1].home == "/nonexistent");

  CHECK(recipe.image.entrypoint == std::vector<std::string>{"nginx", "-g", "daemon off;"});
  CHECK(recipe.image.cmd == std::vector<std::string>{"--help"});
  CHECK(recipe.image.env == std::map<std::string, std::string>{{"EMPTY", ""}, {"LANG", "C.UTF-8"}});
  CHECK(recipe.image.user == "app");
  CHECK(recipe.image.workdir == "/srv");
  CHECK(recipe.image.ports == std::vector<std::string>{"80/tcp", "443/tcp"});
  CHECK(recipe.image.stop_signal == "SIGQUIT");
  CHECK(recipe.image.labels.at("org.opencontainers.image.title") == "web");
  CHECK(recipe.layers.compression == Compression::kZstd);
  CHECK(recipe.layers.max == 7);

  REQUIRE(recipe.tests.size() == 3);
  const auto& command = std::get<CommandTest>(recipe.tests[0].kind);
  CHECK(command.argv == std::vector<std::string>{"nginx", "-t"});
  CHECK(!command.beside_service);
  CHECK(command.exit == 1);
  CHECK(command.out.equals == "");
  CHECK(command.err.contains == "syntax is ok");
  CHECK(recipe.tests[0].timeout == 500ms);
  const auto& http = std::get<HttpTest>(recipe.tests[1].kind);
  CHECK(http.url == "http://127.0.0.1:80/");
  CHECK(http.status == 404);
  CHECK(http.body.matches == std::vector<std::string>{"n[g]inx"});
  CHECK(std::get<TcpTest>(recipe.tests[2].kind).port == 80);
  CHECK(recipe.limits.memory == 1ULL << 30);
  CHECK(recipe.limits.pids == 99);
  CHECK(recipe.limits.timeout == 2min);
}

TEST_CASE("what is left out has a default") {
  const RecipeFolder folder;
  const Recipe recipe =
      folder.load("name: web\nrepositories: [{archive: debian, suites: [sid], signed-by: [key.asc]}]\n")
          .back();
  CHECK(recipe.architectures.size() == 1);
  CHECK(recipe.packages.variant == Variant::kMinbase);
  CHECK(!recipe.packages.recommends);
  CHECK(recipe.scripts == ScriptMode::kRun);
  CHECK(recipe.image.workdir == "/");
  CHECK(recipe.layers.compression == Compression::kGzip);
  CHECK(recipe.layers.max == 12);
  CHECK(recipe.limits.timeout == 60s);
}

TEST_CASE("an unknown key is an error that names the nearest one") {
  const RecipeFolder folder;
  const Error error = folder.refusal(kMinimal + "pakages: {include: [nginx]}\n");
  CHECK(error.kind() == ErrorKind::kUsage);
  CHECK(error.message() == "web.yml:5:1: unknown key \"pakages\"\npakages: {include: [nginx]}\n^");
  CHECK(error.hint() == "did you mean \"packages\"?");

  const Error far = folder.refusal(kMinimal + "layers: {count: 3}\n");
  CHECK(far.message().starts_with("web.yml:5:10: unknown key \"count\""));
  CHECK(far.hint() == "known keys: compression, max");
}

TEST_CASE("each section refuses what it does not know") {
  const RecipeFolder folder;
  const std::string unknown = "unknown key \"x\"";
  is_refused_with(folder, "packages: {x: 1}\n", unknown);
  is_refused_with(folder, "packages: {pins: [{x: 1}]}\n", unknown);
  is_refused_with(folder, "paths: {x: 1}\n", unknown);
  is_refused_with(folder, "files: [{x: 1}]\n", unknown);
  is_refused_with(folder, "users: [{x: 1}]\n", unknown);
  is_refused_with(folder, "image: {x: 1}\n", unknown);
  is_refused_with(folder, "layers: {x: 1}\n", unknown);
  is_refused_with(folder, "tests: [{x: 1}]\n", unknown);
  is_refused_with(folder, "limits: {x: 1}\n", unknown);
  CHECK(message_of(folder, "name: web\nrepositories: [{x: 1}]\n").find(unknown) != std::string::npos);
}

TEST_CASE("a recipe needs a name and a repository with keys") {
  const RecipeFolder folder;
  CHECK(message_of(folder, "").find("expected a map, found nothing") != std::string::npos);
  CHECK(message_of(folder, "[]\n").find("expected a map, found a list") != std::string::npos);
  CHECK(message_of(folder, "version: \"1\"\n").find("\"name\" is missing") != std::string::npos);
  CHECK(message_of(folder, "name: web\n").find("\"repositories\" is missing") != std::string::npos);
  CHECK(message_of(folder, "name: web\nrepositories: []\n").find("an image needs a repository") !=
        std::string::npos);
  const auto repository = [&](const std::string& fields) {
    return message_of(folder, "name: web\nrepositories: [{" + fields + "}]\n");
  };
  CHECK(repository("suites: [a1], signed-by: [key.asc]").find("\"archive\" is missing") != std::string::npos);
  CHECK(repository("archive: debian, signed-by: [key.asc]").find("\"suites\" is missing") !=
        std::string::npos);
  CHECK(repository("archive: debian, suites: [sid]").find("\"signed-by\" is missing") != std::string::npos);
  CHECK(repository("archive: debian, suites: [sid], signed-by: []").find("needs a key") != std::string::npos);
  CHECK(repository("archive: debian, suites: [], signed-by: [key.asc]").find("needs a suite") !=
        std::string::npos);
  CHECK(repository("archive: debian, suites: [../x], signed-by: [key.asc]").find("name of a suite") !=
        std::string::npos);
  CHECK(repository("archive: de/bian, suites: [sid], signed-by: [key.asc]").find("name of an archive") !=
        std::string::npos);
  CHECK(repository("archive: debian, suites: [sid], signed-by: [key.asc], url: ftp://m.example/d")
            .find("URL of a mirror") != std::string::npos);
  CHECK(repository("archive: debian, suites: [sid], signed-by: [key.asc], security: yes")
            .find("expected true or false") != std::string::npos);
  CHECK(repository("archive: debian, suites: [sid, sid], signed-by: [key.asc]").find("here twice") !=
        std::string::npos);
}

TEST_CASE("files that a recipe names must be there") {
  const RecipeFolder folder;
  const Error missing = folder.refusal(
      "name: web\nrepositories:\n  - archive: debian\n    suites: [sid]\n    signed-by: [no.asc]\n");
  CHECK(missing.message() ==
        "web.yml:5:17: no such file: no.asc\n    signed-by: [no.asc]\n                ^");
  CHECK(missing.hint().find(folder.path("no.asc").string()) != std::string::npos);
  CHECK(message_of(folder, "name: web\nrepositories: [{archive: debian, suites: [sid], signed-by: [site]}]\n")
            .find("not a regular file: site") != std::string::npos);
  is_refused_with(folder, "files: [{source: gone, target: /x}]\n", "no such file: gone");

  const auto error = error_of([&] { load_recipe(folder.path("gone.yml")); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::kUsage);
  CHECK(error->message().find("gone.yml") != std::string::npos);
  const auto not_a_file = error_of([&] { load_recipe(folder.path("site")); });
  REQUIRE(not_a_file);
  CHECK(not_a_file->kind() == ErrorKind::kUsage);
}

TEST_CASE("values that look right to people only are refused") {
  const RecipeFolder folder;
  CHECK(message_of(folder, "name: Web\n").find("not the name of a recipe") != std::string::npos);
  CHECK(message_of(folder, "name: ../web\n").find("not the name of a recipe") != std::string::npos);
  is_refused_with(folder, "version: 1.10\n", "expected a quoted string");
  is_refused_with(folder, "version: 1.4.2\n", "expected a quoted string");
  is_refused_with(folder, "version: \"one\"\n", "not a version");
  is_refused_with(folder, "files: [{source: site, target: /x, mode: 0644}]\n", "expected a quoted string");
  is_refused_with(folder, "files: [{source: site, target: /x, mode: \"0888\"}]\n", "not a file mode");
  is_refused_with(folder, "files: [{source: site, target: x}]\n", "not an absolute path");
  is_refused_with(folder, "files: [{source: site, target: /a/../b}]\n", "not an absolute path");
  is_refused_with(folder, "files: [{source: site, target: /x, owner: \"a:b:c\"}]\n", "not an owner");
  is_refused_with(folder, "scripts: no\n", "not a string for every");
  is_refused_with(folder, "scripts: skp\n", "unknown value \"skp\"");
  is_refused_with(folder, "packages: {recommends: no}\n", "expected true or false");
  is_refused_with(folder, "paths: {exclude: [usr/share/doc/*]}\n", "not an absolute glob");
  is_refused_with(folder, "debconf: [tzdata]\n", "not a line of debconf-set-selections");
  is_refused_with(folder, "limits: {memory: 512}\n", "not a size");
  is_refused_with(folder, "limits: {timeout: 60}\n", "not a duration");
  is_refused_with(folder, "limits: {pids: 0}\n", "must be a number from 1");
  is_refused_with(folder, "layers: {max: 0}\n", "must be a number from 1 to 100");
  is_refused_with(folder, "layers: {max: 101}\n", "must be a number from 1 to 100");
  is_refused_with(folder, "layers: {max: 99999999999999999999}\n", "must be a number from 1 to 100");
  is_refused_with(folder, "layers: {compression: xz}\n", "unknown value \"xz\"");
  CHECK(message_of(folder, "name: web\narchitectures: [x86_64]\n").find("unknown value \"x86_64\"") !=
        std::string::npos);
  CHECK(folder.refusal("name: web\narchitectures: [amd46]\n").hint() == "did you mean \"amd64\"?");
}

TEST_CASE("package lists are checked") {
  const RecipeFolder folder;
  is_refused_with(folder, "packages: {include: nginx}\n", "expected a list");
  is_refused_with(folder, "packages: {include: [nginx=1.2]}\n", "not the name of a package");
  is_refused_with(folder, "packages: {include: [\"nginx; rm\"]}\n", "not the name of a package");
  is_refused_with(folder, "packages: {include: [\"$(id)\"]}\n", "not the name of a package");
  is_refused_with(folder, "packages: {include: [\"a\\nb\"]}\n", "not the name of a package");
  is_refused_with(folder, "packages: {include: [no]}\n", "not a string for every");
  is_refused_with(folder, "packages: {include: [nginx, nginx]}\n", "\"nginx\" is here twice");
  is_refused_with(folder, "packages: {include: [nginx], exclude: [nginx]}\n", "both included and excluded");
  is_refused_with(folder, "packages: {variant: minbas}\n", "unknown value \"minbas\"");
  is_refused_with(folder, "packages: {pins: [{package: nginx, priority: 1}]}\n", "a pin needs an archive");
  is_refused_with(folder, "packages: {pins: [{package: nginx, suite: sid}]}\n", "\"priority\" is missing");
  is_refused_with(folder, "packages: {pins: [{package: nginx, suite: sid, priority: 0}]}\n", "must not be 0");
  is_refused_with(folder, "packages: {pins: [{package: nginx, version: 1.2, priority: 1}]}\n",
                  "a quoted string");
}

TEST_CASE("users are checked") {
  const RecipeFolder folder;
  is_refused_with(folder, "users: [{name: app}]\n", "\"uid\" is missing");
  is_refused_with(folder, "users: [{name: App, uid: 1000}]\n", "not the name of a user");
  is_refused_with(folder, "users: [{name: app, uid: 0}]\n", "must be a number from 1 to 65533");
  is_refused_with(folder, "users: [{name: app, uid: 65534}]\n", "must be a number from 1 to 65533");
  is_refused_with(folder, "users: [{name: app, uid: 4294967296}]\n", "must be a number");
  is_refused_with(folder, "users: [{name: app, uid: 5, home: \"/a:b\"}]\n",
                  "not a path that the user database can hold");
  is_refused_with(folder, "users: [{name: app, uid: 5}, {name: app, uid: 6}]\n",
                  "user \"app\" is here twice");
  is_refused_with(folder, "users: [{name: app, uid: 5}, {name: job, uid: 5}]\n",
                  "uid 5 is already that of \"app\"");
}

TEST_CASE("image options are checked") {
  const RecipeFolder folder;
  is_refused_with(folder, "image: {entrypoint: nginx -g}\n", "expected a list of arguments");
  is_refused_with(folder, "image: {entrypoint: [\"\"]}\n", "must not be empty");
  is_refused_with(folder, "image: {cmd: [serve, 8080]}\n", "not a string for every");
  is_refused_with(folder, "image: {env: {A-B: x}}\n", "not the name of an environment variable");
  is_refused_with(folder, "image: {env: {DEBUG: no}}\n", "not a string for every YAML reader");
  is_refused_with(folder, "image: {user: \"a:b:c\"}\n", "not a user");
  is_refused_with(folder, "image: {workdir: srv}\n", "not an absolute path");
  is_refused_with(folder, "image: {ports: [70000]}\n", "not a port");
  is_refused_with(folder, "image: {ports: [80, 80/tcp]}\n", "\"80/tcp\" is here twice");
  is_refused_with(folder, "image: {stop-signal: SIGFOO}\n", "not the name of a signal");
  is_refused_with(folder, "image: {labels: {a: 1}}\n", "not a string for every");
}

TEST_CASE("tests are checked") {
  const RecipeFolder folder;
  is_refused_with(folder, "tests: [{run: [x1]}]\n", "\"name\" is missing");
  is_refused_with(folder, "tests: [{name: t}]\n", "exactly one of run, exec");
  is_refused_with(folder, "tests: [{name: t, run: [x1], tcp: 80}]\n", "not both run and tcp");
  is_refused_with(folder, "tests: [{name: t, run: []}]\n", "needs a program");
  is_refused_with(folder, "tests: [{name: t, run: nginx -t}]\n", "expected a list");
  is_refused_with(folder, "tests: [{name: t, run: [x1], status: 200}]\n", "unknown key \"status\"");
  is_refused_with(folder, "tests: [{name: t, http: \"http://127.0.0.1:80/\", exit: 0}]\n",
                  "unknown key \"exit\"");
  is_refused_with(folder, "tests: [{name: t, tcp: 80, body: {contains: x}}]\n", "unknown key \"body\"");
  is_refused_with(folder, "tests: [{name: t, tcp: 0}]\n", "must be a number from 1 to 65535");
  is_refused_with(folder, "tests: [{name: t, http: \"http://mirror.example:80/\"}]\n", "image's own service");
  is_refused_with(folder, "tests: [{name: t, run: [x1], exit: 256}]\n", "must be a number from 0 to 255");
  is_refused_with(folder, "tests: [{name: t, run: [x1], stdout: ok}]\n", "expected a map");
  is_refused_with(folder, "tests: [{name: t, run: [x1], stdout: {}}]\n",
                  "equals, contains, matches and excludes");
  is_refused_with(folder, "tests: [{name: t, run: [x1], stdout: {matches: \"(\"}}]\n",
                  "not a regular expression");
  is_refused_with(folder, "tests: [{name: t, tcp: 80, timeout: 0s}]\n", "not a duration");
  is_refused_with(folder, "tests: [{name: t, tcp: 80}, {name: t, tcp: 81}]\n", "test \"t\" is here twice");
}

TEST_CASE("every kind of test is read") {
  const RecipeFolder folder;
  const Recipe recipe = folder
                            .load(std::string(kMinimal) + R"(tests:
  - {name: ready, exec: [pg_isready], env: {PGUSER: x}, stdout: {excludes: [refused, starting]}}
  - name: api
    http: "http://127.0.0.1:80/api"
    method: POST
    headers: {Accept: application/json}
    send: '{"a": 1}'
    answer-headers: {content-type: {contains: json}}
    json: {/ok: true, /items/0/count: 3, /name: "3"}
  - {name: page, file: /srv/index.html, mode: "0644", owner: "root:www-data", content: {contains: hi}}
  - {name: gone, file: /etc/machine-id, exists: false}
  - {name: account, user: app, uid: 10001, gid: 10002, home: /srv, shell: /bin/sh}
  - {name: ports, ports: [80, 53/udp]}
  - {name: setuid, no-setuid: true}
  - {name: setuid but one, no-setuid: {allow: [/usr/bin/passwd]}}
  - {name: read-only, read-only-rootfs: {writable: [/var/lib/app]}}
budgets: {size: 60M, packages: 120, setuid: 0}
sandbox: {profile: key.asc}
)")
                            .back();
  REQUIRE(recipe.tests.size() == 9);
  const auto& exec = std::get<CommandTest>(recipe.tests[0].kind);
  CHECK(exec.beside_service);
  CHECK(exec.env.at("PGUSER") == "x");
  CHECK(exec.out.excludes == std::vector<std::string>{"refused", "starting"});
  const auto& http = std::get<HttpTest>(recipe.tests[1].kind);
  CHECK(http.method == "POST");
  CHECK(http.headers.at("Accept") == "application/json");
  CHECK(http.send == "{\"a\": 1}");
  CHECK(http.answer_headers.at("content-type").contains == "json");
  CHECK(http.json.at("/ok") == true);
  CHECK(http.json.at("/items/0/count") == 3);
  CHECK(http.json.at("/name") == "3");
  const auto& file = std::get<FileTest>(recipe.tests[2].kind);
  CHECK(file.mode == 0644U);
  CHECK(file.user == "root");
  CHECK(file.group == "www-data");
  CHECK(file.content.contains == "hi");
  CHECK(!std::get<FileTest>(recipe.tests[3].kind).exists);
  CHECK(std::get<UserTest>(recipe.tests[4].kind).gid == 10002U);
  CHECK(std::get<PortsTest>(recipe.tests[5].kind).ports == std::vector<std::string>{"80/tcp", "53/udp"});
  CHECK(std::get<NoSetuidTest>(recipe.tests[6].kind).allow.empty());
  CHECK(std::get<NoSetuidTest>(recipe.tests[7].kind).allow.size() == 1);
  CHECK(std::get<ReadOnlyTest>(recipe.tests[8].kind).writable.size() == 1);
  CHECK(recipe.budgets.size == 60ULL << 20);
  CHECK(recipe.budgets.packages == 120U);
  CHECK(recipe.budgets.setuid == 0U);
  CHECK(!recipe.budgets.world_writable);
  CHECK(recipe.profile == folder.path("key.asc"));
}

TEST_CASE("what the kinds of tests refuse") {
  const RecipeFolder folder;
  is_refused_with(folder, "tests: [{name: t, http: \"http://127.0.0.1:80/\", method: get}]\n",
                  "not a method");
  is_refused_with(folder, "tests: [{name: t, http: \"http://127.0.0.1:80/\", headers: {\"a b\": c}}]\n",
                  "not the name of a header");
  is_refused_with(folder, "tests: [{name: t, http: \"http://127.0.0.1:80/\", headers: {a: \"b\\nc\"}}]\n",
                  "one line");
  is_refused_with(folder, "tests: [{name: t, http: \"http://127.0.0.1:80/\", json: {a: b1}}]\n",
                  "JSON pointer");
  is_refused_with(folder, "tests: [{name: t, file: etc/x}]\n", "not an absolute path");
  is_refused_with(folder, "tests: [{name: t, file: /x, exists: false, mode: \"0644\"}]\n", "does not exist");
  is_refused_with(folder, "tests: [{name: t, no-setuid: false}]\n", "expected true");
  is_refused_with(folder, "tests: [{name: t, ports: [80/icmp]}]\n", "not a port");
  is_refused_with(folder, "budgets: {sizes: 1M}\n", "unknown key \"sizes\"");
  is_refused_with(folder, "sandbox: {profile: none.json}\n", "no such file");
}

TEST_CASE("odd characters in file names are only names") {
  const RecipeFolder folder;
  const std::string name = "a 'b' \"c\" $(d) \n e";
  folder.write(name, "x");
  const Recipe recipe =
      folder.load(kMinimal + "files: [{source: \"a 'b' \\\"c\\\" $(d) \\n e\", target: \"/x y/$(z)\"}]\n")
          .back();
  CHECK(recipe.files[0].source == folder.path(name));
  CHECK(recipe.files[0].target == "/x y/$(z)");
}

TEST_CASE("every variant has its name") {
  for (const char* name :
       {"extract", "custom", "essential", "apt", "minbase", "buildd", "important", "standard"}) {
    const RecipeFolder folder;
    CHECK(name_of(folder.load(kMinimal + fmt::format("packages: {{variant: {}}}\n", name))
                      .back()
                      .packages.variant) == name);
  }
}

TEST_CASE("the recipes that come with bootstrap can be read") {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(BOOTSTRAP_SOURCE_DIR "/recipes"))
    // That of the tool itself names the key of the archive that scripts/package makes: see test_package.py.
    if (entry.path().extension() == ".yml" && entry.path().filename() != "mirrors.yml" &&
        entry.path().filename() != "tool.yml") {
      INFO(entry.path().string());
      const RecipeChain chain = load_recipe(entry.path());
      CHECK(chain.back().name == entry.path().stem().string());
      CHECK(!chain.back().tests.empty());
      CHECK(recipe_digest(chain.back()) == recipe_digest(chain.back()));
      names.push_back(chain.back().name);
    }
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"base", "builder", "db", "distroless", "fresh-bookworm",
                                          "fresh-trixie", "python", "trixie", "web"});
}

TEST_CASE("an update policy is checked") {
  const RecipeFolder folder;
  is_refused_with(folder, "update: {allow: everything}\n", "unknown value");
  is_refused_with(folder, "update: {hold: [Not A Name]}\n", "not the name of a package");
  is_refused_with(folder, "update: {max-age: 60s}\n", "not an age");
  is_refused_with(folder, "update: {x: 1}\n", "unknown key");
}
