#include "rootfs/state_rules.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace bootstrap {

namespace {

using enum StateAction;

constexpr std::string_view kKey = "a key that everybody with the image would have";
constexpr std::string_view kPassword = "a password that everybody with the image would have";
constexpr std::string_view kId = "all machines with the image would be one and the same";
constexpr std::string_view kDatabase =
    "a database that a script initialised, with identifiers and times; do that when the image runs";

constexpr std::string_view kOther = "it is different every time";

constexpr auto kRules = std::to_array<StateRule>({
    // Belongs to a running system.
    {"run/lock", kKeep},
    {"run/*", kDrop},
    {"tmp/*", kDrop},
    {"var/lib/varnish/localhost", kDrop},
    {"var/lib/varnish/otherhost", kDrop},
    // Logs of the installation.
    {"var/log/dpkg.log", kDrop},
    {"var/log/alternatives.log", kDrop},
    {"var/log/bootstrap.log", kDrop},
    {"var/log/fontconfig.log", kDrop},
    {"var/log/apt/*", kDrop},
    {"var/lib/texmf/web2c/*.log", kDrop},
    {"var/lib/texmf/web2c/*/*.log", kDrop},
    // Caches that hold inode numbers or times, or can be made again.
    {"var/cache/ldconfig/aux-cache", kDrop},
    {"var/cache/apt/*.bin", kDrop},
    // Backups, which tell how the tree was made but not what it is.
    {"var/cache/debconf/*-old", kDrop},
    {"var/lib/dpkg/*-old", kDrop},
    {"var/lib/dpkg/available", kDrop},
    {"var/backups/*", kDrop},
    {"etc/passwd-", kDrop},
    {"etc/group-", kDrop},
    {"etc/shadow-", kDrop},
    {"etc/gshadow-", kDrop},
    {"etc/subuid-", kDrop},
    {"etc/subgid-", kDrop},
    // Locks and what dpkg leaves when it stops in the middle.
    {"var/lib/dpkg/lock", kDrop},
    {"var/lib/dpkg/lock-frontend", kDrop},
    {"var/lib/dpkg/triggers/Lock", kDrop},
    {"var/lib/dpkg/tmp.ci", kDrop},
    {"var/lib/dpkg/updates/*", kDrop},
    // Of one machine only; made again at the first boot.
    {"var/lib/dbus/machine-id", kDrop},
    {"var/lib/systemd/random-seed", kDrop},
    {"var/lib/systemd/credential.secret", kDrop},
    {"var/lib/urandom/random-seed", kDrop},
    {"etc/machine-info", kDrop},
    {"etc/apt/apt.conf.d/01autoremove-kernels", kDrop},
    // Keys and cookies.
    {"etc/ssh/ssh_host_*_key", kRemove, kKey},
    {"etc/ssh/ssh_host_*_key.pub", kRemove, kKey},
    {"etc/dropbear/dropbear_*_host_key", kRemove, kKey},
    {"etc/ssl/private/ssl-cert-snakeoil.key", kRemove, kKey},
    {"etc/ssl/certs/ssl-cert-snakeoil.pem", kRemove, kKey},
    {"etc/bind/rndc.key", kRemove, kKey, "named starts without it; rndc needs one: rndc-confgen -a"},
    {"var/lib/rabbitmq/.erlang.cookie", kRemove, kPassword, "Erlang makes one when it starts"},
    {"etc/varnish/secret", kRemove, kPassword, "varnishd needs one: uuidgen > /etc/varnish/secret"},
    {"etc/munge/munge.key", kRemove, kKey, "munged needs one: mungekey --create"},
    // Names of machines.
    {"etc/nvme/hostid", kRemove, kId, "nvme needs one: uuidgen > /etc/nvme/hostid"},
    {"etc/nvme/hostnqn", kRemove, kId, "nvme needs one: nvme gen-hostnqn > /etc/nvme/hostnqn"},
    // Databases: identifiers, log positions and times differ every time, and copies of one image would share
    // an
    // identity. Their folder stays, empty, for who runs the image to initialise.
    {"var/lib/postgresql/*/main", kEmpty, kDatabase},
    {"var/lib/mysql", kEmpty, kDatabase},
    {"etc/ldap/slapd.d", kEmpty, kDatabase, "slapd needs it: dpkg-reconfigure slapd, or slapadd -n 0"},
    {"var/lib/ldap", kEmpty, kDatabase, "slapd needs it: dpkg-reconfigure slapd, or slapadd"},
    // What can be made again: a database with times and whatever lay in memory, formats with times (of TeX;
    // the
    // others heed SOURCE_DATE_EPOCH) or with tables in random order (of Lua).
    {"etc/aliases.db", kRemove, kOther, "postfix needs it: newaliases"},
    {"var/lib/texmf/web2c/tex/tex.fmt", kRemove, kOther, "TeX makes it when it is used (mktexfmt)"},
    {"var/lib/texmf/web2c/lua*/*.fmt", kRemove, kOther, "TeX makes it when it is used (mktexfmt)"},
});

bool matches(std::string_view glob, const std::string& path) {
  return ::fnmatch(std::string(glob).c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

/// Recipes name absolute paths.
bool matches_any(const std::vector<std::string>& globs, const std::string& path) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return matches(std::string_view(glob).substr(1), path);
  });
}

std::string note(std::string_view verb, const std::string& path, const StateRule& rule) {
  return fmt::format("{} {}: {}{}{}", verb, path, rule.reason, rule.again.empty() ? "" : "; ", rule.again);
}

}  // namespace

const StateRule* find_built_in_rule(const std::string& path) {
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [&](const StateRule& one) { return matches(one.glob, path); });
  return rule == kRules.end() ? nullptr : &*rule;
}

StateVerdict StateRuleBook::judge(const std::string& path) const {
  constexpr std::string_view kAsked = "the recipe says so";
  if (matches_any(own_.remove, path))
    return {kRemove, note("removed", path, {{}, kRemove, kAsked, {}}), true};
  if (matches_any(own_.empty, path))
    return {kEmpty, note("emptied", path, {{}, kEmpty, kAsked, {}}), true};
  const StateRule* rule = find_built_in_rule(path);
  if (rule == nullptr)
    return {};
  std::string told;
  if (rule->action == kRemove)
    told = note("removed", path, *rule);
  if (rule->action == kEmpty)
    told = note("emptied", path, *rule);
  return {rule->action, std::move(told), false};
}

}  // namespace bootstrap
