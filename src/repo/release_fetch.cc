#include "repo/release_fetch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "fetch/kept_document.h"
#include "fetch/url.h"

namespace bootstrap {

namespace {

// Debian's are 150 KB; what is bigger than this is not a release.
constexpr std::uint64_t kMaxRelease = 20ULL << 20;
constexpr std::uint64_t kMaxSignature = 1ULL << 20;
constexpr unsigned kVerifiedAtOnce = 8;

/// A release as a mirror served it: clear-signed, or with a signature beside it.
struct SignedDocument {
  std::string content;
  std::optional<std::string> signature;
};

/// Under which a file of a suite is kept. `copy` tells kept copies of the same file from different mirrors
/// apart, so that one mirror's validators are never shown to another.
std::string kept_name(const std::string& archive, const std::string& suite, const std::string& file,
                      const std::string& copy) {
  std::string name = archive + "_" + suite + "_" + file + copy;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

DocumentRequest request(const SuiteSource& source, const std::string& file, std::uint64_t max_size,
                        const std::string& copy) {
  return {source.urls(file), kept_name(source.archive, source.expected.suite, file, copy), max_size};
}

[[noreturn]] void refuse_missing(const SuiteSource& source) {
  std::string tried;
  for (const std::string& url : source.urls("InRelease"))
    tried += (tried.empty() ? "" : ", ") + shown_url(url);
  throw Error(ErrorKind::kNetwork, source.label() + ": there is no such suite: nobody has " + tried,
              "check the name of the suite and the mirror of the archive");
}

/// In the order of `sources`: all in one go, since each is a round trip to a server and hardly more.
std::vector<SignedDocument> fetch_documents(std::span<const SuiteSource> sources, Fetcher& fetcher,
                                            const std::string& copy) {
  std::vector<DocumentRequest> requests;
  for (const SuiteSource& source : sources)
    requests.push_back(request(source, "InRelease", kMaxRelease, copy));
  auto documents = fetcher.fetch_documents(requests);

  requests.clear();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!documents[i]) {
      requests.push_back(request(sources[i], "Release", kMaxRelease, copy));
      requests.push_back(request(sources[i], "Release.gpg", kMaxSignature, copy));
    }
  }
  std::vector<std::optional<Document>> detached;
  if (!requests.empty())
    detached = fetcher.fetch_documents(requests);

  std::vector<SignedDocument> result;
  for (std::size_t i = 0, next = 0; i < sources.size(); ++i) {
    if (documents[i]) {
      result.push_back({std::move(documents[i]->content), std::nullopt});
      continue;
    }
    auto& release = detached[next++];
    auto& signature = detached[next++];
    if (!release)
      refuse_missing(sources[i]);
    if (!signature)
      throw Error(
          ErrorKind::kUntrusted,
          sources[i].label() + ": the release is not signed: there is neither InRelease nor Release.gpg");
    result.push_back({std::move(release->content), std::move(signature->content)});
  }
  return result;
}

CheckedRelease check(const SuiteSource& source, const SignedDocument& document, SignatureVerifier& verifier) {
  const std::string what = source.label() + (document.signature ? " Release" : " InRelease");
  const SignedText text =
      document.signature
          ? verifier.verify_detached(document.content, *document.signature, source.signed_by, what)
          : verifier.verify_clearsigned(document.content, source.signed_by, what);
  try {
    CheckedRelease release{parse_release(text), Digest::of(document.content), text.fingerprint()};
    check_release(release.file, source.expected);
    return release;
  } catch (Error& error) {
    error.prepend(what);
    throw;
  }
}

/// Whether a mirror's fault that another mirror may not have.
bool is_mirrors_fault(const Error& error) {
  return error.kind() == ErrorKind::kUntrusted || error.kind() == ErrorKind::kNetwork ||
         error.kind() == ErrorKind::kFailure;
}

/// The first release that passes when each mirror is asked alone.
std::optional<CheckedRelease> from_any_mirror(const SuiteSource& source, Fetcher& fetcher,
                                              SignatureVerifier& verifier) {
  for (std::size_t i = 0; i < source.mirrors.size(); ++i) {
    SuiteSource alone = source;
    alone.mirrors = {source.mirrors[i]};
    try {
      auto documents = fetch_documents(std::span(&alone, 1), fetcher, "~" + std::to_string(i + 1));
      return check(alone, documents.front(), verifier);
    } catch (const Error& error) {
      if (!is_mirrors_fault(error))
        throw;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> SuiteSource::urls(const std::string& path) const {
  std::vector<std::string> result;
  for (const std::string& mirror : mirrors)
    result.push_back(mirror + "/dists/" + expected.suite + "/" + path);
  return result;
}

std::vector<CheckedRelease> fetch_releases(std::span<const SuiteSource> sources, Fetcher& fetcher,
                                           SignatureVerifier& verifier) {
  const auto documents = fetch_documents(sources, fetcher, "");
  std::vector<std::optional<CheckedRelease>> releases(sources.size());
  std::vector<std::optional<Error>> refused(sources.size());
  // Each signature is several starts of gpg, and waits for those with the same keys.
  parallel_for(sources.size(), kVerifiedAtOnce, [&](std::size_t i) {
    try {
      releases[i] = check(sources[i], documents[i], verifier);
    } catch (const Error& error) {
      refused[i] = error;
    }
  });
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (refused[i] && sources[i].mirrors.size() > 1 && is_mirrors_fault(*refused[i]))
      releases[i] = from_any_mirror(sources[i], fetcher, verifier);
    if (!releases[i])
      throw *refused[i];
  }
  std::vector<CheckedRelease> result;
  for (std::optional<CheckedRelease>& release : releases)
    result.push_back(std::move(*release));
  return result;
}

std::optional<std::string> find_release(const Store& store, const std::string& archive,
                                        const std::string& suite, const Digest& document) {
  // "" is the copy of the first mirror that answered, "~1" that of the first alone.
  for (const char* copy : {"", "~1", "~2", "~3"}) {
    for (const char* file : {"InRelease", "Release"}) {
      auto kept = load_kept(store, kept_name(archive, suite, file, copy));
      if (kept && Digest::of(kept->content) == document)
        return std::move(kept->content);
    }
  }
  return std::nullopt;
}

}  // namespace bootstrap
