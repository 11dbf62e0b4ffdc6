#include "sandbox/network_prober.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
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

/// HTTP/1.0, so that the answer comes in one piece and the connection ends with it.
std::string request_text(const HttpProbe& probe) {
  std::string text = fmt::format("{} {} HTTP/1.0\r\n", probe.method, probe.path);
  const std::pair<const char*, const std::string> defaults[] = {
      {"Host", probe.host}, {"User-Agent", "bootstrap"}, {"Accept", "*/*"}};
  for (const auto& [name, value] : defaults) {
    const char* const default_name = name;
    const bool given = std::any_of(
        probe.headers.begin(), probe.headers.end(),
        [default_name](const auto& header) { return ::strcasecmp(header.first.c_str(), default_name) == 0; });
    if (!given)
      text += fmt::format("{}: {}\r\n", name, value);
  }
  for (const auto& [name, value] : probe.headers)
    text += fmt::format("{}: {}\r\n", name, value);
  if (!probe.body.empty())
    text += fmt::format("Content-Length: {}\r\n", probe.body.size());
  return text + "Connection: close\r\n\r\n" + probe.body;
}

}  // namespace

NetworkProber::NetworkProber(const Probe& probe, Clock::time_point service_start)
    : Prober(probe, service_start) {
  if (const auto* tcp = std::get_if<TcpProbe>(&probe.question)) {
    port_ = tcp->port;
  } else {
    const auto& http = std::get<HttpProbe>(probe.question);
    port_ = http.port;
    request_ = request_text(http);
    bodyless_ = http.method == "HEAD";
  }
}

short NetworkProber::events() const {
  return state_ == State::kReceiving ? POLLIN : POLLOUT;
}

std::string NetworkProber::complaint() const {
  // A connection that is open now makes earlier refusals irrelevant, but not what came of earlier
  // connections.
  const bool silent = last_problem_.empty() || (in_conversation() && !had_conversation_);
  return silent ? "no complete answer" : last_problem_;
}

void NetworkProber::step() {
  if (state_ != State::kIdle && Clock::now() >= attempt_end_)
    return fail_attempt("no complete answer");
  do {
    progress_ = false;
    take_step();
  } while (progress_ && !finished());
}

/// To a state in which more may be possible at once.
void NetworkProber::change(State state) {
  state_ = state;
  progress_ = true;
}

void NetworkProber::take_step() {
  switch (state_) {
    case State::kIdle:
      if (Clock::now() >= next_step())
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

void NetworkProber::connect() {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  v6.sin6_addr = in6addr_loopback;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port_);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* address = use_ipv6_ ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  const socklen_t size = use_ipv6_ ? sizeof v6 : sizeof v4;

  sent_ = 0;
  received_.clear();
  attempt_end_ = Clock::now() + kAttempt;
  set_next_step(attempt_end_);
  socket_.reset(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_)
    return fail_attempt(describe(errno));
  if (::connect(socket_.get(), address, size) < 0 && errno != EINPROGRESS)
    return fail_attempt(describe(errno));
  change(State::kConnecting);
}

void NetworkProber::finish_connect() {
  pollfd ready{socket_.get(), POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0)
    return;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0)
    error = errno;
  if (error != 0)
    return fail_attempt(describe(error));
  answer().connected = true;
  if (request_.empty())
    return hold();
  change(State::kSending);
}

void NetworkProber::send_request() {
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

void NetworkProber::receive() {
  char buffer[16384];
  ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR)
      fail_attempt(describe(errno));
    return;
  }
  received_.append(buffer, static_cast<std::size_t>(n));
  progress_ = true;

  const std::optional<HttpAnswer> answer = parse_http_answer(received_);
  if (!answer) {
    if (n == 0 || received_.size() > kMaximalHeader)
      fail_attempt(received_.empty() ? "connection closed without an answer" : "an answer that is not HTTP");
    return;
  }
  const bool whole = bodyless_ || (answer->content_length && answer->body.size() >= *answer->content_length);
  if (whole || answer->body.size() >= kMaximalBody || (n == 0 && !answer->content_length))
    return take_answer(answer->header, answer->status,
                       answer->body.substr(0, answer->content_length.value_or(kMaximalBody)));
  if (n == 0)
    fail_attempt("an answer that ends too early");
}

void NetworkProber::take_answer(std::string_view header, int status, std::string_view body) {
  answer().status = status;
  answer().header = header;
  answer().body = body.substr(0, kMaximalBody);
  std::string problem = judgement();
  if (problem.empty())
    return hold();
  fail_attempt(std::move(problem));
}

void NetworkProber::hold() {
  socket_.reset();
  finish({});
}

void NetworkProber::fail_attempt(std::string problem) {
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
  set_next_step(Clock::now() + kPause);
}

}  // namespace bootstrap
