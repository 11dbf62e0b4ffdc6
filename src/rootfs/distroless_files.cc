#include "rootfs/distroless_files.h"

#include <algorithm>
#include <array>

#include "rootfs/accounts.h"
#include "rootfs/dpkg_database.h"

namespace bootstrap {

namespace {

constexpr const char* kPasswdMaster = "usr/share/base-passwd/passwd.master";
constexpr const char* kGroupMaster = "usr/share/base-passwd/group.master";
constexpr std::string_view kCertificates = "usr/share/ca-certificates/";
constexpr const char* kBundle = "etc/ssl/certs/ca-certificates.crt";

/// When `needs` is in the tree and `path` is not, `path` becomes a link to `target`, or a copy of the file
/// `target`.
struct Rule {
  const char* needs;
  const char* path;
  const char* target;
  bool copy;
};
constexpr std::array kRules = {
    // libc-bin's postinst; without it glibc asks the DNS before etc/hosts.
    Rule{"usr/share/libc-bin/nsswitch.conf", "etc/nsswitch.conf", "usr/share/libc-bin/nsswitch.conf", true},
    // The file OpenSSL looks into by default; the directory it would look into holds links by hash, which
    // only a script makes.
    Rule{kBundle, "usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt", false},
    // Shipped by openssl, but libssl3 looks there as well.
    Rule{kBundle, "usr/lib/ssl/certs", "/etc/ssl/certs", false},
    // nginx-common's postinst enables its default site on a first installation.
    Rule{"etc/nginx/sites-available/default", "etc/nginx/sites-enabled/default",
         "/etc/nginx/sites-available/default", false},
};

// base-passwd's lists have "*" for a password that is nowhere; it belongs into the shadow file.
std::string shadowed(std::string_view list) {
  std::string result;
  while (!list.empty()) {
    const auto end = std::min(list.find('\n'), list.size());
    const auto line = list.substr(0, end);
    const auto first = line.find(':');
    const auto second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second != std::string_view::npos)
      result += std::string(line.substr(0, first)) + ":x" + std::string(line.substr(second)) + "\n";
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return result;
}

}  // namespace

void GeneratedFiles::write(const std::string& path, std::string content, std::uint32_t mode,
                           std::uint32_t gid) {
  Entry entry = file_entry(path, content, mode, mtime_);
  entry.gid = gid;
  tree_.put(entry);
  contents_[path] = std::move(content);
}

void GeneratedFiles::link(const std::string& path, const std::string& target) {
  tree_.put(symlink_entry(path, target, mtime_));
}

void GeneratedFiles::directory(const std::string& path, std::uint32_t mode) {
  tree_.put(directory_entry(path, mode, mtime_));
}

std::string GeneratedFiles::read(const std::string& path) const {
  if (const auto own = contents_.find(path); own != contents_.end())
    return own->second;
  return has(path) ? read_(path) : std::string();
}

bool is_read_by_generators(const std::string& path) {
  return path == kPasswdMaster || path == kGroupMaster || path.starts_with(kCertificates) ||
         std::any_of(kRules.begin(), kRules.end(),
                     [&](const Rule& rule) { return rule.copy && path == rule.target; });
}

void add_skeleton(GeneratedFiles& files, const std::string& architecture) {
  for (const char* path : {"dev", "etc", "proc", "run", "sys", "usr/bin", "usr/lib", "usr/sbin"})
    files.directory(path, 0755);
  for (const char* path : {"run/lock", "tmp", "var/tmp"})
    files.directory(path, 01777);
  // As base-files' postinst makes them; services still write their pid files there.
  files.link("var/run", "/run");
  files.link("var/lock", "/run/lock");
  files.write(dpkg_path("arch"), architecture + "\n");
  files.write(dpkg_path("info/format"), "1\n");
}

void add_accounts(GeneratedFiles& files, const std::vector<UserAccount>& users) {
  const std::int64_t day = shadow_day(files.mtime());
  AccountFiles accounts{files.read("etc/passwd"), files.read("etc/group"), files.read("etc/shadow"),
                        files.read("etc/gshadow")};
  if (accounts.passwd.empty()) {
    accounts = minimal_accounts(day);
    if (files.has(kPasswdMaster)) {
      accounts.passwd = shadowed(files.read(kPasswdMaster));
      accounts.shadow = shadow_for(accounts.passwd, day);
    }
    if (files.has(kGroupMaster)) {
      accounts.group = shadowed(files.read(kGroupMaster));
      accounts.gshadow = gshadow_for(accounts.group);
    }
  } else if (users.empty()) {
    return;
  }
  add_users(accounts, users, day);
  const std::uint32_t shadow_group = group_id(accounts.group, "shadow").value_or(0);
  files.write("etc/passwd", accounts.passwd);
  files.write("etc/group", accounts.group);
  files.write("etc/shadow", accounts.shadow, 0640, shadow_group);
  files.write("etc/gshadow", accounts.gshadow, 0640, shadow_group);
}

void add_what_scripts_make(GeneratedFiles& files) {
  for (const Rule& rule : kRules) {
    if (!files.has(rule.needs) || files.has(rule.path))
      continue;
    if (rule.copy)
      files.write(rule.path, files.read(rule.target));
    else
      files.link(rule.path, rule.target);
  }
}

void add_certificates(GeneratedFiles& files) {
  std::vector<std::string> paths;
  const Listing& listing = files.tree().listing();
  for (auto node = listing.lower_bound(std::string(kCertificates));
       node != listing.end() && node->first.starts_with(kCertificates); ++node)
    if (node->first.ends_with(".crt"))
      paths.push_back(node->first);
  if (paths.empty() || files.has(kBundle))
    return;
  std::string bundle;
  for (const auto& path : paths) {
    bundle += files.read(path);
    if (!bundle.empty() && bundle.back() != '\n')
      bundle += '\n';
  }
  files.write(kBundle, std::move(bundle));
}

}  // namespace bootstrap
