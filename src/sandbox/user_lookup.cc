#include "sandbox/user_lookup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/id_range.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kMaximalFile = 4 << 20;

using Fields = std::vector<std::string_view>;

Fields split(std::string_view line, char separator) {
  Fields fields;
  for (std::size_t end; (end = line.find(separator)) != std::string_view::npos; line.remove_prefix(end + 1))
    fields.push_back(line.substr(0, end));
  fields.push_back(line);
  return fields;
}

/// An id that our map has.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || id >= IdRange::kInitId)
    return std::nullopt;
  return id;
}

std::string read_database(int root, const std::string& path) {
  UniqueFd fd = try_open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) < 0 || !S_ISREG(status.st_mode))
    return {};
  return read_all(fd.get(), kMaximalFile);
}

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
};

std::optional<Account> find_account(std::string_view passwd, const std::string& user) {
  const std::optional<std::uint32_t> number = parse_id(user);
  std::optional<Account> by_number;
  for (std::string_view line : split(passwd, '\n')) {
    Fields fields = split(line, ':');
    if (fields.size() != 7 || fields[0].empty())
      continue;
    auto uid = parse_id(fields[2]);
    auto gid = parse_id(fields[3]);
    if (!uid || !gid)
      continue;
    Account account{std::string(fields[0]), *uid, *gid, std::string(fields[5])};
    // A name wins over a number that looks the same.
    if (fields[0] == user)
      return account;
    if (!by_number && uid == number)
      by_number = account;
  }
  return by_number;
}

std::optional<gid_t> find_group(std::string_view file, const std::string& group) {
  for (std::string_view line : split(file, '\n')) {
    Fields fields = split(line, ':');
    if (fields.size() == 4 && fields[0] == group)
      return parse_id(fields[2]);
  }
  return parse_id(group);
}

std::vector<gid_t> groups_of(std::string_view file, const std::string& name) {
  std::vector<gid_t> groups;
  for (std::string_view line : split(file, '\n')) {
    Fields fields = split(line, ':');
    if (fields.size() != 4)
      continue;
    Fields members = split(fields[3], ',');
    auto gid = parse_id(fields[2]);
    if (gid && std::find(members.begin(), members.end(), name) != members.end())
      groups.push_back(*gid);
  }
  return groups;
}

}  // namespace

Identity find_identity(int root, const std::string& user) {
  if (user.empty()) {
    Identity root_identity;
    if (std::optional<Account> account = find_account(read_database(root, "etc/passwd"), "0"))
      root_identity.home = account->home;
    return root_identity;
  }
  const std::size_t colon = user.find(':');
  const std::string name = user.substr(0, colon);
  const std::string passwd = read_database(root, "etc/passwd");
  const std::string group_file = read_database(root, "etc/group");

  Identity identity;
  std::optional<Account> account = find_account(passwd, name);
  if (account) {
    identity.uid = account->uid;
    identity.gid = account->gid;
    identity.home = account->home;
  } else if (auto uid = parse_id(name)) {
    identity.uid = *uid;
  } else {
    throw Error(ErrorKind::kFailure, "the tree's /etc/passwd has no user \"" + name + "\"");
  }
  if (colon != std::string::npos) {
    const std::string group = user.substr(colon + 1);
    std::optional<gid_t> gid = find_group(group_file, group);
    if (!gid)
      throw Error(ErrorKind::kFailure, "the tree's /etc/group has no group \"" + group + "\"");
    identity.gid = *gid;
  } else if (account) {
    identity.groups = groups_of(group_file, account->name);
  }
  return identity;
}

}  // namespace bootstrap
