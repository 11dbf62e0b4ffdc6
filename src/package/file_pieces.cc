#include "package/file_pieces.h"

#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace bootstrap {

void read_pieces(int fd, const ByteSink& sink) {
  constexpr std::size_t kPiece = 256 << 10;
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (check(n, "read") == 0)
      return;
    sink(std::string_view(piece).substr(0, static_cast<std::size_t>(n)));
  }
}

}  // namespace bootstrap
