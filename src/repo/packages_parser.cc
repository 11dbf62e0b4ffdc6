// The fast path is one pass with memchr over 50 MB that touches each line once, on all cores, each with a
// piece of its own; everything that is only needed to explain an error (line numbers) is computed when there
// is one.
#include "repo/packages_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "debian/version.h"

namespace bootstrap {
namespace {

enum class Field : std::uint8_t {
  kSize,
  kBreaks,
  kSha256,
  kSource,
  kDepends,
  kPackage,
  kSection,
  kVersion,
  kFilename,
  kPriority,
  kProvides,
  kEnhances,
  kReplaces,
  kSuggests,
  kConflicts,
  kEssential,
  kImportant,
  kProtected,
  kMultiArch,
  kRecommends,
  kPreDepends,
  kArchitecture,
  kInstalledSize,
};

struct FieldName {
  std::string_view name;
  Field field;
};

// By length, so that a line is compared with the few names as long as its own.
constexpr std::array kFields{
    FieldName{"size", Field::kSize},
    FieldName{"breaks", Field::kBreaks},
    FieldName{"sha256", Field::kSha256},
    FieldName{"source", Field::kSource},
    FieldName{"depends", Field::kDepends},
    FieldName{"package", Field::kPackage},
    FieldName{"section", Field::kSection},
    FieldName{"version", Field::kVersion},
    FieldName{"enhances", Field::kEnhances},
    FieldName{"filename", Field::kFilename},
    FieldName{"priority", Field::kPriority},
    FieldName{"provides", Field::kProvides},
    FieldName{"replaces", Field::kReplaces},
    FieldName{"suggests", Field::kSuggests},
    FieldName{"conflicts", Field::kConflicts},
    FieldName{"essential", Field::kEssential},
    FieldName{"important", Field::kImportant},
    FieldName{"protected", Field::kProtected},
    FieldName{"multi-arch", Field::kMultiArch},
    FieldName{"recommends", Field::kRecommends},
    FieldName{"pre-depends", Field::kPreDepends},
    FieldName{"architecture", Field::kArchitecture},
    FieldName{"installed-size", Field::kInstalledSize},
};
constexpr std::size_t kLongestName = kFields.back().name.size();

/// Where the names of each length begin in kFields.
constexpr auto kFirstOfLength = [] {
  std::array<std::size_t, kLongestName + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length)
    while (first[length] < kFields.size() && kFields[first[length]].name.size() < length)
      ++first[length];
  return first;
}();

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::optional<Field> find_field(std::string_view name) {
  if (name.size() > kLongestName)
    return std::nullopt;
  for (std::size_t i = kFirstOfLength[name.size()]; i < kFirstOfLength[name.size() + 1]; ++i)
    if (equals_ignoring_case(name, kFields[i].name))
      return kFields[i].field;
  return std::nullopt;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\n'))
    text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/// Alphanumeric throughout, but for `punctuation` after the first character.
bool is_word(std::string_view text, std::string_view punctuation) {
  return !text.empty() && is_alphanumeric(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

/// As dpkg: policy's names, and capitals and underscores, which some third-party archives use.
bool is_package_name(std::string_view name) {
  return is_word(name, "+-._");
}

/// A path below the archive which means the same to us, to a server and to a URL parser: no escapes, no "//",
/// no component that starts with a dot.
bool is_plain_path(std::string_view path) {
  if (!is_word(path, "+-._~/=@,") || path.back() == '/')
    return false;
  return path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// The first byte that is not part of well-formed UTF-8 (RFC 3629), or npos.
std::size_t find_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word = 0;
    if (text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const unsigned lead = byte(i), second = byte(i + 1);
    if (lead < 0x80)
      i += 1;
    else if (lead >= 0xC2 && lead <= 0xDF && is_tail(i + 1))
      i += 2;
    else if (lead >= 0xE0 && lead <= 0xEF && is_tail(i + 1) && is_tail(i + 2) &&
             !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second >= 0xA0))
      i += 3;
    else if (lead >= 0xF0 && lead <= 0xF4 && is_tail(i + 1) && is_tail(i + 2) && is_tail(i + 3) &&
             !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second >= 0x90))
      i += 4;
    else
      return i;
  }
  return std::string_view::npos;
}

struct SamePackage {
  static auto key(const PackageRecord* record) {
    return std::tie(record->name, record->version, record->architecture);
  }
  std::size_t operator()(const PackageRecord* record) const {
    const std::hash<std::string_view> hash;
    return hash(record->name) * 31 + hash(record->version);
  }
  bool operator()(const PackageRecord* a, const PackageRecord* b) const { return key(a) == key(b); }
};

constexpr std::size_t kNone = std::string_view::npos;

[[noreturn]] void fail_at(std::string_view text, std::size_t position, std::string_view package,
                          const std::string& message) {
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '\n');
  throw Error(ErrorKind::kFailure, is_package_name(package)
                                       ? fmt::format("line {}: package {}: {}", line, package, message)
                                       : fmt::format("line {}: {}", line, message));
}

/// Some of an index's bytes: whole stanzas.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Stanzas {
  std::vector<PackageRecord> records;
  std::vector<std::size_t> starts;  ///< of each one's stanza
};

class PackagesParser {
 public:
  PackagesParser(std::string_view text, std::string_view architecture, std::uint32_t release)
      : text_(text), architecture_(architecture), release_(release) {}

  Stanzas parse(const Piece& piece) {
    constexpr std::size_t kTypicalStanza = 800;
    result_.records.reserve((piece.end - piece.begin) / kTypicalStanza);
    check_encoding(piece);
    std::size_t at = piece.begin;
    while (at < piece.end) {
      const std::size_t end = std::min(text_.find('\n', at), piece.end);
      read_line(at, text_.substr(at, end - at));
      at = end + 1;
    }
    finish_stanza();
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::size_t position, const std::string& message) const {
    fail_at(text_, position, value(Field::kPackage), message);
  }
  [[noreturn]] void fail_stanza(const std::string& message) const { fail(stanza_, message); }

  std::string_view value(Field field) const { return values_[static_cast<std::size_t>(field)]; }
  bool seen(Field field) const { return (seen_ >> static_cast<unsigned>(field) & 1U) != 0; }

  void check_encoding(const Piece& piece) const {
    const std::string_view text = text_.substr(piece.begin, piece.end - piece.begin);
    if (const auto at = text.find('\0'); at != kNone)
      fail(piece.begin + at, "NUL byte");
    if (const auto at = text.find('\r'); at != kNone)
      fail(piece.begin + at, "carriage return: the index has been through a text conversion");
    if (const auto at = find_invalid_utf8(text); at != kNone)
      fail(piece.begin + at, "not UTF-8");
  }

  void read_line(std::size_t at, std::string_view line) {
    if (line.empty()) {
      finish_stanza();
      return;
    }
    if (is_blank(line.front())) {
      continue_field(at, line);
      return;
    }
    if (!in_stanza_) {
      in_stanza_ = true;
      stanza_ = at;
    }
    std::size_t colon = 0;  // names are a few letters long: too short for memchr to pay
    while (colon < line.size() && line[colon] != ':' && line[colon] != ' ')
      ++colon;
    if (colon == line.size() || colon == 0 || line[colon] == ' ')
      fail(at, "neither a field nor the continuation of one");
    current_ = find_field(line.substr(0, colon));
    if (!current_)
      return;
    if (seen(*current_))
      fail(at, fmt::format("field {} occurs twice", line.substr(0, colon)));
    seen_ |= 1U << static_cast<unsigned>(*current_);
    values_[static_cast<std::size_t>(*current_)] = trim(line.substr(colon + 1));
    value_start_ = at + colon + 1;
  }

  void continue_field(std::size_t at, std::string_view line) {
    if (!in_stanza_)
      fail(at, "the continuation of no field");
    if (std::all_of(line.begin(), line.end(), is_blank))
      fail(at, "line of white space only");
    if (current_)
      values_[static_cast<std::size_t>(*current_)] =
          trim(text_.substr(value_start_, at + line.size() - value_start_));
  }

  void finish_stanza() {
    if (!in_stanza_)
      return;
    result_.records.push_back(make_record());
    result_.starts.push_back(stanza_);
    values_.fill({});
    seen_ = 0;
    current_.reset();
    in_stanza_ = false;
  }

  PackageRecord make_record() const {
    check_required();
    PackageRecord record;
    record.name = value(Field::kPackage);
    record.version = value(Field::kVersion);
    record.architecture = value(Field::kArchitecture);
    read_source(record);
    record.multi_arch = value(Field::kMultiArch);
    record.priority = value(Field::kPriority);
    record.section = value(Field::kSection);
    record.depends = value(Field::kDepends);
    record.pre_depends = value(Field::kPreDepends);
    record.recommends = value(Field::kRecommends);
    record.suggests = value(Field::kSuggests);
    record.provides = value(Field::kProvides);
    record.conflicts = value(Field::kConflicts);
    record.breaks = value(Field::kBreaks);
    record.replaces = value(Field::kReplaces);
    record.enhances = value(Field::kEnhances);
    read_file(record);
    record.essential = read_flag(Field::kEssential, "Essential");
    const bool important = read_flag(Field::kImportant, "Important");
    record.important = read_flag(Field::kProtected, "Protected") || important;
    record.release = release_;
    return record;
  }

  void check_required() const {
    constexpr std::array kRequired{
        FieldName{"Package", Field::kPackage},
        FieldName{"Version", Field::kVersion},
        FieldName{"Architecture", Field::kArchitecture},
        FieldName{"Filename", Field::kFilename},
        FieldName{"Size", Field::kSize},
        FieldName{"SHA256", Field::kSha256},
    };
    for (const FieldName& required : kRequired)
      if (value(required.field).empty())
        fail_stanza(fmt::format("field {} is missing", required.name));
    if (!is_package_name(value(Field::kPackage)))
      fail_stanza("Package is not a valid name");
    if (!is_valid_version(value(Field::kVersion)))
      fail_stanza("Version is not a valid version");
    const std::string_view architecture = value(Field::kArchitecture);
    if (architecture != architecture_ && architecture != "all")
      fail_stanza(fmt::format("Architecture is neither {} nor all", architecture_));
  }

  /// "Source: name (version)", or only the name, or no such field: what is left out is the package's own.
  void read_source(PackageRecord& record) const {
    record.source = record.name;
    record.source_version = record.version;
    std::string_view source = value(Field::kSource);
    if (!seen(Field::kSource))
      return;
    const std::size_t bracket = source.find('(');
    if (bracket != kNone) {
      if (source.back() != ')')
        fail_stanza("Source is neither NAME nor NAME (VERSION)");
      record.source_version = trim(source.substr(bracket + 1, source.size() - bracket - 2));
    }
    record.source = trim(source.substr(0, bracket));
    if (!is_package_name(record.source) || !is_valid_version(record.source_version))
      fail_stanza("Source is neither NAME nor NAME (VERSION)");
  }

  void read_file(PackageRecord& record) const {
    // An ar member's size has ten digits, so a .deb's control and data members together are below this.
    constexpr std::uint64_t kMaxSize = 20'000'000'000;
    record.filename = value(Field::kFilename);
    if (record.filename.starts_with("./"))  // what dpkg-scanpackages writes
      record.filename.remove_prefix(2);
    if (!is_plain_path(record.filename))
      fail_stanza("Filename is not a plain path below the archive");
    const auto size = parse_number(value(Field::kSize));
    if (!size || *size == 0 || *size > kMaxSize)
      fail_stanza("Size is not the size of a package in bytes");
    record.size = *size;
    if (seen(Field::kInstalledSize)) {
      const auto installed_size = parse_number(value(Field::kInstalledSize));
      if (!installed_size)
        fail_stanza("Installed-Size is not a number");
      record.installed_size = *installed_size;
    }
    const std::string_view hash = value(Field::kSha256);
    const auto digest = hash.size() == 2 * Digest::kSize ? Digest::parse(hash) : std::nullopt;
    if (!digest)
      fail_stanza("SHA256 is not 64 hexadecimal digits");
    record.sha256 = *digest;
  }

  bool read_flag(Field field, std::string_view name) const {
    const std::string_view flag = value(field);
    if (!seen(field) || equals_ignoring_case(flag, "no"))
      return false;
    if (!equals_ignoring_case(flag, "yes"))
      fail_stanza(fmt::format("{} is neither yes nor no", name));
    return true;
  }

  std::string_view text_;
  std::string_view architecture_;
  std::uint32_t release_;

  // The stanza being read.
  bool in_stanza_ = false;
  std::size_t stanza_ = 0;  ///< where it starts
  std::array<std::string_view, kFields.size()> values_{};
  std::uint32_t seen_ = 0;
  std::optional<Field> current_;  ///< the field a continuation line belongs to; empty: one that is not kept
  std::size_t value_start_ = 0;

  Stanzas result_;
};

/// One piece for each core, cut between stanzas; short texts in one.
std::vector<Piece> split(std::string_view text) {
  constexpr std::size_t kWorthAThread = 1 << 20;
  const std::size_t count = std::clamp<std::size_t>(text.size() / kWorthAThread, 1, available_cores());
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < count; ++i) {
    const std::size_t gap = text.find("\n\n", std::max(begin, text.size() / count * i));
    if (gap == kNone)
      break;
    pieces.push_back({begin, gap + 1});
    begin = gap + 1;
  }
  pieces.push_back({begin, text.size()});
  return pieces;
}

/// One name, version and architecture is one package; two hashes for it mean that one of them is not it.
void check_duplicates(std::string_view text, const Stanzas& stanzas) {
  std::unordered_set<const PackageRecord*, SamePackage, SamePackage> known;
  known.reserve(stanzas.records.size());
  for (std::size_t i = 0; i < stanzas.records.size(); ++i) {
    const PackageRecord& record = stanzas.records[i];
    const auto [first, added] = known.insert(&record);
    if (!added && (*first)->sha256 != record.sha256)
      fail_at(
          text, stanzas.starts[i], {},
          fmt::format("package {} {} is listed twice with different hashes", record.name, record.version));
  }
}

}  // namespace

std::vector<PackageRecord> parse_packages(std::string_view text, std::string_view architecture,
                                          std::uint32_t release) {
  const std::vector<Piece> pieces = split(text);
  std::vector<Stanzas> parsed(pieces.size());
  parallel_for(pieces.size(), available_cores(), [&](std::size_t i) {
    parsed[i] = PackagesParser(text, architecture, release).parse(pieces[i]);
  });
  Stanzas all = std::move(parsed.front());
  for (std::size_t i = 1; i < parsed.size(); ++i) {
    all.records.insert(all.records.end(), parsed[i].records.begin(), parsed[i].records.end());
    all.starts.insert(all.starts.end(), parsed[i].starts.begin(), parsed[i].starts.end());
  }
  check_duplicates(text, all);
  return std::move(all.records);
}

}  // namespace bootstrap
