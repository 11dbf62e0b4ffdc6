// A command beside the service, run again until it does what is expected.
#pragma once

#include "sandbox/command_server.h"
#include "sandbox/prober.h"

namespace bootstrap {

class CommandProber : public Prober {
 public:
  /// `requests` and `answers` are PID 1's ends of a CommandChannel.
  CommandProber(const Probe& probe, Clock::time_point service_start, int requests, int answers);

  int fd() const override { return answers_; }
  short events() const override;

 private:
  void step() override;
  std::string complaint() const override { return running_ ? "still running" : problem_; }

  int requests_;
  int answers_;
  bool running_ = false;
  CommandAnswerReader reader_;
  std::string problem_;
};

}  // namespace bootstrap
