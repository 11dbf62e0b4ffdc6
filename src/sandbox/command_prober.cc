#include "sandbox/command_prober.h"

#include <fcntl.h>
#include <poll.h>

#include "base/error.h"

namespace bootstrap {

namespace {

using namespace std::chrono_literals;

// Longer than between two connects: a command costs milliseconds of the machine that the service needs too.
constexpr auto kPause = 50ms;
constexpr auto kForever = 24h;

}  // namespace

CommandProber::CommandProber(const Probe& probe, Clock::time_point service_start, int requests, int answers)
    : Prober(probe, service_start), requests_(requests), answers_(answers) {
  check(::fcntl(answers_, F_SETFL, O_NONBLOCK), "fcntl");
}

short CommandProber::events() const {
  return POLLIN;
}

void CommandProber::step() {
  if (!running_) {
    if (Clock::now() < next_step())
      return;
    write_all(requests_, "+");
    running_ = true;
    set_next_step(Clock::now() + kForever);
  }
  const std::optional<CommandAnswer> answer = reader_.read(answers_);
  if (!answer)
    return;
  running_ = false;
  this->answer().exit_code = answer->exit_code;
  this->answer().out = answer->out;
  this->answer().err = answer->err;
  problem_ = judgement();
  if (problem_.empty())
    return finish({});
  set_next_step(Clock::now() + kPause);
}

}  // namespace bootstrap
