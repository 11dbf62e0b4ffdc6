#include "update/git_commit.h"

#include <fmt/format.h>

#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/process.h"
#include "lock/lockfile.h"
#include "update/check.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

/// One git repository, used through its program.
class GitRepository {
 public:
  explicit GitRepository(const fs::path& inside) : inside_(inside) {
    ProcessResult result = run_process({"git", "-C", inside.string(), "rev-parse", "--show-toplevel"});
    if (result.exit_code != 0)
      throw Error(ErrorKind::kUsage, inside.string() + " is in no git repository",
                  "leave --commit and --branch out, or run `git init`");
  }

  /// What git prints, without the newline. `index`: another index than that of the checkout.
  std::string run(std::vector<std::string> arguments, const std::string& input = {},
                  const fs::path& index = {}) const {
    std::vector<std::string> argv{"git", "-C", inside_.string()};
    if (!index.empty())
      argv.insert(argv.begin(), {"env", "GIT_INDEX_FILE=" + index.string()});
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ProcessResult result = run_process(argv, input);
    if (result.exit_code != 0)
      throw Error(ErrorKind::kFailure, "git " + arguments.front() + " failed: " + result.err);
    while (result.out.ends_with('\n'))
      result.out.pop_back();
    return result.out;
  }

  bool has(const std::string& revision) const {
    return run_process({"git", "-C", inside_.string(), "rev-parse", "--verify", "--quiet", revision})
               .exit_code == 0;
  }

 private:
  fs::path inside_;
};

/// A tree that is `parent`'s with the files in it, made in an index of its own; then a commit of it.
std::string commit_files(const GitRepository& repository, const std::string& parent,
                         const std::string& reference, const std::vector<fs::path>& files,
                         const std::string& message) {
  TemporaryDirectory scratch;
  const fs::path index = scratch.path() / "index";
  repository.run({"read-tree", parent}, {}, index);
  std::vector<std::string> add{"add", "--force", "--"};
  for (const fs::path& file : files)
    add.push_back(file.string());
  repository.run(add, {}, index);
  const std::string tree = repository.run({"write-tree"}, {}, index);
  if (tree == repository.run({"rev-parse", parent + "^{tree}"}))
    return {};
  const std::string commit = repository.run({"commit-tree", tree, "-p", parent}, message);
  repository.run({"update-ref", reference, commit});
  return commit;
}

void write_evidence_files(const UpdateResult& result, const fs::path& images, std::vector<fs::path>& files) {
  ImageLayout layout(images, result.name);
  for (const Attachment& attachment : layout.evidence(layout.find(result.version->version))) {
    fs::path folder = result.recipe.parent_path() / "evidence";
    make_directories(folder);
    files.push_back(folder / (result.name + "-" + result.version->version +
                              fs::path(attachment.title).extension().string()));
    write_file(files.back(), attachment.content, Durability::kCache);
  }
}

}  // namespace

std::string commit_message(const std::vector<UpdateResult>& results) {
  std::string subject = "Update";
  std::string body;
  std::set<std::string> cves;
  for (const UpdateResult& result : results) {
    if (result.state != UpdateResult::State::kUpdated)
      continue;
    subject +=
        fmt::format("{} {} to {}", subject == "Update" ? "" : ",", result.name, result.version->version);
    body += fmt::format("\n{} {}:\n", result.name, result.version->version);
    for (const Move& move : result.moves) {
      cves.insert(move.cves.begin(), move.cves.end());
      body += fmt::format("  {} {} -> {}{}{}\n", move.name(), move.from ? move.from->version : "(new)",
                          move.to ? move.to->version : "(gone)", move.cves.empty() ? "" : ": ",
                          fmt::join(move.cves, ", "));
    }
    if (result.moves.empty())
      body += "  its parent moved\n";
  }
  if (subject.size() > 60)
    subject = "Update images";
  if (cves.size() == 1)
    subject += " (" + *cves.begin() + ")";
  else if (!cves.empty())
    subject += fmt::format(" ({} CVEs)", cves.size());
  return subject + "\n" + body;
}

std::string commit_updates(const std::vector<UpdateResult>& results, const fs::path& images,
                           const std::string& branch) {
  std::vector<fs::path> files;
  for (const UpdateResult& result : results) {
    if (result.state != UpdateResult::State::kUpdated)
      continue;
    files.push_back(lock_path(result.recipe));
    write_evidence_files(result, images, files);
  }
  if (files.empty())
    return {};
  GitRepository repository(files.front().parent_path());
  if (branch.empty()) {
    std::vector<std::string> add{"add", "--force", "--"};
    std::vector<std::string> commit{"commit", "--quiet", "--file=-", "--only", "--"};
    for (const fs::path& file : files) {
      add.push_back(file.string());
      commit.push_back(file.string());
    }
    repository.run(add);
    if (repository.run({"status", "--porcelain", "--untracked-files=no"}).empty())
      return {};
    repository.run(commit, commit_message(results));
    return repository.run({"rev-parse", "HEAD"});
  }
  const std::string reference = "refs/heads/" + branch;
  return commit_files(repository, repository.has(reference) ? reference : "HEAD", reference, files,
                      commit_message(results));
}

}  // namespace bootstrap
