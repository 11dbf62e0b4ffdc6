// Asking a service whether it serves: a TCP connect or an HTTP GET, again and again, without ever blocking,
// for PID 1 has other things to watch too.
#pragma once

#include <chrono>
#include <string>

#include "base/fd.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

class ProbeClient {
 public:
  using Clock = std::chrono::steady_clock;

  ProbeClient(Probe probe, Clock::time_point service_start);

  /// What to wait for until wakeup(): poll(2) events of a descriptor, -1 when there is none.
  int fd() const { return socket_.get(); }
  short events() const;
  Clock::time_point wakeup() const;

  /// Does all that can be done now. To be called when fd() is ready, and at wakeup().
  void advance();
  /// The service ended before the probe held: it never will.
  void give_up(const std::string& reason);

  bool finished() const { return finished_; }
  const ProbeResult& result() const { return result_; }

 private:
  enum class State { kIdle, kConnecting, kSending, kReceiving };

  void connect();
  void finish_connect();
  void send_request();
  void receive();
  void judge_answer();
  void fail_attempt(std::string problem);
  void finish(std::string problem);
  void step();
  bool in_conversation() const { return state_ == State::kSending || state_ == State::kReceiving; }

  Probe probe_;
  Clock::time_point start_;
  Clock::time_point attempt_end_;
  Clock::time_point next_attempt_;
  State state_ = State::kIdle;
  bool progress_ = false;  ///< the last step led to a state in which more may be possible at once
  bool use_ipv6_ = false;
  bool had_conversation_ = false;  ///< an earlier attempt got as far as that
  UniqueFd socket_;
  std::string request_;
  std::size_t sent_ = 0;
  std::string answer_;
  std::string last_problem_;
  bool finished_ = false;
  ProbeResult result_;
};

}  // namespace bootstrap
