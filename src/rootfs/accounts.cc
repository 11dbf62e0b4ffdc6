#include "rootfs/accounts.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace bootstrap {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

// The fields of the first line whose field number `field` is `value`.
std::optional<std::vector<std::string_view>> find_line(std::string_view file, std::size_t field,
                                                       std::string_view value) {
  for (const auto line : split(file, '\n')) {
    auto fields = split(line, ':');
    if (fields.size() > field && fields[field] == value)
      return fields;
  }
  return std::nullopt;
}

void add_line(std::string& file, const std::string& line) {
  if (!file.empty() && file.back() != '\n')
    file += '\n';
  file += line + '\n';
}

// True when the very user is there already.
bool is_there(const AccountFiles& files, const UserAccount& user) {
  const std::string uid = std::to_string(user.uid);
  const std::string gid = std::to_string(user.gid);
  if (const auto line = find_line(files.passwd, 0, user.name)) {
    if (line->size() > 3 && (*line)[2] == uid && (*line)[3] == gid)
      return true;
    throw Error(
        ErrorKind::kUsage,
        fmt::format("user {} is in the image already, with other ids than {}:{}", user.name, uid, gid),
        "choose another name, or the ids that its package gave it");
  }
  if (const auto line = find_line(files.passwd, 2, uid))
    throw Error(ErrorKind::kUsage,
                fmt::format("uid {} of user {} belongs to {} already", uid, user.name, (*line)[0]),
                "choose a uid from 10000 upwards");
  return false;
}

}  // namespace

void add_users(AccountFiles& files, const std::vector<UserAccount>& users, std::int64_t day) {
  for (const auto& user : users) {
    if (is_there(files, user))
      continue;
    add_line(files.passwd,
             fmt::format("{}:x:{}:{}::{}:{}", user.name, user.uid, user.gid, user.home, user.shell));
    add_line(files.shadow, fmt::format("{}:!:{}:0:99999:7:::", user.name, day));
    if (find_line(files.group, 2, std::to_string(user.gid)))
      continue;
    if (find_line(files.group, 0, user.name))
      throw Error(
          ErrorKind::kUsage,
          fmt::format("group {} is in the image already, with another gid than {}", user.name, user.gid),
          "give the user that group's gid");
    add_line(files.group, fmt::format("{}:x:{}:", user.name, user.gid));
    add_line(files.gshadow, fmt::format("{}:!::", user.name));
  }
}

AccountFiles minimal_accounts(std::int64_t day) {
  AccountFiles files;
  files.passwd =
      "root:x:0:0:root:/root:/bin/sh\n"
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  files.group = "root:x:0:\nnogroup:x:65534:\n";
  files.shadow = shadow_for(files.passwd, day);
  files.gshadow = gshadow_for(files.group);
  return files;
}

std::string shadow_for(const std::string& passwd, std::int64_t day) {
  std::string shadow;
  for (const auto line : split(passwd, '\n'))
    if (!line.empty())
      shadow += fmt::format("{}:*:{}:0:99999:7:::\n", split(line, ':').front(), day);
  return shadow;
}

std::string gshadow_for(const std::string& group) {
  std::string gshadow;
  for (const auto line : split(group, '\n'))
    if (!line.empty())
      gshadow += fmt::format("{}:*::\n", split(line, ':').front());
  return gshadow;
}

std::optional<std::uint32_t> group_id(const std::string& group, const std::string& name) {
  const auto line = find_line(group, 0, name);
  std::uint32_t id = 0;
  if (!line || line->size() < 3 ||
      std::from_chars((*line)[2].data(), (*line)[2].data() + (*line)[2].size(), id).ec != std::errc())
    return std::nullopt;
  return id;
}

}  // namespace bootstrap
