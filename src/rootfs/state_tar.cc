#include "rootfs/state_tar.h"

#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "package/tar_reader.h"
#include "package/tar_writer.h"
#include "rootfs/layer_view.h"
#include "rootfs/listing.h"

namespace bootstrap {

namespace {

constexpr std::size_t kBufferSize = 256 * 1024;

void make_way(const Tree& tree, const Entry& entry) {
  const auto there = tree.stat(entry.path);
  if (there && S_ISDIR(there->st_mode) != (entry.type == EntryType::kDirectory))
    remove_tree(tree, entry.path);
}

void restore_file(const Tree& tree, Entry& entry, const std::function<std::string_view()>& read) {
  Hasher hasher;
  FileWriter writer(tree, entry.path);
  for (auto piece = read(); !piece.empty(); piece = read()) {
    hasher.update(piece);
    writer.write(piece);
  }
  writer.finish(entry);
  entry.digest = hasher.finish();
}

}  // namespace

void StateTarWriter::add(const Entry& entry) {
  end_entry();
  put(tar_header(entry));
  if (entry.type == EntryType::kFile) {
    missing_ = entry.size;
    padding_ = tar_padding(entry.size);
  }
}

void StateTarWriter::write(std::string_view data) {
  if (data.size() > missing_)
    throw Error(ErrorKind::kFailure, "a file grew while it was written to the state");
  missing_ -= data.size();
  put(data);
}

void StateTarWriter::finish() {
  end_entry();
  put(tar_end());
  write_all(fd_, buffer_);
  buffer_.clear();
}

void StateTarWriter::end_entry() {
  if (missing_ != 0)
    throw Error(ErrorKind::kFailure, "a file shrank while it was written to the state");
  put(std::string(padding_, '\0'));
  padding_ = 0;
}

void StateTarWriter::put(std::string_view data) {
  buffer_ += data;
  if (buffer_.size() < kBufferSize)
    return;
  write_all(fd_, buffer_);
  buffer_.clear();
}

void read_state_tar(int fd, const StateSink& sink) {
  std::string buffer(kBufferSize, '\0');
  const ByteSource source = [&]() -> std::string_view {
    const auto size = check(::read(fd, buffer.data(), buffer.size()), "cannot read the state");
    return std::string_view(buffer).substr(0, static_cast<std::size_t>(size));
  };
  TarReader reader(source);
  while (auto entry = reader.next()) {
    while (entry->path.size() > 1 && entry->path.back() == '/')
      entry->path.pop_back();
    sink(std::move(*entry), [&] { return reader.read(); });
  }
}

std::vector<Entry> restore_state(const Tree& tree, int fd) {
  std::vector<Entry> entries;
  read_state_tar(fd, [&](Entry entry, const std::function<std::string_view()>& read) {
    if (const auto hidden = hidden_by(entry)) {
      remove_tree(tree, *hidden);
    } else if (entry.type != EntryType::kCharacterDevice && entry.type != EntryType::kBlockDevice) {
      if (entry.path != ".")
        make_way(tree, entry);
      if (entry.type == EntryType::kFile)
        restore_file(tree, entry, read);
      else
        make_node(tree, entry.path, entry);
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

}  // namespace bootstrap
