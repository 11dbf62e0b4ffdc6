#include "recipe/apt_sources.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

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
  std::vector<std::string> uris;
  bool enabled = true;

  void add(const std::string& field, std::string_view value) {
    for (const std::string& word : words_of(value)) {
      if (field == "types")
        types.push_back(word);
      else if (field == "uris")
        uris.push_back(word);
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

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::vector<std::string> uris_of_deb822_sources(std::string_view text) {
  std::vector<std::string> uris;
  Stanza stanza;
  std::string field;
  const auto end_stanza = [&] {
    if (stanza.serves_packages())
      uris.insert(uris.end(), stanza.uris.begin(), stanza.uris.end());
    stanza = {};
    field.clear();
  };
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with('#'))
      continue;
    if (line.find_first_not_of(" \t") == std::string::npos) {
      end_stanza();
    } else if (line[0] == ' ' || line[0] == '\t') {
      // A comment may stand between the lines of a value, indented or not.
      if (line[line.find_first_not_of(" \t")] != '#')
        stanza.add(field, line);
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      field = lower(line.substr(0, colon));
      stanza.add(field, std::string_view(line).substr(colon + 1));
    }
  }
  end_stanza();
  return uris;
}

std::vector<std::string> uris_of_list(std::string_view text) {
  std::vector<std::string> uris;
  for (const std::string& line : lines_of(text)) {
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
      uris.push_back(*uri);
  }
  return uris;
}

std::vector<std::string> apt_source_uris(const std::filesystem::path& apt_directory) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(apt_directory / "sources.list.d", ignored), end;
       entry != end; entry.increment(ignored))
    if (entry->path().extension() == ".list" || entry->path().extension() == ".sources")
      files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  files.insert(files.begin(), apt_directory / "sources.list");

  std::vector<std::string> uris;
  for (const std::filesystem::path& file : files) {
    const std::vector<std::string> more =
        file.extension() == ".sources" ? uris_of_deb822_sources(text_of(file)) : uris_of_list(text_of(file));
    uris.insert(uris.end(), more.begin(), more.end());
  }
  return uris;
}

}  // namespace bootstrap
