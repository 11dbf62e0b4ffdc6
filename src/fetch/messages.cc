#include "fetch/messages.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace bootstrap {

namespace {

// A document is at most some ten megabytes, a request names at most some thousand packages.
constexpr std::uint64_t kLongest = 256 << 20;

/// False when the other side is gone before all has come. Who is killed with something unread resets the
/// connection.
bool receive_all(int socket, char* data, std::size_t size) {
  for (std::size_t received = 0; received < size;) {
    const ssize_t n = ::recv(socket, data + received, size - received, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0 || (n < 0 && errno == ECONNRESET))
      return false;
    received += static_cast<std::size_t>(check(n, "recv"));
  }
  return true;
}

/// False when nobody is there to receive it.
bool send_all(int socket, const void* data, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t n = ::send(socket, static_cast<const char*>(data) + sent, size - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
      return false;
    sent += static_cast<std::size_t>(check(n, "send"));
  }
  return true;
}

/// What `decode` makes of a message that the other side, which talks to servers, may have made up.
template <typename Decode>
auto decoded(Decode decode) -> decltype(decode()) {
  try {
    return decode();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kFailure, "a message does not hold what it should");
  }
}

/// A count or a size. The library would make one of any number, of 1e300 or -1 as well.
std::uint64_t unsigned_from(const Json& json) {
  if (!json.is_number_unsigned())
    throw Error(ErrorKind::kFailure, "a message holds no whole number where one should be");
  return json.get<std::uint64_t>();
}

Digest digest_from(const Json& json) {
  const auto digest = Digest::parse(json.get<std::string>());
  if (!digest)
    throw Error(ErrorKind::kFailure, "a message holds no digest where one should be");
  return *digest;
}

}  // namespace

std::optional<Json> receive_message(int socket) {
  std::uint64_t size = 0;
  if (!receive_all(socket, reinterpret_cast<char*>(&size), sizeof size))
    return std::nullopt;
  if (size > kLongest)
    throw Error(ErrorKind::kFailure, "a message is too long");
  std::string bytes(size, '\0');
  if (!receive_all(socket, bytes.data(), size))
    return std::nullopt;
  return parse_message(bytes);
}

Json parse_message(std::string_view bytes) {
  Json message = parse_cbor(bytes, "a message");
  if (!message.is_object())
    throw Error(ErrorKind::kFailure, "a message is not one");
  return message;
}

bool send_message(int socket, const Json& message) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(message);
  const std::uint64_t size = bytes.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, bytes.data(), bytes.size());
}

Json to_json(const Download& download) {
  return {{"urls", download.urls},
          {"sha256", download.sha256.hex()},
          {"size", download.size},
          {"label", download.label}};
}

Download download_from_json(const Json& json) {
  return decoded([&] {
    return Download{json.at("urls").get<std::vector<std::string>>(), digest_from(json.at("sha256")),
                    unsigned_from(json.at("size")), json.at("label").get<std::string>()};
  });
}

Json to_json(const DocumentRequest& request) {
  return {{"urls", request.urls}, {"name", request.name}, {"max_size", request.max_size}};
}

DocumentRequest document_request_from_json(const Json& json) {
  return decoded([&] {
    return DocumentRequest{json.at("urls").get<std::vector<std::string>>(),
                           json.at("name").get<std::string>(), unsigned_from(json.at("max_size"))};
  });
}

Json to_json(const std::optional<Document>& document) {
  if (!document)
    return nullptr;
  return {{"content", Json::binary({document->content.begin(), document->content.end()})},
          {"url", document->url},
          {"not_modified", document->not_modified}};
}

std::optional<Document> document_from_json(const Json& json) {
  if (json.is_null())
    return std::nullopt;
  return decoded([&] {
    const std::vector<std::uint8_t>& content = json.at("content").get_binary();
    return Document{{content.begin(), content.end()},
                    json.at("url").get<std::string>(),
                    json.at("not_modified").get<bool>()};
  });
}

Json to_json(const FetchProgress& progress) {
  return {{"bytes_done", progress.bytes_done},
          {"bytes_total", progress.bytes_total},
          {"files_done", progress.files_done},
          {"files_total", progress.files_total}};
}

FetchProgress progress_from_json(const Json& json) {
  return decoded([&] {
    return FetchProgress{unsigned_from(json.at("bytes_done")), unsigned_from(json.at("bytes_total")),
                         unsigned_from(json.at("files_done")), unsigned_from(json.at("files_total"))};
  });
}

std::size_t index_from_json(const Json& json) {
  return unsigned_from(json);
}

Error error_from_message(const Json& json) {
  return decoded([&] { return error_from_json(json); });
}

}  // namespace bootstrap
