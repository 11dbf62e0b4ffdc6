#include "support/raw_tar.h"

#include <cstdio>
#include <numeric>

namespace bootstrap {
namespace {

constexpr std::size_t kBlock = 512;

std::string octal(std::size_t value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*zo", digits, value);
  return text;
}

}  // namespace

std::string raw_tar_entry(std::string_view name, char type, std::string_view content,
                          const std::vector<HeaderPatch>& patches) {
  std::string header(kBlock, '\0');
  auto put = [&](std::size_t offset, std::string_view bytes) { header.replace(offset, bytes.size(), bytes); };
  put(0, name.substr(0, 100));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(content.size(), 11));
  put(136, octal(1'700'000'000, 11));
  put(148, "        ");
  put(156, std::string(1, type));
  put(257, std::string_view("ustar\00000", 8));
  for (const auto& [offset, bytes] : patches)
    put(offset, bytes);
  const unsigned sum = std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, char c) {
    return total + static_cast<unsigned char>(c);
  });
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  std::string entry = header + std::string(content);
  entry.resize((entry.size() + kBlock - 1) / kBlock * kBlock);
  return entry;
}

std::string pax_records(const std::vector<std::pair<std::string, std::string>>& records) {
  std::string text;
  for (const auto& [key, value] : records) {
    const std::size_t rest = key.size() + value.size() + 3;  // blank, equals sign, newline
    std::size_t length = rest + 1;
    while (length != rest + std::to_string(length).size())
      length = rest + std::to_string(length).size();
    text += std::to_string(length) + " " + key + "=" + value + "\n";
  }
  return text;
}

std::string pax_entry(const std::vector<std::pair<std::string, std::string>>& records,
                      std::string_view entry) {
  return raw_tar_entry("PaxHeader", 'x', pax_records(records)) + std::string(entry);
}

std::string raw_tar_end() {
  return std::string(2 * kBlock, '\0');
}

}  // namespace bootstrap
