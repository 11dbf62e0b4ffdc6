// The TCP connect and the HTTP request of a probe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/prober.h"

namespace bootstrap {

class NetworkProber : public Prober {
 public:
  NetworkProber(const Probe& probe, Clock::time_point service_start);

  int fd() const override { return socket_.get(); }
  short events() const override;

 private:
  enum class State { kIdle, kConnecting, kSending, kReceiving };

  void step() override;
  std::string complaint() const override;

  void take_step();
  void connect();
  void finish_connect();
  void send_request();
  void receive();
  void take_answer(std::string_view header, int status, std::string_view body);
  void fail_attempt(std::string problem);
  void hold();
  void change(State state);
  bool in_conversation() const { return state_ == State::kSending || state_ == State::kReceiving; }

  std::uint16_t port_;
  std::string request_;    ///< empty: a connection is enough
  bool bodyless_ = false;  ///< the answer has the length of a body, but not the body
  Clock::time_point attempt_end_;
  State state_ = State::kIdle;
  bool progress_ = false;  ///< the last step led to a state in which more may be possible at once
  bool use_ipv6_ = false;
  bool had_conversation_ = false;  ///< an earlier attempt got as far as that
  UniqueFd socket_;
  std::size_t sent_ = 0;
  std::string received_;
  std::string last_problem_;
};

}  // namespace bootstrap
