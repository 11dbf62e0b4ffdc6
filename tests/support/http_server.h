// A small HTTP/1.1 server on the loopback, for tests: it serves folders as a mirror does, and misbehaves on
// request in every way a mirror can.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace bootstrap {

struct HttpRequest {
  std::string method;
  std::string path;                            ///< decoded, without the query
  std::map<std::string, std::string> headers;  ///< names in lower case

  /// Empty when it was not sent.
  std::string header(const std::string& lower_case_name) const;
};

/// One answer. The defaults are those of a well-behaved server.
struct HttpAnswer {
  std::string body = {};
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool ranges = true;                             ///< a Range request for a 200 is answered with 206
  std::string etag = {};                          ///< with quotes; If-None-Match with it is answered with 304
  std::string last_modified = {};                 ///< the same for If-Modified-Since
  std::optional<std::uint64_t> announced = {};    ///< Content-Length, where it is not that of what is sent
  std::optional<std::uint64_t> cut_after = {};    ///< closes the connection after so many bytes of body
  std::optional<std::uint64_t> stall_after = {};  ///< says nothing more after so many bytes of body
  bool without_length = false;                    ///< no Content-Length: the body ends with the connection
};

class HttpServer {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  /// Listens on a free port of 127.0.0.1.
  HttpServer();
  /// Closes every connection and waits for its threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT" + path.
  std::string url(std::string_view path = "") const;

  /// Answers requests for exactly `path`; replaces what was there. Paths nobody set are 404.
  void serve(const std::string& path, HttpAnswer answer);
  /// The first request gets the first answer and so on; the last answer stays.
  void serve_in_turn(const std::string& path, std::vector<HttpAnswer> answers);
  /// Called from the server's threads, one at a time.
  void handle(const std::string& path, Handler handler);
  /// Serves the files below `folder` at `prefix` ("/debian"), read anew for each request, with an ETag made
  /// of size and modification time.
  void serve_folder(const std::string& prefix, const std::filesystem::path& folder);
  void redirect(const std::string& path, const std::string& target, int status = 302);

  std::size_t connections() const { return connections_; }
  /// All requests so far, in the order they came.
  std::vector<HttpRequest> requests() const;
  /// Those for one path.
  std::vector<HttpRequest> requests(const std::string& path) const;

 private:
  void accept_connections();
  void converse(int connection);
  HttpAnswer answer_to(const HttpRequest& request);

  UniqueFd listener_;
  Pipe stop_;  ///< its write end is closed to wake every thread up
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  mutable std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Handler> handlers_;
  std::map<std::string, std::filesystem::path> folders_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> conversations_;
  std::thread acceptor_;
};

}  // namespace bootstrap
