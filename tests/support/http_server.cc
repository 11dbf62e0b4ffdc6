#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>

#include "base/error.h"

namespace bootstrap {

namespace {

int hex_value(char c) {
  int value = -1;
  std::from_chars(&c, &c + 1, value, 16);
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

/// The request whose lines, without the empty one, are in `head`.
HttpRequest parse_request(std::string_view head) {
  HttpRequest request;
  bool first = true;
  while (!head.empty()) {
    std::size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (first) {
      std::size_t space = std::min(line.find(' '), line.size());
      request.method = line.substr(0, space);
      line.remove_prefix(std::min(space + 1, line.size()));
      std::string_view target = line.substr(0, line.find(' '));
      request.path = percent_decoded(target.substr(0, target.find('?')));
      first = false;
      continue;
    }
    std::size_t colon = std::min(line.find(':'), line.size());
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    request.headers[name] = value;
  }
  return request;
}

/// Turns a whole 200 into the 304 or 206 that the request's headers ask for.
void apply_conditions(const HttpRequest& request, HttpAnswer& answer) {
  if (answer.status != 200)
    return;
  if (!answer.etag.empty())
    answer.headers.emplace_back("ETag", answer.etag);
  if (!answer.last_modified.empty())
    answer.headers.emplace_back("Last-Modified", answer.last_modified);
  if ((!answer.etag.empty() && request.header("if-none-match") == answer.etag) ||
      (!answer.last_modified.empty() && request.header("if-modified-since") == answer.last_modified)) {
    answer.status = 304;
    answer.body.clear();
    return;
  }
  const std::string range = request.header("range");
  constexpr std::string_view kPrefix = "bytes=";
  if (!answer.ranges || !range.starts_with(kPrefix))
    return;
  const std::size_t whole = answer.body.size();
  std::size_t from = 0;
  std::from_chars(range.data() + kPrefix.size(), range.data() + range.size(), from);
  if (from >= whole) {
    answer.status = 416;
    answer.body.clear();
    return;
  }
  answer.status = 206;
  answer.body.erase(0, from);
  answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" +
                                                   std::to_string(whole - 1) + "/" + std::to_string(whole));
}

std::string head_of(const HttpAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Status\r\n";
  for (const auto& [name, value] : answer.headers)
    head += name + ": " + value + "\r\n";
  if (answer.without_length)
    head += "Connection: close\r\n";
  else if (answer.status != 304)
    head += "Content-Length: " + std::to_string(answer.announced.value_or(answer.body.size())) + "\r\n";
  return head + "\r\n";
}

HttpAnswer answer_from_folder(const std::filesystem::path& folder, const std::string& rest) {
  if (rest.find("..") != std::string::npos)
    return {.status = 400};
  const std::filesystem::path path = folder / rest;
  struct stat status{};
  if (::stat(path.c_str(), &status) < 0 || !S_ISREG(status.st_mode))
    return {.body = "not found\n", .status = 404};
  HttpAnswer answer{.body = read_file(path)};
  answer.etag = '"' + std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
                "-" + std::to_string(status.st_size) + '"';
  return answer;
}

/// False when the peer has gone.
bool send_all(int connection, std::string_view data) {
  while (!data.empty()) {
    ssize_t n = ::send(connection, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Waits until `connection` can be read or the server stops; false for the latter.
bool wait_readable(int connection, int stop) {
  std::array<pollfd, 2> fds{{{connection, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (::poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR)
      return false;
  }
  return fds[1].revents == 0;
}

/// Reads up to the end of a request's head, and leaves what follows in `buffer`. nullopt when the peer or the
/// server is going away.
std::optional<HttpRequest> receive_request(int connection, int stop, std::string& buffer) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  for (;;) {
    if (std::size_t end = buffer.find(kEnd); end != std::string::npos) {
      HttpRequest request = parse_request(std::string_view(buffer).substr(0, end));
      buffer.erase(0, end + kEnd.size());
      return request;
    }
    if (!wait_readable(connection, stop))
      return std::nullopt;
    char piece[4096];
    ssize_t n = ::recv(connection, piece, sizeof piece, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return std::nullopt;
    buffer.append(piece, static_cast<std::size_t>(n));
  }
}

/// Sends it as it says. False when the connection is to be closed.
bool send_answer(int connection, int stop, const HttpAnswer& answer, bool with_body) {
  if (!send_all(connection, head_of(answer)))
    return false;
  std::string_view body = with_body ? std::string_view(answer.body) : std::string_view();
  if (answer.stall_after && *answer.stall_after <= body.size()) {
    send_all(connection, body.substr(0, *answer.stall_after));
    wait_readable(connection, stop);
    return false;
  }
  if (answer.cut_after && *answer.cut_after <= body.size()) {
    send_all(connection, body.substr(0, *answer.cut_after));
    return false;
  }
  return send_all(connection, body) && !answer.without_length &&
         answer.announced.value_or(body.size()) == body.size();
}

}  // namespace

std::string HttpRequest::header(const std::string& lower_case_name) const {
  auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

HttpServer::HttpServer() : stop_(make_pipe()) {
  listener_ = UniqueFd(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener_.get(), generic, size), "bind");
  check(::listen(listener_.get(), SOMAXCONN), "listen");
  check(::getsockname(listener_.get(), generic, &size), "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

HttpServer::~HttpServer() {
  stop_.write.reset();
  acceptor_.join();
  for (std::thread& conversation : conversations_)
    conversation.join();
}

std::string HttpServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void HttpServer::serve(const std::string& path, HttpAnswer answer) {
  handle(path, [answer = std::move(answer)](const HttpRequest&) { return answer; });
}

void HttpServer::serve_in_turn(const std::string& path, std::vector<HttpAnswer> answers) {
  handle(path, [answers = std::move(answers), next = std::size_t{0}](const HttpRequest&) mutable {
    return answers.at(std::min(next++, answers.size() - 1));
  });
}

void HttpServer::redirect(const std::string& path, const std::string& target, int status) {
  serve(path, {.body = "over there\n", .status = status, .headers = {{"Location", target}}});
}

void HttpServer::handle(const std::string& path, Handler handler) {
  std::lock_guard guard(mutex_);
  handlers_[path] = std::move(handler);
}

void HttpServer::serve_folder(const std::string& prefix, const std::filesystem::path& folder) {
  std::lock_guard guard(mutex_);
  folders_[prefix + "/"] = folder;
}

std::vector<HttpRequest> HttpServer::requests() const {
  std::lock_guard guard(mutex_);
  return requests_;
}

std::vector<HttpRequest> HttpServer::requests(const std::string& path) const {
  std::vector<HttpRequest> matching = requests();
  std::erase_if(matching, [&](const HttpRequest& request) { return request.path != path; });
  return matching;
}

void HttpServer::accept_connections() {
  while (wait_readable(listener_.get(), stop_.read.get())) {
    int connection = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0)
      continue;
    // Head and body are sent one after the other; without this the body waits for the head's receipt.
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    conversations_.emplace_back([this, connection] { converse(connection); });
  }
}

void HttpServer::converse(int connection) {
  UniqueFd owner(connection);
  const int stop = stop_.read.get();
  std::string buffer;
  while (std::optional<HttpRequest> request = receive_request(connection, stop, buffer)) {
    HttpAnswer answer = answer_to(*request);
    apply_conditions(*request, answer);
    if (!send_answer(connection, stop, answer, request->method != "HEAD"))
      return;
  }
}

HttpAnswer HttpServer::answer_to(const HttpRequest& request) {
  std::lock_guard guard(mutex_);
  requests_.push_back(request);
  if (auto handler = handlers_.find(request.path); handler != handlers_.end())
    return handler->second(request);
  for (const auto& [prefix, folder] : folders_) {
    if (request.path.starts_with(prefix))
      return answer_from_folder(folder, request.path.substr(prefix.size()));
  }
  return {.body = "not found\n", .status = 404};
}

}  // namespace bootstrap
