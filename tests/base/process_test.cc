#include "base/process.h"

#include <csignal>

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a child's output, error output and exit code come back apart") {
  ProcessResult result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(result.exit_code == 3);
  CHECK(result.out == "out\n");
  CHECK(result.err == "err\n");
}

TEST_CASE("more input than a pipe holds goes through while output comes back") {
  std::string input(1 << 20, 'x');
  CHECK(run_process({"cat"}, input).out == input);
  CHECK(run_process({"true"}, input).exit_code == 0);
}

TEST_CASE("a signal is told as shells tell it, a missing program is an error") {
  CHECK(run_process({"sh", "-c", "kill -9 $$"}).exit_code == 137);
  CHECK_THROWS_AS(run_process({"no-such-program-here"}), Error);
}

TEST_CASE("signals have names where there are any") {
  CHECK(signal_name(SIGSEGV) == "SIGSEGV");
  CHECK(signal_name(63) == "signal 63");
}
