#include "transfer/downloader.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/standard_descriptors.h"
#include "fetch/messages.h"
#include "transfer/confinement.h"
#include "transfer/curl_fetcher.h"
#include "transfer/curl_handle.h"

namespace bootstrap {

namespace {

constexpr int kSocket = STDIN_FILENO;

/// Ends this process when whoever asks is gone: nobody would take what is fetched.
void end_with_asker() {
  std::thread([] {
    pollfd asker{kSocket, POLLRDHUP, 0};
    while (::poll(&asker, 1, -1) < 0 && errno == EINTR)
      continue;
    std::_Exit(static_cast<int>(ErrorKind::kFailure));
  }).detach();
}

Json answer(Fetcher& fetcher, const Json& request) {
  if (request.contains("documents")) {
    std::vector<DocumentRequest> documents;
    for (const Json& document : request.at("documents"))
      documents.push_back(document_request_from_json(document));
    Json end = Json::array();
    for (const std::optional<Document>& document : fetcher.fetch_documents(documents))
      end.push_back(to_json(document));
    return end;
  }
  std::vector<Download> downloads;
  for (const Json& download : request.at("fetch"))
    downloads.push_back(download_from_json(download));
  fetcher.fetch(
      downloads, [](std::size_t index) { send_message(kSocket, {{"done", index}}); },
      [](const FetchProgress& progress) { send_message(kSocket, {{"progress", to_json(progress)}}); });
  return Json::object();
}

std::filesystem::path path_of_url(const char* url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), &curl_url_cleanup);
  char* path = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK)
    return {};
  const std::filesystem::path result = path;
  curl_free(path);
  return result;
}

Reach reach_of(const Store& store, const Access& access, char** urls) {
  Reach reach;
  reach.writable = {store.directory(Store::Area::kDownload), store.directory(Store::Area::kRelease)};
  reach.readable = {access.netrc, access.authorities, access.client_certificate, access.client_key};
  if (const char* directory = std::getenv("SSL_CERT_DIR"); directory != nullptr)
    reach.readable.emplace_back(directory);
  for (; *urls != nullptr; ++urls)
    reach.readable.push_back(path_of_url(*urls));
  return reach;
}

void serve(char** argv) {
  const Store store(argv[1]);
  FetchOptions options;
  options.access = Access::of_environment();
  const std::unique_ptr<Fetcher> fetcher = make_curl_fetcher(store, options);
  confine(reach_of(store, options.access, argv + 2));
  end_with_asker();
  while (const std::optional<Json> request = receive_message(kSocket)) {
    Json last;
    try {
      last["end"] = answer(*fetcher, *request);
    } catch (const Error& error) {
      last["error"] = to_json(error);
    }
    send_message(kSocket, last);
  }
}

}  // namespace

int downloader_main(int argc, char** argv) {
  struct stat status{};
  if (argc < 2 || ::fstat(kSocket, &status) < 0 || !S_ISSOCK(status.st_mode)) {
    std::fputs("bootstrap-downloader is started by bootstrap and of no use by itself\n", stderr);
    return static_cast<int>(ErrorKind::kUsage);
  }
  try {
    occupy_standard_descriptors();
    serve(argv);
    return 0;
  } catch (const Error& error) {
    send_message(kSocket, {{"error", to_json(error)}});
  } catch (const std::exception& error) {
    send_message(kSocket, {{"error", to_json(Error(ErrorKind::kFailure, error.what()))}});
  }
  return static_cast<int>(ErrorKind::kFailure);
}

}  // namespace bootstrap
