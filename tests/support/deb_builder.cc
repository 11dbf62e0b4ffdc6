#include "support/deb_builder.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "base/digest.h"

namespace bootstrap {
namespace {

struct FreeArchive {
  void operator()(archive* handle) const { ::archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};

void check(archive* handle, int result) {
  if (result != ARCHIVE_OK)
    throw std::runtime_error(std::string("libarchive: ") + ::archive_error_string(handle));
}

la_ssize_t append(archive* /*handle*/, void* output, const void* data, std::size_t size) {
  static_cast<std::string*>(output)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

mode_t type_bits(char type) {
  switch (type) {
    case 'd':
      return AE_IFDIR;
    case 'l':
      return AE_IFLNK;
    case 'c':
      return AE_IFCHR;
    case 'b':
      return AE_IFBLK;
    case 'p':
      return AE_IFIFO;
    default:
      return AE_IFREG;
  }
}

void write_item(archive* handle, const TarItem& item) {
  std::unique_ptr<archive_entry, FreeEntry> holder(::archive_entry_new());
  archive_entry* entry = holder.get();
  ::archive_entry_set_pathname(entry, item.path.c_str());
  ::archive_entry_set_mode(entry, type_bits(item.type) | item.mode);
  ::archive_entry_set_uid(entry, item.uid);
  ::archive_entry_set_gid(entry, item.gid);
  ::archive_entry_set_mtime(entry, item.mtime, 0);
  ::archive_entry_set_size(entry, static_cast<la_int64_t>(item.content.size()));
  if (item.type == 'l')
    ::archive_entry_set_symlink(entry, item.link_target.c_str());
  if (item.type == 'h')
    ::archive_entry_set_hardlink(entry, item.link_target.c_str());
  ::archive_entry_set_rdevmajor(entry, item.device_major);
  ::archive_entry_set_rdevminor(entry, item.device_minor);
  for (const auto& [name, value] : item.xattrs)
    ::archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
  check(handle, ::archive_write_header(handle, entry));
  if (!item.content.empty())
    ::archive_write_data(handle, item.content.data(), item.content.size());
}

}  // namespace

std::string tar_archive(const std::vector<TarItem>& items) {
  std::string output;
  std::unique_ptr<archive, FreeArchive> holder(::archive_write_new());
  archive* handle = holder.get();
  bool pax =
      std::any_of(items.begin(), items.end(), [](const TarItem& item) { return !item.xattrs.empty(); });
  check(handle, pax ? ::archive_write_set_format_pax(handle) : ::archive_write_set_format_gnutar(handle));
  check(handle, ::archive_write_add_filter_none(handle));
  check(handle, ::archive_write_open(handle, &output, nullptr, &append, nullptr));
  for (const TarItem& item : items)
    write_item(handle, item);
  check(handle, ::archive_write_close(handle));
  return output;
}

std::string ar_archive(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string output = "!<arch>\n";
  for (const auto& [name, content] : members) {
    char header[61];
    std::snprintf(header, sizeof header, "%-16s%-12lld%-6d%-6d%-8o%-10zu`\n", name.c_str(),
                  static_cast<long long>(kBuilderTime), 0, 0, 0100644U, content.size());
    output += header;
    output += content;
    if (content.size() % 2 != 0)
      output += '\n';
  }
  return output;
}

std::string packed(std::string_view data, Packing packing) {
  std::string output;
  std::unique_ptr<archive, FreeArchive> holder(::archive_write_new());
  archive* handle = holder.get();
  check(handle, ::archive_write_set_format_raw(handle));
  switch (packing) {
    case Packing::kNone:
      return std::string(data);
    case Packing::kGzip:
      check(handle, ::archive_write_add_filter_gzip(handle));
      check(handle, ::archive_write_set_options(handle, "gzip:!timestamp"));
      break;
    case Packing::kXz:
      check(handle, ::archive_write_add_filter_xz(handle));
      // The least memory and time: tests make many small packages.
      check(handle, ::archive_write_set_options(handle, "xz:compression-level=0"));
      break;
    case Packing::kZstd:
      check(handle, ::archive_write_add_filter_zstd(handle));
      break;
    case Packing::kBzip2:
      check(handle, ::archive_write_add_filter_bzip2(handle));
      break;
    case Packing::kLzma:
      check(handle, ::archive_write_add_filter_lzma(handle));
      break;
  }
  // Without padding to whole blocks, which would be garbage behind the compressed data.
  check(handle, ::archive_write_set_bytes_in_last_block(handle, 1));
  check(handle, ::archive_write_open(handle, &output, nullptr, &append, nullptr));
  std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), "data");
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  check(handle, ::archive_write_header(handle, entry.get()));
  ::archive_write_data(handle, data.data(), data.size());
  check(handle, ::archive_write_close(handle));
  return output;
}

std::string_view suffix_of(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      return "";
    case Packing::kGzip:
      return ".gz";
    case Packing::kXz:
      return ".xz";
    case Packing::kZstd:
      return ".zst";
    case Packing::kBzip2:
      return ".bz2";
    case Packing::kLzma:
      return ".lzma";
  }
  return "";
}

DebBuilder::DebBuilder(std::string name, std::string version, std::string architecture) {
  fields_ = {{"Package", std::move(name)},
             {"Version", std::move(version)},
             {"Architecture", std::move(architecture)},
             {"Maintainer", "Test <test@example.org>"},
             {"Section", "misc"},
             {"Priority", "optional"},
             {"Description", "made by a test"}};
  data_.push_back({"./", 'd', "", 0755});
}

DebBuilder& DebBuilder::field(const std::string& name, std::string value) {
  auto known =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == name; });
  if (known != fields_.end())
    known->second = std::move(value);
  else
    fields_.insert(fields_.end() - 1, {name, std::move(value)});
  return *this;
}

DebBuilder& DebBuilder::directory(const std::string& path, std::uint32_t mode) {
  return item({path + "/", 'd', "", mode});
}

DebBuilder& DebBuilder::file(const std::string& path, std::string content, std::uint32_t mode) {
  return item({path, '-', std::move(content), mode});
}

DebBuilder& DebBuilder::symlink(const std::string& path, std::string target) {
  TarItem link{path, 'l', "", 0777};
  link.link_target = std::move(target);
  return item(std::move(link));
}

DebBuilder& DebBuilder::hardlink(const std::string& path, const std::string& target) {
  TarItem link{path, 'h'};
  link.link_target = "./" + target;
  return item(std::move(link));
}

DebBuilder& DebBuilder::conffile(const std::string& path, std::string content) {
  conffiles_ += "/" + path + "\n";
  return file(path, std::move(content));
}

DebBuilder& DebBuilder::item(TarItem item) {
  add_parents(item.path);
  item.path.insert(0, "./");
  data_.push_back(std::move(item));
  return *this;
}

void DebBuilder::add_parents(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash + 1 < path.size() && slash != path.npos;
       slash = path.find('/', slash + 1)) {
    std::string parent = "./" + path.substr(0, slash + 1);
    bool known =
        std::any_of(data_.begin(), data_.end(), [&](const TarItem& item) { return item.path == parent; });
    if (!known)
      data_.push_back({parent, 'd', "", 0755});
  }
}

DebBuilder& DebBuilder::control_file(const std::string& name, std::string content, std::uint32_t mode) {
  control_files_.push_back({"./" + name, '-', std::move(content), mode});
  return *this;
}

DebBuilder& DebBuilder::packing(Packing packing) {
  packing_ = packing;
  return *this;
}

const std::string& DebBuilder::value_of(std::string_view field) const {
  return std::find_if(fields_.begin(), fields_.end(), [&](const auto& item) { return item.first == field; })
      ->second;
}

std::string DebBuilder::control() const {
  std::string text;
  for (const auto& [name, value] : fields_)
    text.append(name).append(": ").append(value).append("\n");
  return text;
}

std::string DebBuilder::control_tar() const {
  std::vector<TarItem> items{{"./", 'd', "", 0755}, {"./control", '-', control()}};
  if (!conffiles_.empty())
    items.push_back({"./conffiles", '-', conffiles_});
  items.insert(items.end(), control_files_.begin(), control_files_.end());
  return tar_archive(items);
}

std::string DebBuilder::build() const {
  std::string suffix(suffix_of(packing_));
  // dpkg never compresses control.tar with bzip2 or lzma.
  Packing control = packing_ == Packing::kBzip2 || packing_ == Packing::kLzma ? Packing::kGzip : packing_;
  return ar_archive({{"debian-binary", "2.0\n"},
                     {"control.tar" + std::string(suffix_of(control)), packed(control_tar(), control)},
                     {"data.tar" + suffix, packed(data_tar(), packing_)}});
}

std::string DebBuilder::file_name() const {
  const std::string& version = value_of("Version");
  return value_of("Package") + "_" + version.substr(version.find(':') + 1) + "_" + value_of("Architecture") +
         ".deb";
}

std::string DebBuilder::packages_stanza(const std::string& directory) const {
  std::string package = build();
  return control() + "Filename: " + directory + "/" + file_name() +
         "\nSize: " + std::to_string(package.size()) + "\nSHA256: " + Digest::of(package).hex() + "\n\n";
}

}  // namespace bootstrap
