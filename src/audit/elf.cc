#include "audit/elf.h"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace bootstrap {
namespace {

/// Thrown and caught in this file: a table or string that is not within the file.
struct Damaged {};

constexpr std::uint32_t kPropertyFeaturesX86 = 0xc0000002;  // GNU_PROPERTY_X86_FEATURE_1_AND: IBT, SHSTK
constexpr std::uint32_t kPropertyFeaturesArm = 0xc0000000;  // GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI, PAC
constexpr std::uint32_t kPropertyNote = 5;                  // NT_GNU_PROPERTY_TYPE_0
constexpr std::uint32_t kPropertySegment = 0x6474e553;      // PT_GNU_PROPERTY

constexpr std::size_t kLongestName = 64 << 10;

/// Functions of the C library that have a checking twin (__NAME_chk).
constexpr const char* kFortifiable[] = {
    "asprintf", "dprintf",   "fgets",      "fgetws",    "fprintf",  "fread",     "fwprintf", "getcwd",
    "gets",     "longjmp",   "mbsnrtowcs", "mbsrtowcs", "mbstowcs", "memcpy",    "memmove",  "mempcpy",
    "memset",   "poll",      "pread",      "pread64",   "printf",   "read",      "readlink", "readlinkat",
    "realpath", "recv",      "recvfrom",   "snprintf",  "sprintf",  "stpcpy",    "stpncpy",  "strcat",
    "strcpy",   "strncat",   "strncpy",    "swprintf",  "syslog",   "vasprintf", "vdprintf", "vfprintf",
    "vprintf",  "vsnprintf", "vsprintf",   "vswprintf", "vsyslog",  "wcscat",    "wcscpy",   "wcsncpy",
    "wcstombs", "wctomb",    "wmemcpy",    "wmemmove",  "wmemset"};

/// The bytes of a file in either class and byte order.
class Bytes {
 public:
  Bytes(std::string_view data, bool wide, bool swapped) : data_(data), wide_(wide), swapped_(swapped) {}

  bool wide() const { return wide_; }

  template <typename Number>
  Number number(std::uint64_t offset) const {
    if (offset > data_.size() || data_.size() - offset < sizeof(Number))
      throw Damaged{};
    Number value;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    if (swapped_) {
      auto* first = reinterpret_cast<unsigned char*>(&value);
      std::reverse(first, first + sizeof value);
    }
    return value;
  }
  std::uint16_t half(std::uint64_t offset) const { return number<std::uint16_t>(offset); }
  std::uint32_t word(std::uint64_t offset) const { return number<std::uint32_t>(offset); }
  /// An address, offset or size: 8 bytes or 4.
  std::uint64_t natural(std::uint64_t offset) const {
    return wide_ ? number<std::uint64_t>(offset) : number<std::uint32_t>(offset);
  }
  /// Up to the next zero byte. Bounded, or a table of names could point into one long name everywhere.
  std::string_view text(std::uint64_t offset) const {
    if (offset >= data_.size())
      throw Damaged{};
    const std::string_view text = data_.substr(offset, kLongestName);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos)
      throw Damaged{};
    return text.substr(0, end);
  }
  std::uint64_t size() const { return data_.size(); }

 private:
  std::string_view data_;
  bool wide_;
  bool swapped_;
};

struct ProgramHeader {
  std::uint32_t type = 0;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Section {
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t link = 0;
};

std::vector<ProgramHeader> read_segments(const Bytes& file) {
  const std::uint64_t table = file.natural(file.wide() ? 32 : 28);
  const std::uint16_t entry = file.half(file.wide() ? 54 : 42);
  const std::uint16_t count = file.half(file.wide() ? 56 : 44);
  std::vector<ProgramHeader> segments;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = table + i * entry;
    if (at < table)
      throw Damaged{};
    segments.push_back(
        file.wide()
            ? ProgramHeader{file.word(at), file.word(at + 4), file.natural(at + 8), file.natural(at + 32)}
            : ProgramHeader{file.word(at), file.word(at + 24), file.natural(at + 4), file.natural(at + 16)});
  }
  return segments;
}

std::vector<Section> read_sections(const Bytes& file) {
  const std::uint64_t table = file.natural(file.wide() ? 40 : 32);
  const std::uint16_t entry = file.half(file.wide() ? 58 : 46);
  const std::uint16_t count = file.half(file.wide() ? 60 : 48);
  std::vector<Section> sections;
  for (std::uint64_t i = 0; table != 0 && i < count; ++i) {
    const std::uint64_t at = table + i * entry;
    if (at < table)
      throw Damaged{};
    sections.push_back(
        file.wide()
            ? Section{file.word(at + 4), file.natural(at + 24), file.natural(at + 32), file.word(at + 40)}
            : Section{file.word(at + 4), file.natural(at + 16), file.natural(at + 20), file.word(at + 24)});
  }
  return sections;
}

struct DynamicFlags {
  bool bind_now = false;
  bool pie = false;
  bool named = false;  ///< as libraries are, also those that can be executed: libc, ld.so
};

DynamicFlags read_dynamic(const Bytes& file, const ProgramHeader& segment) {
  DynamicFlags flags;
  const std::uint64_t half = file.wide() ? 8 : 4;
  for (std::uint64_t at = 0; at + 2 * half <= segment.size; at += 2 * half) {
    const std::uint64_t tag = file.natural(segment.offset + at);
    const std::uint64_t value = file.natural(segment.offset + at + half);
    if (tag == DT_NULL)
      break;
    flags.bind_now |= tag == DT_BIND_NOW || (tag == DT_FLAGS && (value & DF_BIND_NOW) != 0) ||
                      (tag == DT_FLAGS_1 && (value & DF_1_NOW) != 0);
    flags.named |= tag == DT_SONAME;
    flags.pie |= tag == DT_FLAGS_1 && (value & DF_1_PIE) != 0;
  }
  return flags;
}

/// Names in a symbol table, each looked at once.
void read_symbols(const Bytes& file, const std::vector<Section>& sections, const Section& table,
                  ElfFacts& facts) {
  if (table.link >= sections.size())
    throw Damaged{};
  const std::uint64_t names = sections[table.link].offset;
  const std::uint64_t entry = file.wide() ? 24 : 16;
  if (table.size > file.size())
    throw Damaged{};
  for (std::uint64_t at = 0; at + entry <= table.size; at += entry) {
    const std::string_view name = file.text(names + file.word(table.offset + at));
    if (name.starts_with("__stack_chk_")) {
      facts.stack_protector = true;
    } else if (name.starts_with("__") && name.ends_with("_chk")) {
      ++facts.fortified;
    } else if (std::binary_search(std::begin(kFortifiable), std::end(kFortifiable), name,
                                  [](std::string_view a, std::string_view b) { return a < b; })) {
      ++facts.unfortified;
    }
  }
}

std::uint64_t align(std::uint64_t offset, std::uint64_t to) {
  return (offset + to - 1) / to * to;
}

/// The properties in a note's content: type, size, data, padded.
void read_properties(const Bytes& file, std::uint64_t at, std::uint64_t size, ElfFacts& facts) {
  const std::uint64_t padding = file.wide() ? 8 : 4;
  for (std::uint64_t offset = 0; offset + 8 <= size;) {
    const std::uint32_t type = file.word(at + offset);
    const std::uint32_t length = file.word(at + offset + 4);
    if ((type == kPropertyFeaturesX86 || type == kPropertyFeaturesArm) && length >= 4) {
      const std::uint32_t features = file.word(at + offset + 8);
      facts.branch_tracking = (features & 1) != 0;
      facts.shadow_stack = (features & 2) != 0;
    }
    offset += 8 + align(length, padding);
  }
}

void read_notes(const Bytes& file, const ProgramHeader& segment, ElfFacts& facts) {
  const std::uint64_t padding = segment.type == kPropertySegment && file.wide() ? 8 : 4;
  for (std::uint64_t at = 0; at + 12 <= segment.size;) {
    const std::uint64_t note = segment.offset + at;
    const std::uint32_t name_size = file.word(note);
    const std::uint32_t size = file.word(note + 4);
    const std::uint64_t content = 12 + align(name_size, 4);
    if (file.word(note + 8) == kPropertyNote && name_size == 4 && file.text(note + 12) == "GNU")
      read_properties(file, note + content, std::min<std::uint64_t>(size, file.size()), facts);
    at += align(content + size, padding);
  }
}

ElfFacts read_facts(const Bytes& file) {
  ElfFacts facts;
  facts.executable_stack = true;
  const std::uint16_t type = file.half(16);
  bool relro = false;
  bool interpreted = false;
  DynamicFlags dynamic;
  for (const ProgramHeader& segment : read_segments(file)) {
    switch (segment.type) {
      case PT_INTERP:
        interpreted = true;
        break;
      case PT_GNU_STACK:
        facts.executable_stack = (segment.flags & PF_X) != 0;
        break;
      case PT_GNU_RELRO:
        relro = true;
        break;
      case PT_DYNAMIC:
        dynamic = read_dynamic(file, segment);
        break;
      case kPropertySegment:
        read_notes(file, segment, facts);
        break;
      default:
        break;
    }
  }
  const bool pie = dynamic.pie || (interpreted && !dynamic.named);  // older linkers set no flag
  facts.kind = type == ET_EXEC ? ElfFacts::Kind::kExecutable
               : pie           ? ElfFacts::Kind::kPositionIndependent
                               : ElfFacts::Kind::kLibrary;
  if (relro)
    facts.relro = dynamic.bind_now ? ElfFacts::Relro::kFull : ElfFacts::Relro::kPartial;
  const std::vector<Section> sections = read_sections(file);
  for (const Section& section : sections) {
    if (section.type != SHT_DYNSYM && section.type != SHT_SYMTAB)
      continue;
    if (!facts.stack_protector)
      facts.stack_protector = false;
    read_symbols(file, sections, section, facts);
  }
  return facts;
}

}  // namespace

std::optional<ElfFacts> read_elf(std::string_view file) {
  if (!file.starts_with(kElfMagic) || file.size() < 64)
    return std::nullopt;
  const bool wide = file[EI_CLASS] == ELFCLASS64;
  const bool big = file[EI_DATA] == ELFDATA2MSB;
  const Bytes bytes(file, wide, big != (std::endian::native == std::endian::big));
  try {
    const std::uint16_t type = bytes.half(16);
    if (type != ET_EXEC && type != ET_DYN)
      return std::nullopt;
    return read_facts(bytes);
  } catch (const Damaged&) {
    return std::nullopt;
  }
}

}  // namespace bootstrap
