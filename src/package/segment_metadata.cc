// The encoding: fields in the order of their declaration, without names. Numbers are LEB128 (seven bits a
// byte, low bits first, signed ones zigzag), strings and lists are preceded by their length, digests are
// their 32 bytes. The version is in the key of the object, its integrity in the store's checksum.
#include "package/segment_metadata.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace bootstrap {
namespace {

/// The fields of `item` in their order, for writing and reading alike.
template <typename Coder, typename T>
void fields(Coder& coder, T& item);

/// Appends values.
class Writer {
 public:
  std::string take() { return std::move(data_); }

  void value(std::uint64_t number) {
    for (; number >= 0x80; number >>= 7)
      data_ += static_cast<char>(number | 0x80);
    data_ += static_cast<char>(number);
  }
  void value(std::int64_t number) {
    value(static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63));
  }
  void value(std::uint32_t number) { value(std::uint64_t{number}); }
  void value(bool flag) { value(std::uint64_t{flag}); }
  void value(EntryType type) { data_ += static_cast<char>(type); }
  void value(Compression compression) { value(static_cast<std::uint64_t>(compression)); }
  void value(const std::string& text) {
    value(std::uint64_t{text.size()});
    data_ += text;
  }
  void value(const Digest& digest) {
    data_.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kSize);
  }
  template <typename T>
  void list(T& values) {
    value(std::uint64_t{values.size()});
    for (auto& item : values)
      fields(*this, item);
  }
  template <typename T>
  void map(T& values) {
    value(std::uint64_t{values.size()});
    for (auto& [key, item] : values) {
      value(key);
      fields(*this, item);
    }
  }

 private:
  std::string data_;
};

struct Malformed : std::exception {};

/// Takes values off the front.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  bool at_end() const { return data_.empty(); }

  void value(std::uint64_t& number) {
    number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      auto byte = static_cast<unsigned char>(take(1).front());
      number |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80)
        return;
    }
    throw Malformed();
  }
  void value(std::int64_t& number) {
    std::uint64_t coded = 0;
    value(coded);
    number = static_cast<std::int64_t>(coded >> 1 ^ (~(coded & 1) + 1));
  }
  void value(std::uint32_t& number) {
    std::uint64_t wide = 0;
    value(wide);
    if (wide > UINT32_MAX)
      throw Malformed();
    number = static_cast<std::uint32_t>(wide);
  }
  void value(bool& flag) {
    std::uint64_t number = 0;
    value(number);
    flag = number != 0;
  }
  void value(EntryType& type) { type = static_cast<EntryType>(take(1).front()); }
  void value(Compression& compression) {
    std::uint64_t number = 0;
    value(number);
    if (number > 1)
      throw Malformed();
    compression = static_cast<Compression>(number);
  }
  void value(std::string& text) {
    std::uint64_t size = 0;
    value(size);
    text = take(size);
  }
  void value(Digest& digest) {
    std::string_view raw = take(Digest::kSize);
    std::array<std::uint8_t, Digest::kSize> bytes{};
    std::copy(raw.begin(), raw.end(), bytes.begin());
    digest = Digest(bytes);
  }
  template <typename T>
  void list(T& values) {
    std::uint64_t size = 0;
    value(size);
    if (size > data_.size())  // each item takes a byte or more
      throw Malformed();
    values.reserve(static_cast<std::size_t>(size));
    for (std::uint64_t i = 0; i < size; ++i) {
      values.emplace_back();
      fields(*this, values.back());
    }
  }
  template <typename T>
  void map(T& values) {
    std::uint64_t size = 0;
    value(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      std::string key;
      value(key);
      fields(*this, values[key]);
    }
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > data_.size())
      throw Malformed();
    std::string_view taken = data_.substr(0, static_cast<std::size_t>(size));
    data_.remove_prefix(static_cast<std::size_t>(size));
    return taken;
  }
  std::string_view data_;
};

template <typename Coder, typename T>
void fields(Coder& coder, T& item) {
  using Type = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Type, Entry>) {
    coder.value(item.path);
    coder.value(item.type);
    coder.value(item.mode);
    coder.value(item.uid);
    coder.value(item.gid);
    coder.value(item.size);
    coder.value(item.mtime);
    coder.value(item.link_target);
    coder.value(item.device_major);
    coder.value(item.device_minor);
    coder.map(item.xattrs);
    if (item.type == EntryType::kFile)
      coder.value(item.digest);
  } else if constexpr (std::is_same_v<Type, SegmentEntry>) {
    fields(coder, item.entry);
    coder.value(item.offset);
  } else if constexpr (std::is_same_v<Type, ControlFile>) {
    coder.value(item.content);
    coder.value(item.mode);
    coder.value(item.mtime);
  } else if constexpr (std::is_same_v<Type, Fragment>) {
    coder.value(item.size);
    coder.value(item.compressed_size);
    coder.value(item.crc32);
    coder.list(item.blocks);
  } else if constexpr (std::is_same_v<Type, Segment>) {
    coder.value(item.key);
    coder.value(item.package);
    coder.value(item.compression);
    coder.value(item.name);
    coder.value(item.version);
    coder.value(item.architecture);
    coder.value(item.multi_arch_same);
    coder.value(item.info_name);
    coder.map(item.control.files);
    coder.list(item.directories);
    coder.list(item.entries);
    coder.list(item.conffiles);
    fields(coder, item.fragment);
    coder.value(item.data);
    coder.value(item.newest_mtime);
  } else {
    coder.value(item);
  }
}

}  // namespace

std::string serialise(const Segment& segment) {
  Writer writer;
  fields(writer, segment);
  return writer.take();
}

std::optional<Segment> deserialise(std::string_view data) {
  try {
    Reader reader(data);
    Segment segment;
    fields(reader, segment);
    if (!reader.at_end())
      return std::nullopt;
    return segment;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace bootstrap
