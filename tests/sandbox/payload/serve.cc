#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "payload.h"

namespace {

int listen_on(int port) {
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener, 8) < 0) {
    report("bind", -1);
    return -1;
  }
  return listener;
}

}  // namespace

int serve(const Arguments& arguments) {
  const int listener = listen_on(std::stoi(arguments.at(0)));
  if (listener < 0)
    return 1;
  const std::string& body = arguments.at(2);
  const int unready = std::stoi(arguments.at(3));
  const std::string& ending = arguments.at(4);
  for (int served = 0;; ++served) {
    int client = ::accept(listener, nullptr, nullptr);
    char request[4096];
    ssize_t n = ::read(client, request, sizeof request);
    if (n > 0 && served == 0) {
      std::fwrite(request, 1, static_cast<std::size_t>(n), stdout);
      std::fflush(stdout);
    }
    std::string answer = "HTTP/1.1 " + (served < unready ? "503" : arguments.at(1)) + " X\r\n";
    if (ending == "length")
      answer += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    answer += "\r\n" + body;
    if (::write(client, answer.data(), answer.size()) < 0)
      return 1;
    if (ending == "close")
      ::close(client);
  }
}
