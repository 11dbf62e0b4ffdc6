#include "recipe/structure_tests.h"

#include "base/error.h"
#include "recipe_folder.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

// The examples of container-structure-test's own README, and what its test files do besides.
constexpr const char* kFile = R"(schemaVersion: 2.0.0
globalEnvVars:
  - key: "VIRTUAL_ENV"
    value: "/env"
commandTests:
  - name: "say hello world"
    command: "bash"
    args:
      - -c
      - |
         echo hello &&
         echo world
    envVars: [{key: GREETING, value: hi}]
    exitCode: 3
    expectedOutput: ["hello", 1.5]
    excludedError: [".*Inst.*Security.* | .*Security.*Inst.*"]
fileExistenceTests:
- name: 'Root'
  path: '/'
  shouldExist: true
  permissions: 'drwxr-xr-x'
  uid: 0
  gid: 0
  isExecutableBy: 'group'
- name: 'temporary files'
  path: '/tmp'
  permissions: 'dtrwxrwxrwx'
- name: 'no shell'
  path: '/bin/sh'
  shouldExist: false
fileContentTests:
- name: 'Debian Sources'
  path: '/etc/apt/sources.list'
  expectedContents: ['.*httpredir\.debian\.org.*']
  excludedContents: ['.*gce_debian_mirror.*']
metadataTest:
  envVars:
    - key: foo
      value: baz
  labels:
    - key: 'build-date'
      value: '^\d{4}-\d{2}'
      isRegex: true
  exposedPorts: ["8080", "2345"]
  volumes: ["/test"]
  entrypoint: []
  cmd: ["/bin/bash"]
  workdir: "/app"
  user: "luke"
)";

std::vector<SmokeTest> read(const std::string& text) {
  return read_structure_tests(YamlNode::parse(text, "structure.yaml"));
}

TEST_CASE("a file of container-structure-test becomes smoke tests") {
  const std::vector<SmokeTest> tests = read(kFile);
  REQUIRE(tests.size() == 6);
  CHECK(tests[0].name == "say hello world");
  const auto& command = std::get<CommandTest>(tests[0].kind);
  CHECK(command.argv == std::vector<std::string>{"bash", "-c", "echo hello &&\necho world\n"});
  CHECK(command.env == std::map<std::string, std::string>{{"GREETING", "hi"}, {"VIRTUAL_ENV", "/env"}});
  CHECK(command.exit == 3);
  CHECK(command.out.matches == std::vector<std::string>{"hello", "1.5"});
  CHECK(command.err.excludes.size() == 1);

  const auto& root = std::get<FileTest>(tests[1].kind);
  CHECK(root.path == "/");
  CHECK(root.mode == 0755U);
  CHECK(root.user == "0");
  CHECK(root.executable_by == FileTest::Executor::kGroup);
  CHECK(std::get<FileTest>(tests[2].kind).mode == 01777U);
  CHECK(!std::get<FileTest>(tests[3].kind).exists);
  CHECK(std::get<FileTest>(tests[4].kind).content.excludes.size() == 1);

  const auto& metadata = std::get<MetadataTest>(tests[5].kind);
  CHECK(metadata.env.at("foo").equals == "baz");
  CHECK(metadata.labels.at("build-date").matches.size() == 1);
  CHECK(metadata.ports == std::vector<std::string>{"8080/tcp", "2345/tcp"});
  CHECK(metadata.entrypoint == std::vector<std::string>{});
  CHECK(metadata.user == "luke");
}

TEST_CASE("what would not be tested is refused") {
  const auto refusal = [](const std::string& text) {
    const auto error = error_of([&] { read(text); });
    return error ? error->message() : "accepted";
  };
  CHECK(refusal("schemaVersion: 1.0.0\n").find("only schemaVersion 2.0.0") != std::string::npos);
  CHECK(refusal("commandTests: []\n").find("\"schemaVersion\" is missing") != std::string::npos);
  const std::string head = "schemaVersion: 2.0.0\n";
  CHECK(refusal(head + "licenseTests: [{debian: true}]\n").find("not supported") != std::string::npos);
  CHECK(refusal(head + "commandTests: [{name: x, command: y, setup: [[z]]}]\n").find("setup commands") !=
        std::string::npos);
  CHECK(refusal(head + "commandTests: [{name: x, command: y, envVars: [{key: PATH, value: \"/x:$PATH\"}]}]\n")
            .find("not replaced") != std::string::npos);
  CHECK(refusal(head + "fileExistenceTests: [{name: x, path: /y, permissions: rw}]\n").find("not a mode") !=
        std::string::npos);
}

TEST_CASE("a recipe takes the tests of such a file along") {
  const RecipeFolder folder;
  folder.write(
      "structure.yaml",
      "schemaVersion: 2.0.0\ncommandTests: [{name: t, command: \"true\"}, {name: u, command: x1}]\n");
  const Recipe recipe =
      folder
          .load(
              "name: web\nrepositories: [{archive: debian, suites: [sid], signed-by: "
              "[key.asc]}]\ntests: [{structure-tests: structure.yaml}, {name: t, tcp: 80}]\n")
          .back();
  REQUIRE(recipe.tests.size() == 3);
  CHECK(recipe.tests[0].name == "t");
  CHECK(recipe.tests[1].name == "t (2)");
  CHECK(recipe.tests[2].name == "u");
}

}  // namespace
}  // namespace bootstrap
