// deb-systemd-helper(1p) enables a package's units where there may be no systemd: it makes the links that
// `systemctl enable` would make, and keeps a list of them for later. Covered is one unit per call, on a
// system without systemctl, whose unit files hold nothing that the original's patterns take in a way of their
// own.
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "accelerator/accelerator.h"
#include "accelerator/files.h"

namespace bootstrap {

namespace {

constexpr std::string_view kSpace = " \t\n\r\f\v";

struct Link {
  std::string path;    ///< in /etc/systemd
  std::string target;  ///< the unit file
};

/// One setting of a unit file that matters here; its values are separated by white space.
struct Setting {
  std::string_view key;
  std::string_view values;
};

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<std::string> split(std::string_view values) {
  std::vector<std::string> result;
  for (std::size_t start = values.find_first_not_of(kSpace); start != std::string_view::npos;) {
    const std::size_t end = std::min(values.find_first_of(kSpace, start), values.size());
    result.emplace_back(values.substr(start, end - start));
    start = values.find_first_not_of(kSpace, end);
  }
  return result;
}

/// The settings of a unit file that name other units. Nullopt where the original is peculiar: keys in another
/// case than usual, quotes, several aliases, instances.
std::optional<std::vector<Setting>> install_settings(std::string_view text) {
  std::vector<Setting> settings;
  for (std::string_view line : lines_of(text)) {
    line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals + 1 == line.size())
      continue;
    const Setting setting{line.substr(0, equals), line.substr(equals + 1)};
    if (same_name(setting.key, "DefaultInstance"))
      return std::nullopt;
    for (const std::string_view key : {"WantedBy", "RequiredBy", "Also", "Alias"}) {
      if (!same_name(setting.key, key))
        continue;
      if (setting.key != key || setting.values.find_first_of("\"'") != std::string_view::npos ||
          kSpace.find(setting.values.front()) != std::string_view::npos ||
          (key == "Alias" && setting.values.find_first_of(kSpace) != std::string_view::npos))
        return std::nullopt;
      settings.push_back(setting);
    }
  }
  return settings;
}

class Units {
 public:
  Units(std::string root, bool user) : root_(std::move(root)), instance_(user ? "user" : "system") {
    const std::string state = std::string("/var/lib/systemd/deb-systemd-") + (user ? "user-" : "") + "helper";
    enabled_ = root_ + state + "-enabled/";
  }

  std::optional<std::string> find(const std::string& unit) const {
    for (const char* directory : {"/etc/systemd/", "/lib/systemd/", "/usr/lib/systemd/"}) {
      std::string path = directory + instance_ + "/" + unit;
      if (is_file(root_ + path))
        return path;
    }
    return std::nullopt;
  }

  /// All links that belong to a unit and to those that it names with Also=.
  std::optional<std::vector<Link>> links_of(const std::string& unit, std::vector<std::string> visited) const {
    const auto path = find(unit);
    const auto text = path ? read_file(root_ + *path) : std::nullopt;
    const auto settings = text ? install_settings(*text) : std::nullopt;
    if (!settings)
      return std::nullopt;
    std::vector<Link> links;
    std::vector<Link> wanted;
    for (const Setting& setting : *settings) {
      for (const std::string& value : split(setting.values)) {
        if (setting.key == "WantedBy" || setting.key == "RequiredBy") {
          const char* suffix = setting.key == "WantedBy" ? ".wants/" : ".requires/";
          wanted.push_back({etc() + value + suffix + unit, *path});
        } else if (setting.key == "Alias" && value != unit) {
          links.push_back({etc() + value, *path});
        } else if (setting.key == "Also" && value != unit &&
                   std::find(visited.begin(), visited.end(), value) == visited.end()) {
          visited.push_back(value);
          const auto others = is_plain(value) ? links_of(value, visited) : std::nullopt;
          if (!others)
            return std::nullopt;
          links.insert(links.end(), others->begin(), others->end());
        }
      }
    }
    links.insert(links.end(), wanted.begin(), wanted.end());
    return links;
  }

  std::string list_of(const std::string& unit) const { return enabled_ + unit + ".dsh-also"; }
  /// What remembers that a link was made once.
  std::string mark_of(const Link& link) const { return enabled_ + link.path.substr(etc().size()); }
  std::string etc() const { return "/etc/systemd/" + instance_ + "/"; }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
  std::string instance_;
  std::string enabled_;
};

int fail(const std::string& what) {
  std::fprintf(stderr, "deb-systemd-helper: error: %s\n", what.c_str());
  return 1;
}

/// In the place of what was there, and never seen half written.
bool replace_file(const std::string& path, const std::string& content) {
  const std::string temporary = path + ".tmp";
  return make_parents(path) && write_file(temporary, content, O_CREAT | O_EXCL, 0600) &&
         ::chmod(temporary.c_str(), 0644) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
}

bool record(const std::string& list, const std::string& link) {
  std::string content = read_file(list).value_or("");
  for (const std::string_view line : lines_of(content)) {
    if (line == link)
      return true;
  }
  return replace_file(list, content + link + "\n");
}

int enable(const Units& units, const std::string& unit, const std::vector<Link>& links) {
  for (const Link& link : links) {
    if (!record(units.list_of(unit), link.path))
      return fail("cannot write " + units.list_of(unit));
    const std::string mark = units.mark_of(link);
    if (file_exists(mark))
      continue;
    const std::string place = units.root() + link.path;
    if (!is_link(place) && (!make_parents(place) || ::symlink(link.target.c_str(), place.c_str()) < 0))
      return fail("unable to link " + place + " to " + link.target);
    if (!make_parents(mark) || !write_file(mark, "", O_CREAT | O_APPEND, 0666))
      return fail("Failed to create/touch " + mark);
  }
  return 0;
}

int update_state(const Units& units, const std::string& unit, const std::vector<Link>& links) {
  std::string content;
  for (const Link& link : links)
    content += link.path + "\n";
  return replace_file(units.list_of(unit), content) ? 0 : fail("cannot write " + units.list_of(unit));
}

int was_enabled(const Units& units, const std::string& unit, bool quiet) {
  bool enabled = true;
  const std::string list = read_file(units.list_of(unit)).value_or("");
  for (const std::string_view link : lines_of(list))
    enabled = enabled && is_link(units.root() + std::string(link));
  if (!quiet)
    std::fputs(enabled ? "enabled\n" : "disabled\n", stderr);
  return enabled ? 0 : 1;
}

/// Whether no unit was ever masked and this one is not: then there is nothing to unmask, nor to tidy up.
bool is_never_masked(const Units& units, const std::string& unit) {
  const std::string state = units.root() + "/var/lib/systemd/deb-systemd-";
  return !is_link(units.root() + units.etc() + unit) && !file_exists(units.root() + units.etc() + unit) &&
         !file_exists(state + "helper-masked") && !file_exists(state + "user-helper-masked");
}

struct Options {
  bool quiet = false;
  bool user = false;
  std::vector<std::string> operands;
};

std::optional<Options> parse(const std::vector<std::string>& arguments) {
  Options options;
  for (const std::string& argument : arguments) {
    if (argument == "--quiet")
      options.quiet = true;
    else if (argument == "--user" || argument == "--system")
      options.user = argument == "--user";
    else if (is_plain(argument) && argument.find('/') == std::string::npos)
      options.operands.push_back(argument);
    else
      return std::nullopt;
  }
  return options;
}

}  // namespace

std::optional<int> systemd_helper(const HelperCall& call) {
  const auto options = parse(call.arguments);
  if (!options || options->operands.size() != 2 || !is_set("DPKG_MAINTSCRIPT_PACKAGE") ||
      is_set("DPKG_ROOT") || is_set("_DEB_SYSTEMD_HELPER_DEBUG") || is_set("_DEB_SYSTEMD_HELPER_PURGE") ||
      file_exists(call.root + "/run/systemd/system"))
    return std::nullopt;
  const std::string& action = options->operands[0];
  const std::string& unit = options->operands[1];
  const Units units(call.root, options->user);

  if (action == "was-enabled")
    return was_enabled(units, unit, options->quiet);
  if (action == "debian-installed")
    return is_file(units.list_of(unit)) ? 0 : 1;
  if (action == "unmask" && is_never_masked(units, unit))
    return 0;
  const bool has_systemctl =
      is_executable(call.root + "/bin/systemctl") || is_executable(call.root + "/usr/bin/systemctl");
  if (action != "update-state" && (action != "enable" || has_systemctl))
    return std::nullopt;
  const auto links = units.links_of(unit, {});
  if (!links)
    return std::nullopt;
  return action == "enable" ? enable(units, unit, *links) : update_state(units, unit, *links);
}

}  // namespace bootstrap
