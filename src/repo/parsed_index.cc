// The number of records, then their fields one after another: a text is its length and its bytes, a digest
// its bytes, and every number is in base 128 (seven bits a byte, the lowest first, the top bit set on all but
// the last), because nearly all of them fit one byte.
#include "repo/parsed_index.h"

#include <array>
#include <cstring>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr std::array kTexts{
    &PackageRecord::name,        &PackageRecord::version,        &PackageRecord::architecture,
    &PackageRecord::source,      &PackageRecord::source_version, &PackageRecord::multi_arch,
    &PackageRecord::priority,    &PackageRecord::section,        &PackageRecord::depends,
    &PackageRecord::pre_depends, &PackageRecord::recommends,     &PackageRecord::suggests,
    &PackageRecord::provides,    &PackageRecord::conflicts,      &PackageRecord::breaks,
    &PackageRecord::replaces,    &PackageRecord::enhances,       &PackageRecord::filename,
};

class Writer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      data_ += static_cast<char>(value | 0x80);
    data_ += static_cast<char>(value);
  }
  void text(std::string_view text) {
    number(text.size());
    data_ += text;
  }
  void digest(const Digest& digest) {
    data_.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kSize);
  }
  std::string take() { return std::move(data_); }

 private:
  std::string data_;
};

class Reader {
 public:
  explicit Reader(std::string_view data) : rest_(data) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80)
        return value;
    }
    refuse();
  }
  std::string_view text() { return bytes(number()); }
  Digest digest() {
    std::array<std::uint8_t, Digest::kSize> value;
    std::memcpy(value.data(), bytes(value.size()).data(), value.size());
    return Digest(value);
  }
  std::size_t size() const { return rest_.size(); }

  [[noreturn]] static void refuse() { throw Error(ErrorKind::kFailure, "not a parsed package index"); }

 private:
  std::string_view bytes(std::uint64_t count) {
    if (count > rest_.size())
      refuse();
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  std::string_view rest_;
};

void write(const PackageRecord& record, Writer& writer) {
  for (const auto field : kTexts)
    writer.text(record.*field);
  writer.number(record.size);
  writer.number(record.installed_size);
  writer.digest(record.sha256);
  writer.number(record.essential ? 1 : 0);
  writer.number(record.important ? 1 : 0);
}

void read(Reader& reader, PackageRecord& record) {
  for (const auto field : kTexts)
    record.*field = reader.text();
  record.size = reader.number();
  record.installed_size = reader.number();
  record.sha256 = reader.digest();
  record.essential = reader.number() != 0;
  record.important = reader.number() != 0;
}

/// A number that memory may be reserved for: each record takes some of the data.
std::size_t read_count(Reader& reader) {
  const std::uint64_t count = reader.number();
  if (count > reader.size() / Digest::kSize)
    Reader::refuse();
  return count;
}

}  // namespace

std::string write_parsed_index(std::span<const PackageRecord> packages) {
  Writer writer;
  writer.number(packages.size());
  for (const PackageRecord& record : packages)
    write(record, writer);
  return writer.take();
}

std::size_t count_records(std::string_view parsed) {
  Reader reader(parsed);
  return read_count(reader);
}

void read_parsed_index(std::string_view parsed, std::uint32_t release, std::vector<PackageRecord>& packages) {
  Reader reader(parsed);
  for (std::size_t left = read_count(reader); left > 0; --left) {
    PackageRecord& record = packages.emplace_back();
    read(reader, record);
    record.release = release;
  }
  if (reader.size() != 0)
    Reader::refuse();
}

}  // namespace bootstrap
