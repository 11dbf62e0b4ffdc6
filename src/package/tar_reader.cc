#include "package/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cerrno>
#include <exception>
#include <new>
#include <utility>

#include "package/entry_checks.h"
#include "package/fail.h"

namespace bootstrap {
namespace {

/// libarchive converts the names of pax headers from UTF-8 to the character set of the locale, and would thus
/// give other names under LC_ALL=C. Within a Scope the thread's locale is UTF-8 whatever the user's is.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ == nullptr)
      throw_errno("cannot use the locale C.UTF-8");
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() { ::freelocale(locale_); }

  class Scope {
   public:
    Scope() : old_(::uselocale(shared().locale_)) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { ::uselocale(old_); }

   private:
    locale_t old_;
  };

 private:
  /// Making one reads files, and a run reads thousands of archives.
  static const Utf8Locale& shared() {
    static const Utf8Locale locale;
    return locale;
  }

  locale_t locale_;
};

EntryType type_of(archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr)
    return EntryType::kHardlink;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::kFile;
    case AE_IFDIR:
      return EntryType::kDirectory;
    case AE_IFLNK:
      return EntryType::kSymlink;
    case AE_IFCHR:
      return EntryType::kCharacterDevice;
    case AE_IFBLK:
      return EntryType::kBlockDevice;
    case AE_IFIFO:
      return EntryType::kFifo;
    default:
      fail("an entry has a type that no package may contain");
  }
}

std::uint32_t id_of(la_int64_t id) {
  // The last value means "no id" to chown(2).
  if (id < 0 || id >= UINT32_MAX)
    fail("an entry's owner is out of range");
  return static_cast<std::uint32_t>(id);
}

/// Image dates are written with a year of four digits; far beyond it, arithmetic with times overflows.
std::int64_t time_of(archive_entry* entry) {
  constexpr std::int64_t kYear1 = -62'135'596'800;
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  const std::int64_t time = ::archive_entry_mtime(entry);
  if (time < kYear1 || time >= kYear10000)
    fail("an entry's time is out of range");
  return time;
}

void add_xattrs(archive_entry* from, Entry& to) {
  ::archive_entry_xattr_reset(from);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (::archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK)
    to.xattrs.emplace(name, std::string(static_cast<const char*>(value), size));
}

}  // namespace

struct TarReader::State {
  struct Free {
    void operator()(archive* handle) const { ::archive_read_free(handle); }
  };

  ByteSource source;
  std::exception_ptr source_error;
  std::unique_ptr<archive, Free> handle;

  static la_ssize_t feed(archive* handle, void* self, const void** data) {
    auto* state = static_cast<State*>(self);
    try {
      std::string_view input = state->source();
      *data = input.data();
      return static_cast<la_ssize_t>(input.size());
    } catch (...) {
      // No exception may pass through C: it goes on in check().
      state->source_error = std::current_exception();
      ::archive_set_error(handle, EIO, "cannot read");
      return -1;
    }
  }

  /// Warnings are errors too: they say that something was lost, such as a part of a name.
  void check(int result) {
    if (source_error)
      std::rethrow_exception(std::exchange(source_error, nullptr));
    if (result == ARCHIVE_OK || result == ARCHIVE_EOF)
      return;
    const char* reason = ::archive_error_string(handle.get());
    fail(std::string("the tar archive is damaged: ") + (reason == nullptr ? "unknown error" : reason));
  }
};

TarReader::TarReader(ByteSource source) : state_(std::make_unique<State>()) {
  state_->source = std::move(source);
  state_->handle.reset(::archive_read_new());
  archive* handle = state_->handle.get();
  if (handle == nullptr)
    throw std::bad_alloc();
  state_->check(::archive_read_support_format_tar(handle));
  state_->check(::archive_read_open(handle, state_.get(), nullptr, &State::feed, nullptr));
}

TarReader::~TarReader() = default;

std::optional<Entry> TarReader::next() {
  const Utf8Locale::Scope utf8;
  archive_entry* raw = nullptr;
  int result = ::archive_read_next_header(state_->handle.get(), &raw);
  state_->check(result);
  if (result == ARCHIVE_EOF)
    return std::nullopt;

  Entry entry;
  const char* path = ::archive_entry_pathname(raw);
  if (path == nullptr)
    fail("an entry has no readable name");
  entry.path = path;
  entry.type = type_of(raw);
  if (::archive_entry_sparse_count(raw) > 0)
    fail(printable(entry.path) + " is a sparse file, which no package may contain");
  entry.mode = static_cast<std::uint32_t>(::archive_entry_perm(raw)) & 07777;
  entry.uid = id_of(::archive_entry_uid(raw));
  entry.gid = id_of(::archive_entry_gid(raw));
  entry.mtime = time_of(raw);
  if (entry.type == EntryType::kFile) {
    if (::archive_entry_size(raw) < 0)
      fail(printable(entry.path) + " has a negative size");
    entry.size = static_cast<std::uint64_t>(::archive_entry_size(raw));
  }
  const char* target = entry.type == EntryType::kHardlink  ? ::archive_entry_hardlink(raw)
                       : entry.type == EntryType::kSymlink ? ::archive_entry_symlink(raw)
                                                           : nullptr;
  if (target != nullptr)
    entry.link_target = target;
  if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
    entry.device_major = static_cast<std::uint32_t>(::archive_entry_rdevmajor(raw));
    entry.device_minor = static_cast<std::uint32_t>(::archive_entry_rdevminor(raw));
  }
  add_xattrs(raw, entry);
  return entry;
}

std::string_view TarReader::read() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  int result = ::archive_read_data_block(state_->handle.get(), &data, &size, &offset);
  state_->check(result);
  return result == ARCHIVE_EOF ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace bootstrap
