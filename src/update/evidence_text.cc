// The evidence of a version as Markdown.
#include <fmt/format.h>

#include <map>
#include <sstream>

#include "update/evidence.h"

namespace bootstrap {

namespace {

// More than this nobody reads; the JSON has all of it.
constexpr std::size_t kShownFiles = 100;

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list)
    text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text;
}

std::string version_of(const Json& package) {
  return package.is_null() ? "-" : package.at("version").get<std::string>();
}

void write_packages(std::string& text, const Json& packages) {
  text +=
      "\n## Packages\n\n| package | from | to | security | fixes | public since |\n| --- | --- | --- | --- | "
      "--- | --- |\n";
  for (const Json& move : packages) {
    std::string published = move.at("published").get<std::string>().substr(0, 10);
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", move.at("name").get<std::string>(),
                        version_of(move.at("from")), version_of(move.at("to")),
                        move.at("security").get<bool>() ? "yes" : "", joined(move.at("cves")), published);
  }
}

/// One entry per source: its packages share it.
void write_changelogs(std::string& text, const Json& packages) {
  std::map<std::string, const Json*> sources;
  for (const Json& move : packages) {
    if (!move.at("changes").empty())
      sources.emplace(move.at("to").at("source"), &move);
  }
  if (sources.empty())
    return;
  text += "\n## What the changelogs say\n";
  for (const auto& [source, move] : sources) {
    for (const Json& entry : move->at("changes"))
      text +=
          fmt::format("\n### {} {}\n\n{}, {}\n\n```\n{}\n```\n", source,
                      entry.at("version").get<std::string>(), entry.at("distribution").get<std::string>(),
                      entry.at("date").get<std::string>().substr(0, 10), entry.at("text").get<std::string>());
    if (!move->at("changelog_complete").get<bool>())
      text += "\n(The changelog does not reach back to the old version.)\n";
  }
}

void write_list(std::string& text, std::string_view title, const Json& list) {
  if (!list.empty())
    text += fmt::format("- {}: {}\n", title, joined(list));
}

void write_changes(std::string& text, const Json& changes) {
  const Json& layers = changes.at("layers");
  text += fmt::format(
      "\n## What else changed\n\n- to pull: {} bytes in {} layers; {} layers are those of the version "
      "before\n",
      changes.at("bytes_to_pull").get<std::uint64_t>(), layers.at("new").size(), layers.at("shared").size());
  write_list(text, "setuid, setgid or with capabilities, changed", changes.at("privileged"));
  write_list(text, "shared libraries that came", changes.at("sonames").at("added"));
  write_list(text, "shared libraries that went", changes.at("sonames").at("removed"));
  write_list(text, "ports that came", changes.at("ports").at("added"));
  write_list(text, "ports that went", changes.at("ports").at("removed"));
  write_list(text, "configuration of the image, changed", changes.at("config"));
  const Json& files = changes.at("files");
  if (files.empty())
    return;
  text += fmt::format("\n{} files changed:\n\n```\n", files.size());
  for (std::size_t i = 0; i < std::min(files.size(), kShownFiles); ++i) {
    const Json& file = files[i];
    char sign = file.at("before").is_null() ? '+' : file.at("after").is_null() ? '-' : '~';
    text += fmt::format("{} {}\n", sign, file.at("path").get<std::string>());
  }
  text += files.size() > kShownFiles ? "...\n```\n" : "```\n";
}

/// As a code block of a list's item. Indented, for a program's output may hold a fence.
void write_output(std::string& text, const std::string& output) {
  if (output.empty())
    return;
  std::istringstream lines(output);
  text += "\n";
  for (std::string line; std::getline(lines, line);)
    text += "      " + line + "\n";
  text += "\n";
}

void write_tests(std::string& text, const Json& tests) {
  text += "\n## Tests\n\n";
  if (tests.is_null()) {
    text += "Nothing is known of them: they were not run, or the store has forgotten.\n";
    return;
  }
  for (const Json& test : tests.at("tests")) {
    bool passed = test.at("passed").get<bool>();
    text += fmt::format("- {}: {}\n", passed ? "passed" : "FAILED", test.at("name").get<std::string>());
    for (const Json& accepted : test.value("accepted", Json::array()))
      text += fmt::format("  - accepted: {}\n", accepted.get<std::string>());
    if (passed)
      continue;
    text += fmt::format("  expected {}; {}\n", test.at("expectation").get<std::string>(),
                        test.at("actual").get<std::string>());
    write_output(text, test.at("output_end").get<std::string>());
  }
}

}  // namespace

std::string evidence_markdown(const Json& evidence) {
  std::string text = fmt::format("# {} {}\n\n", evidence.at("name").get<std::string>(),
                                 evidence.at("version").get<std::string>());
  if (evidence.at("rejected").get<bool>())
    text += "**Rejected: a test failed. The version before stays the latest.**\n\n";
  if (evidence.contains("image_id") && !evidence.at("image_id").is_null())
    text += fmt::format("- image ID: `{}`\n", evidence.at("image_id").get<std::string>());
  text += fmt::format("- image: `{}`\n", evidence.at("digest").get<std::string>());
  if (!evidence.at("predecessor").is_null())
    text += fmt::format("- after: {}\n", evidence.at("predecessor").at("version").get<std::string>());
  write_list(text, "vulnerabilities that its changelogs name", evidence.at("cves"));
  write_list(text, "advisories", evidence.at("advisories"));
  for (const Json& lock : evidence.at("locks"))
    text += fmt::format("- lock: {} `{}`, {} packages\n", lock.at("name").get<std::string>(),
                        lock.at("digest").get<std::string>(), lock.at("packages").get<std::size_t>());
  text += fmt::format("- made by {}\n", evidence.at("tool").get<std::string>());
  if (evidence.contains("image_format"))
    text += fmt::format("- format of images: {}\n", evidence.at("image_format").get<int>());
  write_list(text, "compressed by", evidence.value("encoders", Json::array()));
  if (!evidence.at("packages").empty()) {
    write_packages(text, evidence.at("packages"));
    write_changelogs(text, evidence.at("packages"));
  }
  if (evidence.contains("changes"))
    write_changes(text, evidence.at("changes"));
  write_tests(text, evidence.at("tests"));
  return text;
}

}  // namespace bootstrap
