#include "base/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace bootstrap {

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  temporary_ = target_.parent_path() / ("." + target_.filename().string() + ".XXXXXX");
  std::string name = temporary_.string();
  fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_)
    throw_errno("cannot write in " + target_.parent_path().string());
  temporary_ = name;
  check(::fchmod(fd_.get(), 0644), "fchmod");
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

void AtomicFile::commit(Durability durability) {
  if (durability == Durability::kDurable)
    check(::fsync(fd_.get()), "fsync " + target_.string());
  check(::rename(temporary_.c_str(), target_.c_str()), "cannot write " + target_.string());
  temporary_.clear();
  if (durability == Durability::kDurable) {
    UniqueFd directory =
        open_file(target_.parent_path().empty() ? "." : target_.parent_path(), O_RDONLY | O_DIRECTORY);
    check(::fsync(directory.get()), "fsync " + target_.parent_path().string());
  }
}

void write_file(const std::filesystem::path& target, std::string_view content, Durability durability) {
  AtomicFile file(target);
  write_all(file.fd(), content);
  file.commit(durability);
}

TemporaryDirectory::TemporaryDirectory(const std::filesystem::path& parent) {
  std::string name = (parent / "bootstrap-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw_errno("cannot make a directory in " + parent.string());
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty())
    return;
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bootstrap
