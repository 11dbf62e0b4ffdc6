#include "recipe/apt_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "recipe/mirror_url.h"

namespace bootstrap {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line); lines.push_back(line))
    if (line.ends_with('\r'))
      line.pop_back();
  return lines;
}

// One stanza of a *.sources file: the fields that matter here.
struct Stanza {
  std::vector<std::string> types;
  std::vector<AptUri> uris;
  bool enabled = true;

  void add(const std::string& field, std::string_view value, unsigned line) {
    for (const std::string& word : words_of(value)) {
      if (field == "types")
        types.push_back(word);
      else if (field == "uris")
        uris.push_back({word, line});
      else if (field == "enabled")
        // The words that APT takes for false.
        enabled = !(lower(word) == "no" || lower(word) == "false" || lower(word) == "without" ||
                    lower(word) == "off" || lower(word) == "disable" || word == "0");
    }
  }

  bool serves_packages() const {
    return enabled && std::find(types.begin(), types.end(), "deb") != types.end();
  }
};

/// Empty for a file that is not there, that this user may not read, or that is none.
std::optional<std::string> text_of(const std::filesystem::path& file) {
  try {
    return read_file(file, 1 << 20);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// A line of a list of mirrors.
struct Mirror {
  AptUri uri;
  bool restricted = false;  ///< to some kinds of files, architectures, suites, ...
  unsigned long priority = UINT32_MAX;
};

/// After the URI, a tab, and "key:value" words. Empty for a mirror that has no packages to install.
std::optional<Mirror> parse_mirror(const std::string& text, unsigned line) {
  const std::vector<std::string> words = words_of(text);
  Mirror mirror{{words[0], line}};
  bool for_sources = false;
  bool for_more = false;
  for (auto word = words.begin() + 1; word != words.end(); ++word) {
    const std::size_t colon = word->find(':');
    const std::string key = lower(word->substr(0, colon));
    const std::string value = colon == std::string::npos ? "" : word->substr(colon + 1);
    if (key == "priority") {
      std::from_chars(value.data(), value.data() + value.size(), mirror.priority);
      continue;
    }
    mirror.restricted = true;
    for_sources |= key == "type" && value == "deb-src";
    for_more |= key == "type" && value != "deb-src";
  }
  return for_sources && !for_more ? std::nullopt : std::optional(mirror);
}

std::string scheme_of(const std::string& uri) {
  const std::size_t colon = uri.find(':');
  return colon == std::string::npos ? "" : lower(uri.substr(0, colon));
}

/// Where `file:/x`, `file:///x` and `file://localhost/x` lead.
std::string path_of(std::string_view uri) {
  std::string_view path = uri.substr(uri.find(':') + 1);
  if (path.starts_with("//"))
    path.remove_prefix(std::min(path.find('/', 2), path.size()));
  return std::string(path);
}

void add(const std::vector<AptUri>& uris, const std::string& file, bool in_mirror_list, AptSources& sources) {
  for (const AptUri& entry : uris) {
    const std::string scheme = scheme_of(entry.uri);
    const auto unusable = [&](const std::string& why) {
      sources.unusable.push_back(fmt::format("{}:{}: {}", file, entry.line, why));
    };
    // APT copies what it would else read in place; so do we, always.
    const auto url = mirror_url(scheme == "copy" ? "file" + entry.uri.substr(4) : entry.uri);
    if (url) {
      sources.urls.push_back(*url);
    } else if (scheme == "mirror+file" && !in_mirror_list) {
      const std::string list = path_of(entry.uri);
      if (const auto text = text_of(list))
        add(uris_of_mirror_list(*text), list, true, sources);
      else
        unusable(fmt::format("the list of mirrors {} cannot be read", list));
    } else {
      unusable(scheme.empty() ? "not a URI" : fmt::format("`{}:` is a form that cannot be used", scheme));
    }
  }
}

}  // namespace

std::vector<AptUri> uris_of_deb822_sources(std::string_view text) {
  std::vector<AptUri> uris;
  unsigned number = 0;
  Stanza stanza;
  std::string field;
  const auto end_stanza = [&] {
    if (stanza.serves_packages())
      uris.insert(uris.end(), stanza.uris.begin(), stanza.uris.end());
    stanza = {};
    field.clear();
  };
  for (const std::string& line : lines_of(text)) {
    ++number;
    if (line.starts_with('#'))
      continue;
    if (line.find_first_not_of(" \t") == std::string::npos) {
      end_stanza();
    } else if (line[0] == ' ' || line[0] == '\t') {
      // A comment may stand between the lines of a value, indented or not.
      if (line[line.find_first_not_of(" \t")] != '#')
        stanza.add(field, line, number);
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      field = lower(line.substr(0, colon));
      stanza.add(field, std::string_view(line).substr(colon + 1), number);
    }
  }
  end_stanza();
  return uris;
}

std::vector<AptUri> uris_of_list(std::string_view text) {
  std::vector<AptUri> uris;
  unsigned number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    const std::string_view entry = std::string_view(line).substr(0, line.find('#'));
    std::vector<std::string> words = words_of(entry);
    if (words.empty() || words[0] != "deb")
      continue;
    auto uri = words.begin() + 1;
    // "[arch=amd64 signed-by=/x]", with or without spaces inside the brackets.
    if (uri != words.end() && uri->starts_with('[')) {
      uri = std::find_if(uri, words.end(), [](const std::string& word) { return word.ends_with(']'); });
      if (uri != words.end())
        ++uri;
    }
    if (uri != words.end())
      uris.push_back({*uri, number});
  }
  return uris;
}

std::vector<AptUri> uris_of_mirror_list(std::string_view text) {
  std::vector<Mirror> mirrors;
  unsigned number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos || line[start] == '#')
      continue;
    if (const auto mirror = parse_mirror(line, number))
      mirrors.push_back(*mirror);
  }
  std::stable_sort(mirrors.begin(), mirrors.end(), [](const Mirror& a, const Mirror& b) {
    return std::pair(a.restricted, a.priority) < std::pair(b.restricted, b.priority);
  });
  std::vector<AptUri> uris;
  for (Mirror& mirror : mirrors)
    uris.push_back(std::move(mirror.uri));
  return uris;
}

AptSources read_apt_sources(const std::filesystem::path& apt_directory) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(apt_directory / "sources.list.d", ignored), end;
       entry != end; entry.increment(ignored))
    if (entry->path().extension() == ".list" || entry->path().extension() == ".sources")
      files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  files.insert(files.begin(), apt_directory / "sources.list");

  AptSources sources;
  for (const std::filesystem::path& file : files) {
    if (const auto text = text_of(file)) {
      add(file.extension() == ".sources" ? uris_of_deb822_sources(*text) : uris_of_list(*text), file.string(),
          false, sources);
    }
  }
  return sources;
}

}  // namespace bootstrap
