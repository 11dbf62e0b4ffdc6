#include "rootfs/normalise.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "rootfs/accounts.h"
#include "rootfs/java_keystore.h"

namespace bootstrap {

namespace {

struct Rule {
  const char* glob;  ///< fnmatch with FNM_PATHNAME
  Leftover leftover;
};

constexpr auto kDrop = Leftover::kDrop;
constexpr auto kKeep = Leftover::kKeep;
constexpr auto kSecret = Leftover::kSecret;
constexpr auto kDatabase = Leftover::kDatabase;

// The first that matches decides. What stands in a directory that is dropped goes with it.
constexpr std::array kRules = {
    // Belongs to a running system.
    Rule{"run/lock", kKeep},
    Rule{"run/*", kDrop},
    Rule{"tmp/*", kDrop},
    // Logs of the installation.
    Rule{"var/log/dpkg.log", kDrop},
    Rule{"var/log/alternatives.log", kDrop},
    Rule{"var/log/bootstrap.log", kDrop},
    Rule{"var/log/fontconfig.log", kDrop},
    Rule{"var/log/apt/*", kDrop},
    // Caches that hold inode numbers or times, or can be made again.
    Rule{"var/cache/ldconfig/aux-cache", kDrop},
    Rule{"var/cache/apt/*.bin", kDrop},
    // Backups, which tell how the tree was made but not what it is.
    Rule{"var/cache/debconf/*-old", kDrop},
    Rule{"var/lib/dpkg/*-old", kDrop},
    Rule{"var/lib/dpkg/available", kDrop},
    Rule{"var/backups/*", kDrop},
    Rule{"etc/passwd-", kDrop},
    Rule{"etc/group-", kDrop},
    Rule{"etc/shadow-", kDrop},
    Rule{"etc/gshadow-", kDrop},
    Rule{"etc/subuid-", kDrop},
    Rule{"etc/subgid-", kDrop},
    // Locks and what dpkg leaves when it stops in the middle.
    Rule{"var/lib/dpkg/lock", kDrop},
    Rule{"var/lib/dpkg/lock-frontend", kDrop},
    Rule{"var/lib/dpkg/triggers/Lock", kDrop},
    Rule{"var/lib/dpkg/tmp.ci", kDrop},
    Rule{"var/lib/dpkg/updates/*", kDrop},
    // Of one machine only; made again at the first boot.
    Rule{"var/lib/dbus/machine-id", kDrop},
    Rule{"var/lib/systemd/random-seed", kDrop},
    Rule{"var/lib/systemd/credential.secret", kDrop},
    Rule{"var/lib/urandom/random-seed", kDrop},
    Rule{"etc/machine-info", kDrop},
    Rule{"etc/apt/apt.conf.d/01autoremove-kernels", kDrop},
    // Private keys: everybody who has the image would have them.
    Rule{"etc/ssh/ssh_host_*_key", kSecret},
    Rule{"etc/ssh/ssh_host_*_key.pub", kSecret},
    Rule{"etc/dropbear/dropbear_*_host_key", kSecret},
    Rule{"etc/ssl/private/ssl-cert-snakeoil.key", kSecret},
    Rule{"etc/ssl/certs/ssl-cert-snakeoil.pem", kSecret},
    // Databases that a script initialised: identifiers, log positions and times differ every time, and copies
    // of one image would share an identity. Their folder stays, empty, for who runs the image to initialise.
    Rule{"var/lib/postgresql/*/main/*", kDatabase},
    Rule{"var/lib/mysql/*", kDatabase},
};

bool leads_to(const Entry& link, const std::set<std::string>& names) {
  return link.type == EntryType::kSymlink && names.count(name_of_path(link.link_target)) > 0;
}

}  // namespace

Leftover judge_leftover(const std::string& path) {
  for (const Rule& rule : kRules)
    if (::fnmatch(rule.glob, path.c_str(), FNM_PATHNAME) == 0)
      return rule.leftover;
  return Leftover::kKeep;
}

std::string clamp_shadow_dates(std::string_view shadow, std::int64_t day) {
  std::string result;
  while (!shadow.empty()) {
    const auto end = std::min(shadow.find('\n'), shadow.size());
    const auto line = shadow.substr(0, end);
    const auto password = line.find(':');
    const auto date = password == std::string_view::npos ? password : line.find(':', password + 1);
    const auto after = date == std::string_view::npos ? date : line.find(':', date + 1);
    std::int64_t changed = 0;
    if (after != std::string_view::npos) {
      const auto digits = line.substr(date + 1, after - date - 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), changed);
    }
    if (changed > day)
      result += fmt::format("{}{}{}", line.substr(0, date + 1), day, line.substr(after));
    else
      result += line;
    result += '\n';
    shadow.remove_prefix(std::min(end + 1, shadow.size()));
  }
  return result;
}

void normalise_files(const Tree& tree, std::int64_t newest_mtime) {
  if (tree.exists("etc/machine-id")) {  // a new file, so that its mode is not left to who made it
    tree.remove("etc/machine-id");
    tree.write("etc/machine-id", "");
  }
  if (const auto keystore = tree.read("etc/ssl/certs/java/cacerts"))
    if (const auto normal = with_keystore_times(*keystore, newest_mtime); normal && *normal != *keystore)
      tree.write("etc/ssl/certs/java/cacerts", *normal);
  if (const auto shadow = tree.read("etc/shadow")) {
    const auto clamped = clamp_shadow_dates(*shadow, shadow_day(newest_mtime));
    if (clamped != *shadow)
      tree.write("etc/shadow", clamped);
  }
}

Leftovers drop_leftovers(Listing& listing, const LayerView& layers) {
  Leftovers result;
  std::set<std::string, PathOrder> dropped;
  std::set<std::string> secrets;
  std::set<std::string> databases;
  std::string dropped_directory;
  // What stays needs the directories that it is in.
  const auto keep = [&](const std::string& path) {
    for (std::string above = parent_of(path); dropped.erase(above) > 0;)
      above = parent_of(above);
  };
  for (const auto& [path, node] : listing) {
    const bool is_inside = !dropped_directory.empty() && path.starts_with(dropped_directory);
    const Leftover leftover = is_inside ? Leftover::kDrop : judge_leftover(path);
    if (layers.find(path) != nullptr || leftover == Leftover::kKeep) {
      keep(path);
      continue;
    }
    dropped.insert(path);
    if (leftover == Leftover::kSecret) {
      result.notes.push_back(fmt::format("removed {}: a key that everybody with the image would have", path));
      secrets.insert(name_of_path(path));
    }
    if (leftover == Leftover::kDatabase && databases.insert(parent_of(path)).second)
      result.notes.push_back(fmt::format(
          "emptied {}: a database that a script initialised; do that when the image runs", parent_of(path)));
    if (!is_inside && node.entry.type == EntryType::kDirectory)
      dropped_directory = path + "/";
  }
  // update-ca-certificates and c_rehash name certificates by hash: links to what is gone.
  if (!secrets.empty())
    for (const auto& [path, node] : listing)
      if (leads_to(node.entry, secrets) && layers.find(path) == nullptr)
        dropped.insert(path);
  std::erase_if(listing, [&](const auto& item) { return dropped.count(item.first) > 0; });
  result.paths.assign(dropped.begin(), dropped.end());
  return result;
}

}  // namespace bootstrap
