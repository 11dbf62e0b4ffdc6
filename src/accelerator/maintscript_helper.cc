// dpkg-maintscript-helper(1) renames and removes conffiles and swaps directories for links on upgrades. In a
// first installation the script has no old version to tell it, and the helper only checks its arguments.
#include <array>
#include <cstddef>

#include "accelerator/accelerator.h"
#include "accelerator/files.h"

namespace bootstrap {

namespace {

struct Command {
  std::string_view name;
  std::size_t paths;  ///< arguments before [last-version [package]]
};

constexpr std::array<Command, 4> kCommands{
    {{"rm_conffile", 1}, {"mv_conffile", 2}, {"symlink_to_dir", 2}, {"dir_to_symlink", 2}}};

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name)
      return &command;
  }
  return nullptr;
}

/// Certainly a version to dpkg. It knows more that are.
bool is_version(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view epoch = text.substr(0, colon);
    if (epoch.empty() || epoch.size() > 4 || epoch.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    text.remove_prefix(colon + 1);
  }
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~-";
  return !text.empty() && text.front() >= '0' && text.front() <= '9' && text.back() != '-' &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// Whether this is the script of a package that was not there before.
bool is_first_installation(const std::string& action, const std::string& old_version) {
  const std::string script = value_of("DPKG_MAINTSCRIPT_NAME");
  return old_version.empty() &&
         ((script == "preinst" && action == "install") || (script == "postinst" && action == "configure"));
}

/// Whether the helper, called for this path in a postinst, finds what its preinst call would have left.
bool has_leftover(const Command& command, std::string path, const std::string& root) {
  if (!path.empty() && path.back() == '/')
    path.pop_back();
  const std::string backup = root + path + ".dpkg-backup";
  return (command.name == "symlink_to_dir" && is_link(backup)) ||
         (command.name == "dir_to_symlink" && is_directory(backup));
}

std::optional<int> supports(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2)
    return std::nullopt;
  return find_command(arguments[1]) != nullptr ? 0 : 1;
}

}  // namespace

std::optional<int> maintscript_helper(const HelperCall& call) {
  const std::vector<std::string>& arguments = call.arguments;
  if (arguments.empty() || !is_set("DPKG_MAINTSCRIPT_NAME") || !is_set("DPKG_MAINTSCRIPT_PACKAGE") ||
      is_set("DPKG_ROOT") || is_set("DPKG_DEBUG") || is_set("DPKG_DATADIR"))
    return std::nullopt;
  if (arguments[0] == "supports")
    return supports(arguments);
  const Command* command = find_command(arguments[0]);
  if (command == nullptr)
    return std::nullopt;

  std::size_t separator = 1;
  while (separator < arguments.size() && arguments[separator] != "--")
    ++separator;
  const std::size_t given = separator - 1;
  if (given < command->paths || given > command->paths + 2 || separator + 1 >= arguments.size())
    return std::nullopt;
  for (std::size_t i = 1; i <= given; ++i) {
    // An empty version or package stands for the default; a path has to be one.
    if (!is_plain(arguments[i]) && (i <= command->paths || !arguments[i].empty()))
      return std::nullopt;
  }
  const std::string& path = arguments[1];
  if (path.front() != '/' || path.size() < 2 || (command->name == "symlink_to_dir" && path.back() == '/') ||
      (command->name == "mv_conffile" && arguments[2].front() != '/'))
    return std::nullopt;
  if (given > command->paths) {
    const std::string& version = arguments[command->paths + 1];
    if (!version.empty() && !is_version(version))
      return std::nullopt;
  }
  const std::string old_version = separator + 2 < arguments.size() ? arguments[separator + 2] : std::string();
  if (!is_first_installation(arguments[separator + 1], old_version) ||
      has_leftover(*command, path, call.root))
    return std::nullopt;
  return 0;
}

}  // namespace bootstrap
