#include "recipe/words.h"

#include <algorithm>
#include <cctype>

#include "recipe/syntax.h"

namespace bootstrap {
namespace {

// passwd(5) has colons between its fields.
bool is_passwd_path(std::string_view text) {
  return is_absolute_path(text) && text.find(':') == std::string_view::npos;
}

bool is_test_name(std::string_view text) {
  return text.size() <= 80 && text.find('\n') == std::string_view::npos;
}

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// RFC 9110's token.
bool is_field_name(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_json_pointer(std::string_view text) {
  try {
    Json::json_pointer{std::string(text)};
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

bool is_not_empty(std::string_view text) {
  return !text.empty();
}

constexpr const char* kUserOrNumber = "^([a-z_][a-z0-9_-]*|[0-9]+)(:([a-z_][a-z0-9_-]*|[0-9]+))?$";
constexpr const char* kSuitePattern = "^[A-Za-z0-9][A-Za-z0-9+_-]*([./][A-Za-z0-9+_-]+)*$";
constexpr const char* kPathPattern = R"(^/$|^(/(?!\.\.?(/|$))[^/\n]+)+/?$)";
constexpr const char* kPathHint = "it starts with / and has neither \"..\" nor \"//\" in it";

}  // namespace

const Word kRecipeName{is_recipe_name, "^[a-z0-9]+([._-][a-z0-9]+)*$", "not the name of a recipe",
                       "lower-case letters and digits, with single \".\", \"_\" or \"-\" between them", 128};
const Word kRecipeVersion{is_recipe_version, R"(^[0-9]+(\.[0-9]+){0,2}$)", "not a version",
                          "one to three numbers with dots between them, as in \"1.4\""};
const Word kArchiveName{is_archive_name, "^[a-z0-9]+(-[a-z0-9]+)*$", "not the name of an archive",
                        "lower-case letters, digits and single dashes, as in debian-security"};
const Word kSuite{is_suite_or_component, kSuitePattern, "not the name of a suite"};
const Word kComponent{is_suite_or_component, kSuitePattern, "not the name of a component"};
const Word kPackageName{
    is_package_name, "^[a-z0-9][a-z0-9+.-]+$", "not the name of a package",
    "lower-case letters, digits, \"+\", \"-\" and \".\"; a version is chosen with `pins`"};
const Word kPackageGlob{is_package_glob, "^[a-z0-9*?][a-z0-9*?+.-]*$", "not a glob on package names",
                        "as in \"nginx*\""};
const Word kVersionGlob{is_version_glob, "^[A-Za-z0-9*?][A-Za-z0-9*?+.~:-]*$", "not a glob on versions",
                        "as in \"1.22.*\""};
const Word kUserName{
    is_user_name, "^[a-z_][a-z0-9_-]*$", "not the name of a user",
    "lower-case letters, digits, \"_\" and \"-\", at most 32, not starting with a digit or \"-\"", 32};
const Word kEnvironmentName{is_environment_name, "^[A-Za-z_][A-Za-z0-9_]*$",
                            "not the name of an environment variable",
                            "letters, digits and \"_\", not starting with a digit"};
const Word kSignalName{is_signal_name, R"(^SIG([A-Z]+[12]?|RTMIN\+[0-9]+)$)", "not the name of a signal",
                       "as in SIGTERM, SIGQUIT or SIGRTMIN+3"};
const Word kAbsolutePath{is_absolute_path, kPathPattern, "not an absolute path", kPathHint};
const Word kAbsoluteGlob{is_absolute_path, kPathPattern, "not an absolute glob", kPathHint};
const Word kPasswdPath{is_passwd_path, kPathPattern, "not a path that the user database can hold",
                       "an absolute path, with no \":\" in it"};
const Word kDebconfSelection{
    is_debconf_selection,
    R"(^[ \t]*[^ \t\n]+[ \t]+[^ \t\n]+[ \t]+(select|multiselect|string|boolean|note|text|password|error|title|seen)([ \t].*)?$)",
    "not a line of debconf-set-selections",
    "package, question, type and value, as in \"tzdata tzdata/Areas select Etc\""};
const Word kUser{is_user_and_group, kUserOrNumber, "not a user",
                 "by name or number, with or without a group, as in \"app\" or \"10001:10001\""};
const Word kOwner{is_user_and_group, kUserOrNumber, "not an owner",
                  "a user and a group, by name or number, as in \"root:root\""};
const Word kTestOwner{is_user_and_group, kUserOrNumber, "not an owner",
                      "\"user\" or \"user:group\", names or numbers"};
const Word kTestName{is_test_name, R"(^[^\n]+$)", "not the name of a test",
                     "one line of at most 80 characters", 80};
const Word kMethod{is_method, "^[A-Z]{1,20}$", "not a method", "upper-case letters, as in POST"};
const Word kFieldName{is_field_name, "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", "not the name of a header"};
const Word kJsonPointer{is_json_pointer, "^(/([^~/]|~[01])*)+$", "not a JSON pointer",
                        "as in RFC 6901: /status, /items/0/name"};
const Word kLoopbackUrl{
    is_loopback_url, "^http://(127\\.0\\.0\\.1|localhost):[1-9][0-9]{0,4}(/[!-~]*)?$",
    "not a URL of the image's own service",
    "the image has no network but its own: http://127.0.0.1:PORT/ or http://localhost:PORT/"};
const Word kLabelName{is_not_empty, "^[\\s\\S]+$", "a label needs a name"};

const std::string& checked(const YamlNode& node, const Word& word) {
  const std::string& text = node.string();
  if (!word.accepts(text))
    node.fail(word.what, word.hint);
  return text;
}

Json schema_of(const Word& word) {
  Json schema = {{"type", "string"}, {"pattern", word.pattern}};
  if (word.longest != 0)
    schema["maxLength"] = word.longest;
  return schema;
}

}  // namespace bootstrap
