// Asking a question in the box again and again, without ever blocking, for PID 1 has other things to watch
// too.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/fd.h"
#include "sandbox/probe.h"

namespace bootstrap {

class Prober {
 public:
  using Clock = std::chrono::steady_clock;

  Prober(const Probe& probe, Clock::time_point service_start)
      : probe_(probe), start_(service_start), next_step_(service_start) {}
  virtual ~Prober() = default;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// What to wait for until wakeup(): poll(2) events of a descriptor, -1 when there is none.
  virtual int fd() const { return -1; }
  virtual short events() const { return 0; }
  Clock::time_point wakeup() const;

  /// Does all that can be done now. To be called when fd() is ready, and at wakeup().
  void advance();
  /// The service ended before the probe held: it never will.
  void give_up(const std::string& reason);

  bool finished() const { return finished_; }
  const ProbeResult& result() const { return result_; }

 protected:
  /// As advance(), before the deadline.
  virtual void step() = 0;
  /// What to say when the deadline has come.
  virtual std::string complaint() const = 0;

  /// Why the answer in `answer()` will not do; empty when it does.
  std::string judgement() const { return probe_.judge ? probe_.judge(result_) : std::string(); }
  void finish(std::string problem);
  ProbeResult& answer() { return result_; }
  /// step() is to be called at that time at the latest, even when nothing has happened.
  void set_next_step(Clock::time_point time) { next_step_ = time; }
  Clock::time_point next_step() const { return next_step_; }

 private:
  const Probe& probe_;
  Clock::time_point start_;
  Clock::time_point next_step_;
  bool finished_ = false;
  ProbeResult result_;
};

/// `command_server` is that of command_server.h, for an ExecProbe. `probe` must outlive the prober.
std::unique_ptr<Prober> make_prober(const Probe& probe, Prober::Clock::time_point service_start,
                                    int command_requests, int command_answers);

}  // namespace bootstrap
