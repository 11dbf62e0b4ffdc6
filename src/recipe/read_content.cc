// What of the tree is a recipe's own: `debconf`, `paths`, `files`, `users`.
#include <fmt/format.h>

#include <algorithm>

#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {
namespace {

// A user namespace made for an ordinary user has 65536 ids; 65534 is nobody, 65535 means "none" to some
// tools.
constexpr std::int64_t kLargestId = 65533;

// passwd(5) has colons between its fields.
std::string read_passwd_path(const YamlNode& node) {
  std::string path = checked(node, is_absolute_path, kNotAPath, kPathHint);
  if (path.find(':') != std::string::npos)
    node.fail("a path in the user database has no \":\"");
  return path;
}

OwnFile read_file_entry(const YamlNode& node, FileReferences& files) {
  node.map_of({"source", "target", "owner", "mode"});
  OwnFile file;
  file.source = files.resolve(node.at("source"), FileReference::Kind::kContent);
  file.target = checked(node.at("target"), is_absolute_path, kNotAPath, kPathHint);
  if (const YamlNode* owner = node.find("owner")) {
    const std::string text = checked(*owner, is_user_and_group, "not an owner",
                                     "a user and a group, by name or number, as in \"root:root\"");
    const std::size_t colon = text.find(':');
    file.user = text.substr(0, colon);
    file.group = colon == std::string::npos ? file.user : text.substr(colon + 1);
  }
  if (const YamlNode* mode = node.find("mode")) {
    file.mode = parse_mode(mode->quoted_string());
    if (!file.mode)
      mode->fail("not a file mode", "three or four octal digits in quotes, as in \"0644\"");
  }
  return file;
}

UserAccount read_user(const YamlNode& node) {
  node.map_of({"name", "uid", "gid", "home", "shell"});
  UserAccount user;
  user.name =
      checked(node.at("name"), is_user_name, "not the name of a user",
              "lower-case letters, digits, \"_\" and \"-\", at most 32, not starting with a digit or \"-\"");
  user.uid = static_cast<std::uint32_t>(node.at("uid").integer(1, kLargestId));
  user.gid = user.uid;
  if (const YamlNode* gid = node.find("gid"))
    user.gid = static_cast<std::uint32_t>(gid->integer(1, kLargestId));
  if (const YamlNode* home = node.find("home"))
    user.home = read_passwd_path(*home);
  if (const YamlNode* shell = node.find("shell"))
    user.shell = read_passwd_path(*shell);
  return user;
}

}  // namespace

std::vector<std::string> read_debconf(const YamlNode& node) {
  return checked_list(node, is_debconf_selection, "not a line of debconf-set-selections",
                      "package, question, type and value, as in \"tzdata tzdata/Areas select Etc\"");
}

void read_paths(const YamlNode& node, PathRules& paths) {
  constexpr std::string_view kGlob = "not an absolute glob";
  node.map_of({"exclude", "include"});
  if (const YamlNode* exclude = node.find("exclude"))
    paths.exclude = checked_list(*exclude, is_absolute_path, kGlob, kPathHint);
  if (const YamlNode* include = node.find("include"))
    paths.include = checked_list(*include, is_absolute_path, kGlob, kPathHint);
}

std::vector<OwnFile> read_files(const YamlNode& node, FileReferences& files) {
  std::vector<OwnFile> result;
  for (const YamlNode& item : node.sequence())
    result.push_back(read_file_entry(item, files));
  return result;
}

std::vector<UserAccount> read_users(const YamlNode& node) {
  std::vector<UserAccount> users;
  for (const YamlNode& item : node.sequence()) {
    UserAccount user = read_user(item);
    for (const UserAccount& other : users) {
      if (other.name == user.name)
        item.at("name").fail(fmt::format("user \"{}\" is here twice", user.name));
      if (other.uid == user.uid)
        item.at("uid").fail(fmt::format("uid {} is already that of \"{}\"", user.uid, other.name));
    }
    users.push_back(std::move(user));
  }
  return users;
}

}  // namespace bootstrap
