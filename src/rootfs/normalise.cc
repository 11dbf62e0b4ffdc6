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

struct LeftoverRule {
  const char* glob;  ///< fnmatch with FNM_PATHNAME
  Leftover leftover;
};

constexpr auto kDrop = Leftover::kDrop;
constexpr auto kKeep = Leftover::kKeep;
constexpr auto kSecret = Leftover::kSecret;
constexpr auto kDatabase = Leftover::kDatabase;

// The first that matches decides. What stands in a directory that is dropped goes with it.
constexpr std::array kLeftoverRules = {
    // Belongs to a running system.
    LeftoverRule{"run/lock", kKeep},
    LeftoverRule{"run/*", kDrop},
    LeftoverRule{"tmp/*", kDrop},
    // Logs of the installation.
    LeftoverRule{"var/log/dpkg.log", kDrop},
    LeftoverRule{"var/log/alternatives.log", kDrop},
    LeftoverRule{"var/log/bootstrap.log", kDrop},
    LeftoverRule{"var/log/fontconfig.log", kDrop},
    LeftoverRule{"var/log/apt/*", kDrop},
    // Caches that hold inode numbers or times, or can be made again.
    LeftoverRule{"var/cache/ldconfig/aux-cache", kDrop},
    LeftoverRule{"var/cache/apt/*.bin", kDrop},
    // Backups, which tell how the tree was made but not what it is.
    LeftoverRule{"var/cache/debconf/*-old", kDrop},
    LeftoverRule{"var/lib/dpkg/*-old", kDrop},
    LeftoverRule{"var/lib/dpkg/available", kDrop},
    LeftoverRule{"var/backups/*", kDrop},
    LeftoverRule{"etc/passwd-", kDrop},
    LeftoverRule{"etc/group-", kDrop},
    LeftoverRule{"etc/shadow-", kDrop},
    LeftoverRule{"etc/gshadow-", kDrop},
    LeftoverRule{"etc/subuid-", kDrop},
    LeftoverRule{"etc/subgid-", kDrop},
    // Locks and what dpkg leaves when it stops in the middle.
    LeftoverRule{"var/lib/dpkg/lock", kDrop},
    LeftoverRule{"var/lib/dpkg/lock-frontend", kDrop},
    LeftoverRule{"var/lib/dpkg/triggers/Lock", kDrop},
    LeftoverRule{"var/lib/dpkg/tmp.ci", kDrop},
    LeftoverRule{"var/lib/dpkg/updates/*", kDrop},
    // Of one machine only; made again at the first boot.
    LeftoverRule{"var/lib/dbus/machine-id", kDrop},
    LeftoverRule{"var/lib/systemd/random-seed", kDrop},
    LeftoverRule{"var/lib/systemd/credential.secret", kDrop},
    LeftoverRule{"var/lib/urandom/random-seed", kDrop},
    LeftoverRule{"etc/machine-info", kDrop},
    LeftoverRule{"etc/apt/apt.conf.d/01autoremove-kernels", kDrop},
    // Private keys: everybody who has the image would have them.
    LeftoverRule{"etc/ssh/ssh_host_*_key", kSecret},
    LeftoverRule{"etc/ssh/ssh_host_*_key.pub", kSecret},
    LeftoverRule{"etc/dropbear/dropbear_*_host_key", kSecret},
    LeftoverRule{"etc/ssl/private/ssl-cert-snakeoil.key", kSecret},
    LeftoverRule{"etc/ssl/certs/ssl-cert-snakeoil.pem", kSecret},
    // Databases that a script initialised: identifiers, log positions and times differ every time, and copies
    // of one image would share an identity. Their folder stays, empty, for who runs the image to initialise.
    LeftoverRule{"var/lib/postgresql/*/main/*", kDatabase},
    LeftoverRule{"var/lib/mysql/*", kDatabase},
};

bool leads_to(const Entry& link, const std::set<std::string>& names) {
  return link.type == EntryType::kSymlink && names.count(name_of_path(link.link_target)) > 0;
}

}  // namespace

Leftover judge_leftover(const std::string& path) {
  for (const LeftoverRule& rule : kLeftoverRules)
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
  std::set<std::string> secrets;
  std::set<std::string> databases;
  std::string dropped_directory;
  const auto drop = [&](const std::string& path) {
    result.paths.push_back(path);
    return true;
  };
  std::erase_if(listing, [&](const auto& item) {
    const auto& [path, node] = item;
    if (layers.find(path) != nullptr)
      return false;
    if (!dropped_directory.empty() && path.starts_with(dropped_directory))
      return drop(path);
    const Leftover leftover = judge_leftover(path);
    if (leftover == Leftover::kKeep)
      return false;
    if (leftover == Leftover::kSecret) {
      result.notes.push_back(fmt::format("removed {}: a key that everybody with the image would have", path));
      secrets.insert(name_of_path(path));
    }
    if (leftover == Leftover::kDatabase && databases.insert(parent_of(path)).second)
      result.notes.push_back(fmt::format(
          "emptied {}: a database that a script initialised; do that when the image runs", parent_of(path)));
    if (node.entry.type == EntryType::kDirectory)
      dropped_directory = path + "/";
    return drop(path);
  });
  // update-ca-certificates and c_rehash name certificates by hash: links to what is gone.
  std::erase_if(listing, [&](const auto& item) {
    return !secrets.empty() && leads_to(item.second.entry, secrets) && layers.find(item.first) == nullptr &&
           drop(item.first);
  });
  return result;
}

}  // namespace bootstrap
