// The debconf script of ca-certificates tells debconf which certificates there are and, unless told
// otherwise, that all of them are trusted; it starts two greps for each. Covered is its first run. What it
// says to debconf is the same, word for word (debconf-devel(7) has the protocol).
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "accelerator/accelerator.h"
#include "accelerator/files.h"

namespace bootstrap {

namespace {

constexpr std::string_view kShipped = "/usr/share/ca-certificates";

using Names = std::set<std::string, std::less<>>;

/// The certificates that the script itself names: CERTS_LIST="mozilla/a.crt, mozilla/b.crt".
bool add_listed(std::string_view script, Names& names) {
  constexpr std::string_view kStart = "CERTS_LIST=\"";
  for (std::string_view line : lines_of(script)) {
    if (!line.starts_with(kStart))
      continue;
    if (line.size() == kStart.size() || line.back() != '"')
      return false;
    line = line.substr(kStart.size(), line.size() - kStart.size() - 1);
    for (std::size_t start = 0; start <= line.size();) {
      const std::size_t end = std::min(line.find(',', start), line.size());
      std::string_view name = line.substr(start, end - start);
      name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
      if (!is_plain(name))
        return false;
      names.emplace(name);
      start = end + 1;
    }
    return true;
  }
  return false;
}

/// find . -type f -name '*.crt'
bool add_shipped(const std::string& root, const std::string& below, Names& names) {
  for (const std::string& name : entries_of(root + "/" + below)) {
    const std::string path = below + name;
    struct stat status{};
    if (::lstat((root + "/" + path).c_str(), &status) < 0)
      return false;
    if (S_ISDIR(status.st_mode)) {
      if (!add_shipped(root, path + "/", names))
        return false;
    } else if (S_ISREG(status.st_mode) && name.ends_with(".crt")) {
      if (!is_plain(path))
        return false;
      names.insert(path);
    }
  }
  return true;
}

std::string join(const Names& names) {
  std::string joined;
  for (const std::string& name : names)
    joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

/// The script's end of the conversation with debconf.
class Debconf {
 public:
  struct Answer {
    int code = -1;  ///< -1: none that is understood
    std::string value;
  };

  // As /usr/share/debconf/confmodule arranges it: once that has been read, output is no longer debconf's.
  Debconf() : output_(is_set("DEBCONF_REDIR") ? 3 : STDOUT_FILENO) {}

  Answer ask(const std::string& command) const {
    if (!write_fully(output_, command + "\n"))
      return {};
    std::string line;
    char c = 0;
    while (::read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
      line += c;
    const std::size_t digits = line.find_first_not_of("0123456789");
    if (c != '\n' || digits == 0 || line.empty() || (digits != std::string::npos && line[digits] != ' '))
      return {};
    return {std::atoi(line.c_str()), digits == std::string::npos ? line : line.substr(digits + 1)};
  }

 private:
  int output_;
};

struct Answers {
  std::string trust_new;
  std::string seen;
};

/// All questions of the script, before it tells debconf anything: so the original can still start afresh.
std::optional<Answers> ask_all(const Debconf& debconf) {
  Answers answers;
  for (const char* command : {"VERSION 2.0", "CAPB multiselect", "SETTITLE ca-certificates/title"}) {
    if (debconf.ask(command).code != 0)
      return std::nullopt;
  }
  debconf.ask("INPUT medium ca-certificates/trust_new_crts");  // any answer will do
  if (debconf.ask("GO ").code != 0)
    return std::nullopt;
  const Debconf::Answer trust = debconf.ask("GET ca-certificates/trust_new_crts");
  const Debconf::Answer seen = debconf.ask("FGET ca-certificates/enable_crts seen");
  if (trust.code != 0 || seen.code != 0 || (trust.value != "yes" && trust.value != "no") ||
      debconf.ask("GET ca-certificates/enable_crts").code != 0 ||
      debconf.ask("FGET ca-certificates/new_crts seen").code != 0)
    return std::nullopt;
  answers.trust_new = trust.value;
  answers.seen = seen.value;
  return answers;
}

/// Returns the exit status: a command that debconf refuses ends the script with its code.
int tell(const Debconf& debconf, const std::string& enabled, const std::string& available, bool seen) {
  std::vector<std::string> commands = {"SUBST ca-certificates/new_crts new_crts ",
                                       "FSET ca-certificates/new_crts seen true",
                                       "SET ca-certificates/enable_crts " + enabled,
                                       "SUBST ca-certificates/enable_crts enable_crts " + available};
  if (!seen)
    commands.emplace_back("FSET ca-certificates/enable_crts seen false");
  for (const std::string& command : commands) {
    if (const int code = debconf.ask(command).code; code != 0)
      return code < 0 ? 1 : code;
  }
  debconf.ask("INPUT low ca-certificates/enable_crts");  // any answer will do
  const int code = debconf.ask("GO ").code;
  return code < 0 ? 1 : code;
}

bool sorts_by_byte() {
  const std::string locale = value_of("LC_ALL");
  return locale == "C.UTF-8" || locale == "C";
}

}  // namespace

std::optional<int> ca_certificates_config(const HelperCall& call) {
  if (call.arguments.empty() || call.arguments[0] != "configure" || !is_set("DEBIAN_HAS_FRONTEND") ||
      is_set("DEBCONF_USE_CDEBCONF") || is_set("DEBCONF_RECONFIGURE") || !sorts_by_byte() ||
      file_exists(call.root + "/etc/ca-certificates.conf"))
    return std::nullopt;
  const std::string shipped = call.root + std::string(kShipped);
  const auto script = read_file(call.original);
  Names names;
  if (!script || !is_directory(shipped) || !add_listed(*script, names) || !add_shipped(shipped, "", names))
    return std::nullopt;
  const Debconf debconf;
  const auto answers = ask_all(debconf);
  if (!answers)
    return std::nullopt;
  const std::string available = join(names);
  return tell(debconf, answers->trust_new == "yes" ? available : std::string(), available,
              answers->seen == "true");
}

}  // namespace bootstrap
