// update-ca-certificates(8): links in /etc/ssl/certs to the certificates that /etc/ca-certificates.conf
// names, and all of them in one file. Covered is what a first installation does, which only adds: nothing
// deselected, no local certificates, no hooks. The names by hash are left to `openssl rehash`, as in the
// original: one program is not what makes it slow, but the four that it starts for each certificate.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "accelerator/accelerator.h"
#include "accelerator/files.h"

extern char** environ;

namespace bootstrap {

namespace {

constexpr std::string_view kCertificates = "/usr/share/ca-certificates/";
constexpr std::string_view kLinks = "/etc/ssl/certs";
constexpr std::string_view kBundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::string_view kHooks = "/etc/ca-certificates/update.d";
constexpr std::string_view kSuffix = ".crt";

struct Certificate {
  std::string file;     ///< absolute, where its link points to
  std::string link;     ///< absolute
  std::string content;  ///< ends with a newline
};

std::string name_of_link(std::string_view certificate) {
  certificate.remove_prefix(certificate.rfind('/') + 1);
  if (certificate.size() > kSuffix.size() && certificate.ends_with(kSuffix))
    certificate.remove_suffix(kSuffix.size());
  return std::string(certificate) + ".pem";
}

/// The certificates of ca-certificates.conf, in its order; nullopt when one is deselected or missing, or has
/// an unusual name.
std::optional<std::vector<Certificate>> certificates_in(const std::string& configuration,
                                                        const std::string& root) {
  std::vector<Certificate> certificates;
  for (const std::string_view line : lines_of(configuration)) {
    if (line.empty() || line.front() == '#')
      continue;
    if (!is_plain(line) || line.back() == '/')
      return std::nullopt;
    const std::string file = std::string(kCertificates) + std::string(line);
    const std::string link = std::string(kLinks) + "/" + name_of_link(line);
    if (!is_file(root + file) || is_directory(root + link))
      return std::nullopt;
    auto content = read_file(root + file);
    if (!content)
      return std::nullopt;
    if (!content->empty() && content->back() != '\n')
      *content += '\n';
    certificates.push_back({file, link, std::move(*content)});
  }
  return certificates;
}

bool has_subdirectory(const std::string& directory) {
  for (const std::string& name : entries_of(directory)) {
    const std::string path = directory + "/" + name;
    if (is_directory(path) && !is_link(path))
      return true;
  }
  return false;
}

void remove_orphans(const std::string& directory) {
  for (const std::string& name : entries_of(directory)) {
    const std::string path = directory + "/" + name;
    if (is_link(path) && !file_exists(path))
      ::unlink(path.c_str());
  }
}

/// Runs `openssl rehash .` in the current directory, silently. Returns its exit status as a shell says it.
int rehash() {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  char program[] = "openssl";
  char verb[] = "rehash";
  char here[] = ".";
  char* argv[] = {program, verb, here, nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, program, &actions, nullptr, argv, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || ::waitpid(pid, &status, 0) != pid)
    return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The number of links that were not there before; nullopt when one cannot be made.
std::optional<int> make_links(const std::vector<Certificate>& certificates, const std::string& root) {
  int added = 0;
  for (const Certificate& certificate : certificates) {
    const std::string link = root + certificate.link;
    if (file_exists(link) && link_target(link) == certificate.file)
      continue;
    ::unlink(link.c_str());
    if (::symlink(certificate.file.c_str(), link.c_str()) < 0)
      return std::nullopt;
    ++added;
  }
  return added;
}

bool write_bundle(const std::vector<Certificate>& certificates, const std::string& path) {
  std::string bundle;
  for (const Certificate& certificate : certificates)
    bundle += certificate.content;
  return write_file(path, bundle, O_CREAT | O_EXCL, 0666);
}

int fail(const std::string& what) {
  std::fprintf(stderr, "update-ca-certificates: %s\n", what.c_str());
  return 1;
}

int update(const std::vector<Certificate>& certificates, bool hooks, const std::string& root) {
  const std::string directory = root + std::string(kLinks);
  const std::string bundle = root + std::string(kBundle);
  const std::string new_bundle = bundle + ".new";
  std::printf("Updating certificates in %s...\n", std::string(kLinks).c_str());
  std::fflush(stdout);
  const auto added = make_links(certificates, root);
  if (!added)
    return fail("cannot make the links in " + directory);
  if (!write_bundle(certificates, new_bundle))
    return fail("cannot write " + new_bundle);
  if (*added > 0) {
    remove_orphans(directory);
    if (const int status = ::chdir(directory.c_str()) == 0 ? rehash() : 1; status != 0) {
      ::unlink(new_bundle.c_str());
      return status;
    }
  }
  if (::chmod(new_bundle.c_str(), 0644) < 0 || ::rename(new_bundle.c_str(), bundle.c_str()) < 0)
    return fail("cannot write " + bundle);
  std::printf("%d added, 0 removed; done.\n", *added);
  if (hooks)
    std::printf("Running hooks in %s...\ndone.\n", std::string(kHooks).c_str());
  return 0;
}

}  // namespace

std::optional<int> update_ca_certificates(const HelperCall& call) {
  const std::string& root = call.root;
  const bool without_hooks = call.arguments == std::vector<std::string>{"--hooksdir", ""};
  if (!call.arguments.empty() && !without_hooks)
    return std::nullopt;
  const std::string directory = root + std::string(kLinks);
  const std::string bundle = root + std::string(kBundle);
  const std::string hooks = root + std::string(kHooks);
  if (!is_directory(directory) || has_subdirectory(directory) || is_directory(bundle) || is_link(bundle) ||
      file_exists(bundle + ".new") || is_executable(root + "/sbin/restorecon") ||
      has_entries(root + "/usr/local/share/ca-certificates") || (!without_hooks && has_entries(hooks)))
    return std::nullopt;
  const auto configuration = read_file(root + "/etc/ca-certificates.conf");
  if (!configuration || configuration->empty())
    return std::nullopt;
  const auto certificates = certificates_in(*configuration, root);
  if (!certificates || certificates->empty())
    return std::nullopt;
  return update(*certificates, !without_hooks && is_directory(hooks), root);
}

}  // namespace bootstrap
