#include "rootfs/dpkg_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "package/deb.h"

namespace bootstrap {

namespace {

// What dpkg itself writes, and in this order; unknown fields follow in the order of the package.
constexpr std::array<std::string_view, 20> kFieldOrder = {
    "Package",  "Essential",  "Protected", "Status",       "Priority",   "Section",  "Installed-Size",
    "Origin",   "Maintainer", "Bugs",      "Architecture", "Multi-Arch", "Source",   "Version",
    "Replaces", "Provides",   "Depends",   "Pre-Depends",  "Recommends", "Suggests",
};
constexpr std::array<std::string_view, 5> kLastFields = {"Enhances", "Breaks", "Conflicts", "Conffiles",
                                                         "Description"};

bool equal_names(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(" \t", at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

}  // namespace

std::string dpkg_path(std::string_view name) {
  return fmt::format("{}/{}", kDpkgDirectory, name);
}

std::string canonical_dpkg_path(std::string_view path) {
  const auto start = std::min(path.find_first_not_of('/'), path.size());
  return canonical_path(path.substr(start), true, "dpkg's database");
}

std::vector<std::pair<std::string, std::string>> stanza_fields(std::string_view stanza) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto line : lines_of(stanza)) {
    if (line.empty())
      continue;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!fields.empty())
        fields.back().second.append("\n").append(line);
      continue;
    }
    const auto colon = std::min(line.find(':'), line.size());
    const auto value = line.find_first_not_of(" \t", colon + 1);
    fields.emplace_back(line.substr(0, colon),
                        value == std::string_view::npos ? std::string_view{} : line.substr(value));
  }
  return fields;
}

std::string status_stanza(const ControlData& control, std::string_view status,
                          const std::vector<std::pair<std::string, std::string>>& conffiles) {
  auto fields = stanza_fields(control.files.at("control").content);
  fields.emplace_back("Status", status);
  std::string list;
  for (const auto& [path, state] : conffiles)
    list += fmt::format("\n {} {}", path, state);
  if (!list.empty())
    fields.emplace_back("Conffiles", list);

  std::string stanza;
  const auto write = [&](const std::pair<std::string, std::string>& field, std::string_view name) {
    const bool continued = field.second.empty() || field.second.front() == '\n';
    stanza += fmt::format("{}:{}{}\n", name, continued ? "" : " ", field.second);
  };
  const auto write_known = [&](std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& field) { return equal_names(field.first, name); });
    if (found == fields.end())
      return;
    write(*found, name);
    fields.erase(found);
  };
  for (const auto name : kFieldOrder)
    write_known(name);
  for (const auto name : kLastFields)
    write_known(name);
  for (const auto& field : fields)
    write(field, field.first);
  return stanza + "\n";
}

std::map<std::string, std::string> package_states(std::string_view status_file) {
  std::map<std::string, std::string> states;
  std::string package;
  for (const auto line : lines_of(status_file)) {
    if (line.starts_with("Package: "))
      package = line.substr(9);
    else if (line.starts_with("Status: "))
      states[package] = line.substr(8);
  }
  return states;
}

Diversions parse_diversions(std::string_view text) {
  const auto lines = lines_of(text);
  Diversions diversions;
  for (std::size_t i = 0; i + 2 < lines.size(); i += 3) {
    Diversion diversion{canonical_dpkg_path(lines[i + 1]), std::string(lines[i + 2])};
    // Both /lib/x and /usr/lib/x may be diverted, for the two spellings of one place; the latter is the one
    // that merged packages mean.
    if (lines[i].starts_with("/usr/"))
      diversions.insert_or_assign(canonical_dpkg_path(lines[i]), std::move(diversion));
    else
      diversions.emplace(canonical_dpkg_path(lines[i]), std::move(diversion));
  }
  return diversions;
}

std::vector<TriggerDirective> parse_triggers(std::string_view text) {
  std::vector<TriggerDirective> directives;
  for (const auto line : lines_of(text)) {
    const auto words = words_of(line.substr(0, line.find('#')));
    if (words.size() != 2)
      continue;
    TriggerDirective directive;
    directive.name = words[1];
    directive.await = !words[0].ends_with("-noawait");
    if (words[0].starts_with("interest"))
      directive.kind = TriggerDirective::Kind::kInterest;
    else if (words[0].starts_with("activate"))
      directive.kind = TriggerDirective::Kind::kActivate;
    else
      continue;
    directives.push_back(std::move(directive));
  }
  return directives;
}

void Triggers::unpacked(const Segment& package, const std::vector<std::string>& paths) const {
  std::map<std::string, std::set<std::string>> activations;
  if (const auto file = package.control.files.find("triggers"); file != package.control.files.end())
    for (const auto& directive : parse_triggers(file->second.content)) {
      if (directive.kind == TriggerDirective::Kind::kInterest)
        register_interest(package, directive);
      else
        activations[directive.name].insert(directive.await ? package.info_name : "-");
    }
  const std::string file_triggers = tree_.read(dpkg_path("triggers/File")).value_or("");
  for (const auto line : lines_of(file_triggers)) {
    const auto end = line.rfind(' ');
    if (end == std::string_view::npos)
      continue;
    const std::string path(line.substr(0, end));
    const std::string_view interested = line.substr(end + 1);
    const bool touched = std::any_of(paths.begin(), paths.end(), [&](const std::string& one) {
      return one == path || one.starts_with(path + "/");
    });
    if (touched && interested.substr(0, interested.find('/')) != package.info_name)
      activations[path].insert(interested.ends_with("/noawait") ? "-" : package.info_name);
  }
  if (!activations.empty())
    activate(activations);
}

void Triggers::register_interest(const Segment& package, const TriggerDirective& directive) const {
  const std::string who = package.info_name + (directive.await ? "" : "/noawait");
  const bool is_file = directive.name.starts_with('/');
  if (!is_file && directive.name.find('/') != std::string::npos)
    throw Error(ErrorKind::kFailure,
                fmt::format("{}: \"{}\" is no name of a trigger", package.name, directive.name));
  const std::string file = dpkg_path(is_file ? "triggers/File" : "triggers/" + directive.name);
  const std::string line = (is_file ? directive.name + " " + who : who) + "\n";
  const std::string before = tree_.read(file).value_or("");
  if (("\n" + before).find("\n" + line) == std::string::npos)
    tree_.write(file, before + line);
}

void Triggers::activate(const std::map<std::string, std::set<std::string>>& activations) const {
  const std::string file = dpkg_path("triggers/Unincorp");
  std::map<std::string, std::set<std::string>> all = activations;
  const std::string before = tree_.read(file).value_or("");
  for (const auto line : lines_of(before)) {
    const auto words = words_of(line);
    for (std::size_t i = 1; i < words.size(); ++i)
      all[words[0]].insert(words[i]);
  }
  std::string text;
  for (const auto& [trigger, waiting] : all)
    text += fmt::format("{} {}\n", trigger, fmt::join(waiting, " "));
  tree_.write(file, text);
}

}  // namespace bootstrap
