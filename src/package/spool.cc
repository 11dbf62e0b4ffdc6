#include "package/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"

namespace bootstrap {
namespace {

constexpr std::size_t kMemory = 32 << 20;
constexpr std::size_t kReadPiece = 256 << 10;

}  // namespace

void Spool::append(std::string_view data) {
  if (buffer_.size() + data.size() > kMemory)
    spill();
  buffer_ += data;
}

void Spool::spill() {
  if (!file_) {
    std::string name = (directory_ / ".spool.XXXXXX").string();
    file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_)
      throw_errno("cannot write in " + directory_.string());
    ::unlink(name.c_str());  // at worst a stray temporary file is left
  }
  write_all(file_.get(), buffer_);
  spilled_ += buffer_.size();
  buffer_.clear();
}

void Spool::read(std::uint64_t offset, std::uint64_t size, const ByteSink& sink) const {
  std::string piece;
  while (size > 0 && offset < spilled_) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>({kReadPiece, size, spilled_ - offset})));
    ssize_t n = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR)
      continue;
    if (check(n, "read") == 0)
      throw Error(ErrorKind::kFailure, "a temporary file became shorter");
    sink(std::string_view(piece).substr(0, static_cast<std::size_t>(n)));
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::uint64_t>(n);
  }
  if (size > 0)
    sink(std::string_view(buffer_).substr(static_cast<std::size_t>(offset - spilled_),
                                          static_cast<std::size_t>(size)));
}

}  // namespace bootstrap
