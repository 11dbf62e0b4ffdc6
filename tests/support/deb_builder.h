// Debian packages made in the test: whole ones by DebBuilder, and the pieces (ar, tar, compressed members) to
// put together broken and hostile ones. Everything is a value and equal calls give equal bytes, so tests may
// compare digests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bootstrap {

/// How a member of a .deb is compressed, by the ending of its name.
enum class Packing { kNone, kGzip, kXz, kZstd, kBzip2, kLzma };

/// Of the members that DebBuilder makes, and of files that name no other.
inline constexpr std::int64_t kBuilderTime = 1'700'000'000;

/// An entry of a tar archive, written as it stands: nothing is checked or completed.
struct TarItem {
  std::string path;
  char type = '-';  ///< as ls(1) shows it: - d l c b p, and h for a hard link
  std::string content = {};
  std::uint32_t mode = 0644;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::int64_t mtime = kBuilderTime;
  std::string link_target = {};
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs = {};
};

/// GNU tar format as dpkg-deb writes it; pax as soon as an item has extended attributes.
std::string tar_archive(const std::vector<TarItem>& items);
/// "!<arch>\n" and these members, each padded.
std::string ar_archive(const std::vector<std::pair<std::string, std::string>>& members);
std::string packed(std::string_view data, Packing packing);
/// ".xz", ... ; empty for kNone.
std::string_view suffix_of(Packing packing);

class DebBuilder {
 public:
  explicit DebBuilder(std::string name, std::string version = "1.0-1", std::string architecture = "all");

  /// Sets a field of the control file: field("Depends", "libc6"). The usual ones are there already.
  DebBuilder& field(const std::string& name, std::string value);

  /// Entries of data.tar, in the order of the calls. Paths are like "usr/bin/x"; missing parents are added as
  /// directories before their first entry, as dpkg-deb would have them.
  DebBuilder& directory(const std::string& path, std::uint32_t mode = 0755);
  DebBuilder& file(const std::string& path, std::string content, std::uint32_t mode = 0644);
  DebBuilder& symlink(const std::string& path, std::string target);
  DebBuilder& hardlink(const std::string& path, const std::string& target);
  /// A file that is listed in "conffiles" as well.
  DebBuilder& conffile(const std::string& path, std::string content);
  /// Anything else, exactly as given except for "./" in front of its path.
  DebBuilder& item(TarItem item);

  /// A maintainer script: script("postinst", "#!/bin/sh\n...").
  DebBuilder& script(const std::string& name, std::string content) {
    return control_file(name, std::move(content), 0755);
  }
  DebBuilder& control_file(const std::string& name, std::string content, std::uint32_t mode = 0644);

  DebBuilder& packing(Packing packing);

  std::string control_tar() const;
  std::string data_tar() const { return tar_archive(data_); }
  /// The package.
  std::string build() const;

  /// "nginx_1.0-1_amd64.deb": without the epoch, as archives name files.
  std::string file_name() const;
  /// Its stanza in a Packages index, with Filename, Size and SHA256, and an empty line behind. `directory` is
  /// where build() lies in the archive: "pool/main/n/nginx".
  std::string packages_stanza(const std::string& directory = "pool/main") const;

 private:
  const std::string& value_of(std::string_view field) const;
  std::string control() const;
  void add_parents(const std::string& path);

  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<TarItem> data_;
  std::vector<TarItem> control_files_;
  std::string conffiles_;
  Packing packing_ = Packing::kXz;
};

}  // namespace bootstrap
