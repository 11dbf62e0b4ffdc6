#include "sandbox/probe_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/http_answer.h"

namespace bootstrap {

namespace {

using namespace std::chrono_literals;

// Between two attempts: short against the start of any service, long against the cost of a connect.
constexpr auto kPause = 10ms;
// A service may accept before it can answer and forget what it accepted; so a fresh attempt is made.
constexpr auto kAttempt = 5s;

std::string describe(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset";
    default:
      return std::strerror(error);
  }
}

}  // namespace

ProbeClient::ProbeClient(Probe probe, Clock::time_point service_start)
    : probe_(std::move(probe)), start_(service_start), next_attempt_(service_start) {
  request_ = fmt::format(
      "GET {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: bootstrap\r\nAccept: */*\r\nConnection: close\r\n\r\n",
      probe_.http_path, probe_.http_host);
}

short ProbeClient::events() const {
  return state_ == State::kReceiving ? POLLIN : POLLOUT;
}

ProbeClient::Clock::time_point ProbeClient::wakeup() const {
  return std::min(start_ + probe_.deadline, state_ == State::kIdle ? next_attempt_ : attempt_end_);
}

void ProbeClient::advance() {
  const auto now = Clock::now();
  if (now >= start_ + probe_.deadline) {
    // A connection that is open now makes earlier refusals irrelevant, but not what came of earlier
    // connections.
    const bool silent = last_problem_.empty() || (in_conversation() && !had_conversation_);
    const std::string problem = silent ? "no complete answer" : last_problem_;
    const double seconds = std::chrono::duration<double>(probe_.deadline).count();
    return finish(fmt::format("{} for {:.1f} s", problem, seconds));
  }
  if (state_ != State::kIdle && now >= attempt_end_)
    return fail_attempt("no complete answer");
  do {
    progress_ = false;
    step();
  } while (progress_ && !finished_);
}

void ProbeClient::step() {
  switch (state_) {
    case State::kIdle:
      if (Clock::now() >= next_attempt_)
        connect();
      break;
    case State::kConnecting:
      finish_connect();
      break;
    case State::kSending:
      send_request();
      break;
    case State::kReceiving:
      receive();
      break;
  }
}

void ProbeClient::give_up(const std::string& reason) {
  if (!finished_)
    finish(reason);
}

void ProbeClient::connect() {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(probe_.port);
  v6.sin6_addr = in6addr_loopback;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(probe_.port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* address = use_ipv6_ ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  const socklen_t size = use_ipv6_ ? sizeof v6 : sizeof v4;

  sent_ = 0;
  answer_.clear();
  attempt_end_ = Clock::now() + kAttempt;
  socket_.reset(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_)
    return fail_attempt(describe(errno));
  if (::connect(socket_.get(), address, size) < 0 && errno != EINPROGRESS)
    return fail_attempt(describe(errno));
  state_ = State::kConnecting;
  progress_ = true;
}

void ProbeClient::finish_connect() {
  pollfd ready{socket_.get(), POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0)
    return;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0)
    error = errno;
  if (error != 0)
    return fail_attempt(describe(error));
  result_.connected = true;
  if (probe_.http_path.empty())
    return finish({});
  state_ = State::kSending;
  progress_ = true;
}

void ProbeClient::send_request() {
  ssize_t n = ::send(socket_.get(), request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR)
      fail_attempt(describe(errno));
    return;
  }
  sent_ += static_cast<std::size_t>(n);
  if (sent_ == request_.size())
    state_ = State::kReceiving;
  progress_ = true;
}

void ProbeClient::receive() {
  char buffer[16384];
  ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR)
      fail_attempt(describe(errno));
    return;
  }
  answer_.append(buffer, static_cast<std::size_t>(n));
  progress_ = true;

  const std::optional<HttpAnswer> answer = parse_http_answer(answer_);
  if (!answer) {
    if (n == 0 || answer_.size() > kMaximalHeader)
      fail_attempt(answer_.empty() ? "connection closed without an answer" : "an answer that is not HTTP");
    return;
  }
  const bool whole = answer->content_length && answer->body.size() >= *answer->content_length;
  if (whole || answer->body.size() >= kMaximalBody || (n == 0 && !answer->content_length))
    return judge_answer();
  if (n == 0)
    fail_attempt("an answer that ends too early");
}

void ProbeClient::judge_answer() {
  const HttpAnswer answer = *parse_http_answer(answer_);
  std::string_view body = answer.body.substr(0, answer.content_length.value_or(kMaximalBody));
  result_.status = answer.status;
  result_.body = body.substr(0, kMaximalBody);
  if (probe_.expected_status == 0 || answer.status == probe_.expected_status)
    return finish({});
  fail_attempt(fmt::format("status {} instead of {}", answer.status, probe_.expected_status));
}

void ProbeClient::fail_attempt(std::string problem) {
  const bool connected = in_conversation();
  had_conversation_ |= connected;
  // What a service answered tells more than that the other address refused.
  if (connected || !had_conversation_)
    last_problem_ = std::move(problem);
  // Some services listen on ::1 only, some on 127.0.0.1 only.
  if (!connected)
    use_ipv6_ = !use_ipv6_;
  socket_.reset();
  state_ = State::kIdle;
  progress_ = false;
  next_attempt_ = Clock::now() + kPause;
}

void ProbeClient::finish(std::string problem) {
  result_.problem = std::move(problem);
  result_.after = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
  socket_.reset();
  finished_ = true;
}

}  // namespace bootstrap
