#include "smoke/tree_tests.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <sstream>

#include "base/error.h"
#include "sandbox/user_lookup.h"

namespace bootstrap {
namespace {

constexpr std::uint64_t kMaximalContent = 16 << 20;
constexpr int kMaximalLinks = 40;

/// As Tree has paths: without the slash in front.
std::string relative(const std::string& path) {
  const std::size_t first = path.find_first_not_of('/');
  return first == std::string::npos ? "." : path.substr(first);
}

std::string link_target(const Tree& tree, const std::string& path) {
  const std::optional<Place> place = tree.find_place(path);
  char target[PATH_MAX];
  const ssize_t size =
      place ? ::readlinkat(place->directory.get(), place->name.c_str(), target, PATH_MAX) : -1;
  return size < 0 ? "" : std::string(target, static_cast<std::size_t>(size));
}

/// What `path` leads to: links in its last place followed within the tree.
std::string follow_links(const Tree& tree, std::string path) {
  for (int links = 0; links < kMaximalLinks; ++links) {
    const std::string target = link_target(tree, path);
    if (target.empty())
      return path;
    path = target.starts_with("/") ? relative(target) : parent_of(path) + "/" + target;
  }
  return path;
}

std::optional<Failure> check_owner(const FileTest& test, const struct stat& status, const Tree& tree) {
  const std::string owner = fmt::format("{}:{}", status.st_uid, status.st_gid);
  std::string expectation;
  try {
    expectation = fmt::format("{} belongs to {}", test.path, test.user.value_or(""));
    if (test.user && find_identity(tree.root(), *test.user).uid != status.st_uid)
      return Failure{expectation, owner};
    expectation = fmt::format("{} belongs to the group {}", test.path, test.group.value_or(""));
    if (test.group && find_identity(tree.root(), "0:" + *test.group).gid != status.st_gid)
      return Failure{expectation, owner};
  } catch (const Error& error) {
    return Failure{expectation, error.message()};  // there is no such user
  }
  return std::nullopt;
}

std::optional<Failure> check_executable(const FileTest& test, std::uint32_t mode) {
  if (!test.executable_by)
    return std::nullopt;
  static constexpr struct {
    const char* name;
    std::uint32_t bits;
  } kExecutors[] = {{"its owner", 0100}, {"its group", 0010}, {"others", 0001}, {"anybody", 0111}};
  const auto& executor = kExecutors[static_cast<std::size_t>(*test.executable_by)];
  if ((mode & executor.bits) != 0)
    return std::nullopt;
  return Failure{fmt::format("{} can be executed by {}", test.path, executor.name),
                 fmt::format("its mode is {:04o}", mode)};
}

std::optional<Failure> check_content(const FileTest& test, const Tree& tree) {
  if (test.content.empty())
    return std::nullopt;
  const std::optional<std::string> content =
      tree.read(follow_links(tree, relative(test.path)), kMaximalContent);
  if (!content)
    return Failure{test.path + " has a content", "it is not a file"};
  return check_text(test.path, test.content, *content);
}

struct Account {
  std::vector<std::string> fields;  ///< of passwd(5)
};

std::optional<Account> find_account(const Tree& tree, const std::string& name) {
  std::istringstream lines(tree.read("etc/passwd").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    Account account;
    std::istringstream fields(line + ":");
    for (std::string field; std::getline(fields, field, ':');)
      account.fields.push_back(field);
    if (account.fields.size() == 7 && account.fields[0] == name)
      return account;
  }
  return std::nullopt;
}

/// Everything below a directory, links not followed.
class PrivilegeFinder {
 public:
  explicit PrivilegeFinder(const NoSetuidTest& test) : test_(test) {}

  void look_below(UniqueFd directory, const std::string& path) {
    std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(directory.get()), &::closedir);
    if (!stream)
      throw_errno("cannot read " + path);
    directory.release();
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..")
        continue;
      if (entry->d_type == DT_DIR)
        look_below(open_beneath(::dirfd(stream.get()), name, O_RDONLY | O_DIRECTORY), path + "/" + name);
      else if (entry->d_type == DT_REG)
        look_at(::dirfd(stream.get()), name, path + "/" + name);
    }
  }

  const std::vector<std::string>& found() const { return found_; }

 private:
  void look_at(int directory, const std::string& name, const std::string& path) {
    const UniqueFd fd = open_beneath(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status{};
    check(::fstat(fd.get(), &status), "fstat");
    const bool privileged = (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
                            ::fgetxattr(fd.get(), "security.capability", nullptr, 0) > 0;
    const bool allowed = std::find(test_.allow.begin(), test_.allow.end(), path) != test_.allow.end();
    if (privileged && !allowed)
      found_.push_back(path);
  }

  const NoSetuidTest& test_;
  std::vector<std::string> found_;
};

}  // namespace

std::optional<Failure> check_file(const FileTest& test, const Tree& tree) {
  const std::optional<struct stat> status = tree.stat(relative(test.path));
  if (!test.exists)
    return status ? std::optional(Failure{test.path + " does not exist", "it does"}) : std::nullopt;
  if (!status)
    return Failure{test.path + " exists", "it does not"};
  const std::uint32_t mode = status->st_mode & 07777;
  if (test.mode && mode != *test.mode)
    return Failure{fmt::format("{} has the mode {:04o}", test.path, *test.mode), fmt::format("{:04o}", mode)};
  if (auto failure = check_owner(test, *status, tree))
    return failure;
  if (auto failure = check_executable(test, mode))
    return failure;
  return check_content(test, tree);
}

std::optional<Failure> check_user(const UserTest& test, const Tree& tree) {
  const std::optional<Account> account = find_account(tree, test.name);
  if (!account)
    return Failure{fmt::format("there is a user {}", test.name), "/etc/passwd has none"};
  const std::pair<const char*, std::optional<std::string>> expected[] = {
      {"uid", test.uid ? std::optional(std::to_string(*test.uid)) : std::nullopt},
      {"gid", test.gid ? std::optional(std::to_string(*test.gid)) : std::nullopt},
      {"home", test.home},
      {"shell", test.shell}};
  constexpr std::size_t kPlaces[] = {2, 3, 5, 6};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const auto& [what, value] = expected[i];
    if (value && account->fields[kPlaces[i]] != *value)
      return Failure{fmt::format("{} of {} is {}", what, test.name, *value), account->fields[kPlaces[i]]};
  }
  return std::nullopt;
}

std::optional<Failure> check_no_setuid(const NoSetuidTest& test, const Tree& tree) {
  PrivilegeFinder finder(test);
  finder.look_below(open_beneath(tree.root(), ".", O_RDONLY | O_DIRECTORY), "");
  if (finder.found().empty())
    return std::nullopt;
  std::vector<std::string> found = finder.found();
  std::sort(found.begin(), found.end());
  return Failure{"no file is setuid or setgid or has capabilities",
                 fmt::format("{}", fmt::join(found, ", "))};
}

}  // namespace bootstrap
