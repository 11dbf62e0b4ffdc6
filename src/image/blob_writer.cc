#include "image/blob_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"

namespace bootstrap {

BlobWriter::BlobWriter(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::string name = (directory_ / ".blob.XXXXXX").string();
  fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_)
    throw_errno("cannot write in " + directory_.string());
  temporary_ = name;
  check(::fchmod(fd_.get(), 0644), "fchmod");
}

BlobWriter::~BlobWriter() {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

void BlobWriter::write(std::string_view data) {
  write_all(fd_.get(), data);
  hasher_.update(data);
  size_ += data.size();
}

Digest BlobWriter::publish() {
  Digest digest = hasher_.finish();
  std::filesystem::path target = directory_ / digest.hex();
  check(::rename(temporary_.c_str(), target.c_str()), "cannot write " + target.string());
  temporary_.clear();
  return digest;
}

}  // namespace bootstrap
