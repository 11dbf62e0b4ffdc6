// A store and a server, for the tests of fetchers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "fetch/stored_download.h"
#include "support/catch.h"
#include "support/http_server.h"

namespace bootstrap {

/// Bytes that do not repeat soon.
inline std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct FetchFixture {
  FetchFixture() : store(directory.path() / "store") {}

  Download download(const std::string& content, std::vector<std::string> urls) const {
    return {std::move(urls), Digest::of(content), content.size(), "hello 1.0"};
  }
  bool has(const std::string& content) const {
    const std::filesystem::path path = path_of(store, download(content, {}));
    return std::filesystem::exists(path) && read_file(path) == content;
  }
  std::filesystem::path part_of(const std::string& content) const {
    return path_of(store, download(content, {})).string() + ".part";
  }

  TemporaryDirectory directory;
  Store store;
  HttpServer server;
};

/// Checks that `text` holds `part`, and shows it when not.
inline void check_contains(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}

}  // namespace bootstrap
