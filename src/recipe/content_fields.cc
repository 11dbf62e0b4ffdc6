// What of the tree is a recipe's own: `paths`, `state`, `files`, `users`.
#include <fmt/format.h>

#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

// A user namespace made for an ordinary user has 65536 ids; 65534 is nobody, 65535 means "none" to some
// tools.
constexpr std::int64_t kLargestId = 65533;

/// "user:group"; the group of a user alone is the one of that name.
Fields<OwnFile>::Field owner_field() {
  return {"owner", "User and group, by name or number, as in \"root:root\"", schema_of(kOwner),
          [](const YamlNode& node, Reading&, OwnFile& file) {
            const std::string& text = checked(node, kOwner);
            const std::size_t colon = text.find(':');
            file.user = text.substr(0, colon);
            file.group = colon == std::string::npos ? file.user : text.substr(colon + 1);
          },
          [](const OwnFile& file) { return Shown(file.user + ":" + file.group); }};
}

/// The group that a user is in when none is named has his number.
Fields<UserAccount>::Field uid_field() {
  const Value<std::uint32_t> uid = integer<std::uint32_t>(1, kLargestId);
  return {"uid",
          "His number",
          uid.schema,
          [uid](const YamlNode& node, Reading& reading, UserAccount& user) {
            user.uid = user.gid = uid.read(node, reading);
          },
          [](const UserAccount& user) { return Shown(user.uid); },
          true};
}

}  // namespace

const Fields<PathRules>& path_fields() {
  static const Fields<PathRules> kFields =
      Fields<PathRules>()
          .add("exclude", &PathRules::exclude, set_of(word(kAbsoluteGlob)),
               "Globs on paths of packages that are left out")
          .add("include", &PathRules::include, set_of(word(kAbsoluteGlob)),
               "Globs on paths that are kept all the same");
  return kFields;
}

const Fields<StateRules>& state_fields() {
  static const Fields<AcceptedPath> kAccepted =
      Fields<AcceptedPath>()
          .required("path", &AcceptedPath::path, word(kAbsoluteGlob), "Glob on paths of the image")
          .required("reason", &AcceptedPath::reason, text(), "Why it may be different in every build");
  static const Fields<StateRules> kFields =
      Fields<StateRules>()
          .add("remove", &StateRules::remove, set_of(word(kAbsoluteGlob)),
               "Globs on paths that are left out of the image")
          .add("empty", &StateRules::empty, set_of(word(kAbsoluteGlob)),
               "Globs on files and folders of which nothing but themselves is kept")
          .add("accept", &StateRules::accept, list_of(kAccepted.value()),
               "Paths that may be different in every build, each with the reason");
  return kFields;
}

const Fields<OwnFile>& own_file_fields() {
  static const Fields<OwnFile> kFields =
      Fields<OwnFile>()
          .required("source", &OwnFile::source, file(FileReference::Kind::kContent),
                    "File or folder, relative to the recipe's folder")
          .required("target", &OwnFile::target, word(kAbsolutePath),
                    "Absolute path in the image; one that ends in / is a folder")
          .add(owner_field())
          .add("mode", &OwnFile::mode, file_mode("not a file mode"),
               "Mode of files, in quotes; default: \"0755\" for what its owner may execute, else \"0644\"");
  return kFields;
}

const Fields<UserAccount>& user_fields() {
  static const Fields<UserAccount> kFields =
      Fields<UserAccount>()
          .required("name", &UserAccount::name, word(kUserName), "The user's name")
          .add(uid_field())
          .add("gid", &UserAccount::gid, integer<std::uint32_t>(1, kLargestId),
               "The number of his group; default: the uid")
          .add("home", &UserAccount::home, word(kPasswdPath), "Home directory")
          .add("shell", &UserAccount::shell, word(kPasswdPath), "Login shell");
  return kFields;
}

Value<std::vector<UserAccount>> users() {
  Value<std::vector<UserAccount>> list = list_of(user_fields().value());
  list.read = [all = list.read](const YamlNode& node, Reading& reading) {
    std::vector<UserAccount> result = all(node, reading);
    for (std::size_t i = 0; i < result.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        if (result[j].name == result[i].name)
          node.sequence()[i].at("name").fail(fmt::format("user \"{}\" is here twice", result[i].name));
        if (result[j].uid == result[i].uid)
          node.sequence()[i].at("uid").fail(
              fmt::format("uid {} is already that of \"{}\"", result[i].uid, result[j].name));
      }
    return result;
  };
  return list;
}

}  // namespace bootstrap
