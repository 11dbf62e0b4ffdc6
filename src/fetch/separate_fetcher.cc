#include "fetch/separate_fetcher.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "fetch/downloader_environment.h"
#include "fetch/messages.h"
#include "fetch/stored_download.h"
#include "fetch/url.h"

extern char** environ;

namespace bootstrap {

namespace {

/// As exec wants them: with a null pointer at the end.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings)
    pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void refuse_answer() {
  throw Error(ErrorKind::kFailure, "the downloader did not answer what it was asked");
}

/// The running program and the socket to it, which is its standard input. Gone with this object.
class Downloader {
 public:
  Downloader(const std::filesystem::path& program, const std::filesystem::path& store,
             const std::vector<std::string>& files);
  ~Downloader() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }
  Downloader(const Downloader&) = delete;
  Downloader& operator=(const Downloader&) = delete;

  /// When the other side is gone, receive() tells why.
  void send(const Json& message) const { send_message(socket_.get(), message); }
  /// Throws what the other side has thrown, or that it is gone.
  Json receive() {
    const std::optional<Json> message = receive_message(socket_.get());
    if (!message)
      throw Error(ErrorKind::kFailure, "the downloader " + describe_end(wait()) + last_words(),
                  "it is a fault of bootstrap, or somebody stopped it; run the same again");
    if (message->contains("error"))
      throw error_from_message(message->at("error"));
    return *message;
  }

 private:
  int wait() {
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
      continue;
    pid_ = -1;
    return status;
  }

  /// What it has written to its standard error, as far as a pipe holds it, in one line.
  std::string last_words();

  UniqueFd socket_;
  UniqueFd words_;
  pid_t pid_ = -1;
};

std::string Downloader::last_words() {
  char buffer[4096];
  const ssize_t n = ::read(words_.get(), buffer, sizeof buffer);
  std::string text = ": ";
  for (ssize_t i = 0; i < n; ++i)
    text += buffer[i] >= ' ' && buffer[i] <= '~' ? buffer[i] : ' ';
  text.resize(text.find_last_not_of(' ') + 1);
  return text == ":" ? "" : text;
}

Downloader::Downloader(const std::filesystem::path& program, const std::filesystem::path& store,
                       const std::vector<std::string>& files) {
  // Who has taken it over must not type into the user's terminal, nor find secrets in the environment.
  Pipe words = make_pipe();
  for (const UniqueFd* end : {&words.read, &words.write})
    check(::fcntl(end->get(), F_SETFL, O_NONBLOCK), "fcntl");
  words_ = std::move(words.read);
  std::vector<std::string> variables = downloader_environment(environ);
  std::vector<char*> envp = pointers_to(variables);
  int pair[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  socket_ = UniqueFd(pair[0]);
  const UniqueFd theirs(pair[1]);
  std::vector<std::string> arguments = {program.string(), store.string()};
  arguments.insert(arguments.end(), files.begin(), files.end());
  std::vector<char*> argv = pointers_to(arguments);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, words.write.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  const int error = ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw_errno("cannot run " + program.string(), error);
}

/// The files that `file:` URLs name: all that the downloader may read beyond what programs need.
void add_files(std::vector<std::string>& files, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    if (scheme_of(url) == "file")
      files.push_back(url);
  }
}

class SeparateFetcher : public Fetcher {
 public:
  SeparateFetcher(const Store& store, std::filesystem::path program)
      : store_(store), program_(std::move(program)) {}

  void fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
             const std::function<void(const FetchProgress&)>& progress) override;
  std::vector<std::optional<Document>> fetch_documents(std::span<const DocumentRequest> requests) override;

 private:
  /// Sends the request, and gives each answer to `take` until the end, which is returned. A downloader whose
  /// conversation was broken off is not used again.
  Json ask(const Json& request, const std::vector<std::string>& files,
           const std::function<void(const Json&)>& take);

  const Store& store_;
  std::filesystem::path program_;
  std::unique_ptr<Downloader> downloader_;  ///< idle, with its connections still open
};

Json SeparateFetcher::ask(const Json& request, const std::vector<std::string>& files,
                          const std::function<void(const Json&)>& take) {
  std::unique_ptr<Downloader> downloader = std::move(downloader_);
  // What it may read is settled when it starts.
  if (!downloader || !files.empty())
    downloader = std::make_unique<Downloader>(program_, store_.root(), files);
  downloader->send(request);
  for (;;) {
    Json answer = downloader->receive();
    if (answer.contains("end")) {
      if (files.empty())
        downloader_ = std::move(downloader);
      return std::move(answer.at("end"));
    }
    take(answer);
  }
}

void SeparateFetcher::fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
                            const std::function<void(const FetchProgress&)>& progress) {
  FetchProgress stored_already;
  std::vector<std::size_t> missing;
  std::vector<std::string> files;
  Json request = {{"fetch", Json::array()}};
  const std::vector<bool> stored = find_stored(store_, downloads);
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    if (!stored[i]) {
      missing.push_back(i);
      request["fetch"].push_back(to_json(downloads[i]));
      add_files(files, downloads[i].urls);
      continue;
    }
    ++stored_already.files_done;
    stored_already.bytes_done += downloads[i].size;
    if (done)
      done(i);
  }
  auto show = [&](const FetchProgress& of_missing) {
    if (progress) {
      progress({stored_already.bytes_done + of_missing.bytes_done,
                stored_already.bytes_done + of_missing.bytes_total,
                stored_already.files_done + of_missing.files_done, downloads.size()});
    }
  };
  if (missing.empty())
    return show({});
  std::set<std::size_t> arrived;
  ask(request, files, [&](const Json& answer) {
    if (answer.contains("progress"))
      return show(progress_from_json(answer.at("progress")));
    const std::size_t index = answer.contains("done") ? index_from_json(answer.at("done")) : missing.size();
    if (index >= missing.size() || !arrived.insert(index).second)
      refuse_answer();
    if (done)
      done(missing[index]);
  });
  // Others wait for each of them.
  if (arrived.size() != missing.size())
    refuse_answer();
}

std::vector<std::optional<Document>> SeparateFetcher::fetch_documents(
    std::span<const DocumentRequest> requests) {
  std::vector<std::string> files;
  Json request = {{"documents", Json::array()}};
  for (const DocumentRequest& document : requests) {
    request["documents"].push_back(to_json(document));
    add_files(files, document.urls);
  }
  std::vector<std::optional<Document>> documents;
  const Json answers = ask(request, files, [](const Json&) { refuse_answer(); });
  if (!answers.is_array() || answers.size() != requests.size())
    refuse_answer();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    documents.push_back(document_from_json(answers[i]));
    if (documents[i] && documents[i]->content.size() > requests[i].max_size)
      refuse_answer();
  }
  return documents;
}

}  // namespace

std::unique_ptr<Fetcher> make_separate_fetcher(const Store& store, std::filesystem::path program) {
  return std::make_unique<SeparateFetcher>(store, std::move(program));
}

}  // namespace bootstrap
