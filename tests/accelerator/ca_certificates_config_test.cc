#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "accelerator_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

struct Conversation {
  int status = 0;  ///< 77: left to the original
  std::vector<std::string> commands;
};

/// Plays debconf: answers "0 ok" but to what is in `answers`.
Conversation converse(const RootFixture& fixture, const std::map<std::string, std::string>& answers) {
  int to_script[2];
  int from_script[2];
  REQUIRE((::pipe(to_script) == 0 && ::pipe(from_script) == 0));
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(to_script[0], STDIN_FILENO);
    ::dup2(from_script[1], STDOUT_FILENO);
    for (const int fd : {to_script[0], to_script[1], from_script[0], from_script[1]})
      ::close(fd);
    ::_exit(ca_certificates_config(fixture.call({"configure", ""})).value_or(77));
  }
  ::close(to_script[0]);
  ::close(from_script[1]);
  Conversation conversation;
  std::string line;
  for (char c = 0; ::read(from_script[0], &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
      continue;
    }
    const auto answer = answers.find(line);
    const std::string reply = (answer == answers.end() ? "0 ok" : answer->second) + "\n";
    if (::write(to_script[1], reply.data(), reply.size()) < 0)
      break;
    conversation.commands.push_back(std::move(line));
    line.clear();
  }
  ::close(to_script[1]);
  ::close(from_script[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  conversation.status = WEXITSTATUS(status);
  return conversation;
}

const std::vector<std::string> kQuestions = {"VERSION 2.0",
                                             "CAPB multiselect",
                                             "SETTITLE ca-certificates/title",
                                             "INPUT medium ca-certificates/trust_new_crts",
                                             "GO ",
                                             "GET ca-certificates/trust_new_crts",
                                             "FGET ca-certificates/enable_crts seen",
                                             "GET ca-certificates/enable_crts",
                                             "FGET ca-certificates/new_crts seen"};

std::map<std::string, std::string> answers(const std::string& trust) {
  return {{"GET ca-certificates/trust_new_crts", "0 " + trust},
          {"INPUT medium ca-certificates/trust_new_crts", "30 question skipped"},
          {"FGET ca-certificates/enable_crts seen", "0 false"}};
}

std::vector<std::string> told(const std::string& enabled) {
  std::vector<std::string> commands = kQuestions;
  commands.insert(
      commands.end(),
      {"SUBST ca-certificates/new_crts new_crts ", "FSET ca-certificates/new_crts seen true",
       "SET ca-certificates/enable_crts " + enabled,
       "SUBST ca-certificates/enable_crts enable_crts b.crt, c/a.crt, local.crt",
       "FSET ca-certificates/enable_crts seen false", "INPUT low ca-certificates/enable_crts", "GO "});
  return commands;
}

void add_files(const RootFixture& fixture) {
  fixture.write("/original", "#!/bin/sh\n# CERTS_LIST=\nCERTS_LIST=\"c/a.crt, b.crt\"\nexit 0\n");
  fixture.write("/usr/share/ca-certificates/c/a.crt", "");
  fixture.write("/usr/share/ca-certificates/local.crt", "");
  fixture.write("/usr/share/ca-certificates/README", "");
}

}  // namespace

TEST_CASE("debconf is told which certificates there are, in the script's words") {
  const Variable frontend("DEBIAN_HAS_FRONTEND", "1");
  const Variable locale("LC_ALL", "C.UTF-8");
  const RootFixture fixture;
  add_files(fixture);
  SECTION("all are trusted by default") {
    const Conversation conversation = converse(fixture, answers("yes"));
    CHECK(conversation.status == 0);
    CHECK(conversation.commands == told("b.crt, c/a.crt, local.crt"));
  }
  SECTION("none if the recipe's debconf line says so") {
    const Conversation conversation = converse(fixture, answers("no"));
    CHECK(conversation.status == 0);
    CHECK(conversation.commands == told(""));
  }
  SECTION("to be asked is the original's business, which starts afresh") {
    const Conversation conversation = converse(fixture, answers("ask"));
    CHECK(conversation.status == 77);
    CHECK(conversation.commands.size() <= kQuestions.size());
  }
  SECTION("a refused command ends it with debconf's code") {
    auto refusing = answers("yes");
    refusing["FSET ca-certificates/new_crts seen true"] = "10 no such question";
    CHECK(converse(fixture, refusing).status == 10);
  }
}

TEST_CASE("before it says anything it makes sure that this is the first run") {
  const Variable frontend("DEBIAN_HAS_FRONTEND", "1");
  const RootFixture fixture;
  add_files(fixture);
  SECTION("not configured before") {
    const Variable locale("LC_ALL", "C.UTF-8");
    fixture.write("/etc/ca-certificates.conf", "a.crt\n");
    CHECK(converse(fixture, {}).status == 77);
  }
  SECTION("a locale with an order of its own") {
    const Variable locale("LC_ALL", "de_DE.UTF-8");
    CHECK(converse(fixture, {}).status == 77);
  }
  SECTION("a name that the shell would split") {
    const Variable locale("LC_ALL", "C.UTF-8");
    fixture.write("/usr/share/ca-certificates/a b.crt", "");
    const Conversation conversation = converse(fixture, {});
    CHECK(conversation.status == 77);
    CHECK(conversation.commands.empty());
  }
}
