#include "repo/index_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <future>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "repo/packages_parser.h"
#include "repo/parsed_index.h"

namespace bootstrap {

namespace {

// All of Debian's main, for one architecture, is 57 MB.
constexpr std::uint64_t kMaxIndex = 1ULL << 30;

struct Form {
  std::string_view suffix;
  IndexCompression compression;
};
/// The one that is here soonest first: gzip is a third larger than xz, and decompressed in a fifth of the
/// time, which is the faster of the two from 60 Mbit/s on.
constexpr std::array<Form, 3> kForms{
    {{".gz", IndexCompression::kGzip}, {".xz", IndexCompression::kXz}, {"", IndexCompression::kNone}}};

const ListedFile* find(const ReleaseFile& release, const std::string& path) {
  auto found = release.files.find(path);
  return found == release.files.end() ? nullptr : &found->second;
}

/// The index in the best form that the release lists.
std::optional<IndexFile> best_form(const ReleaseFile& release, const std::string& text_path) {
  for (const Form& form : kForms) {
    std::string path = text_path + std::string(form.suffix);
    if (const ListedFile* packed = find(release, path)) {
      IndexFile index;
      index.path = path;
      index.compression = form.compression;
      index.packed = *packed;
      if (const ListedFile* text = find(release, text_path))
        index.text = *text;
      return index;
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse_missing(const SuiteSource& source, const ReleaseFile& release,
                                 const std::string& component, const std::string& architecture,
                                 const std::string& text_path) {
  for (const Form& form : kForms) {
    if (release.unusable.contains(text_path + std::string(form.suffix)))
      throw Error(ErrorKind::kUntrusted,
                  fmt::format("{}: the release lists {} without a SHA-256 digest", source.label(), text_path),
                  "the archive must list its indexes with SHA256; MD5 and SHA1 can be forged");
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: there is no component \"{}\" for {}", source.label(), component, architecture),
              fmt::format("it has the components {} for the architectures {}",
                          fmt::join(release.components, ", "), fmt::join(release.architectures, ", ")));
}

void check_size(const IndexFile& index) {
  if (index.packed.size > kMaxIndex || (index.text && index.text->size > kMaxIndex))
    throw Error(ErrorKind::kFailure, fmt::format("{}: larger than {} bytes", index.label, kMaxIndex));
}

/// On each mirror by hash, which still fits when the mirror changes this minute, and then by name.
Download download(const IndexFile& index, const SuiteSource& source, const ReleaseFile& release) {
  std::size_t slash = index.path.rfind('/') + 1;
  auto by_hash = source.urls(index.path.substr(0, slash) + "by-hash/SHA256/" + index.packed.sha256.hex());
  auto by_name = source.urls(index.path);
  Download download{{}, index.packed.sha256, index.packed.size, index.label};
  for (std::size_t i = 0; i < by_name.size(); ++i) {
    if (release.acquire_by_hash)
      download.urls.push_back(by_hash[i]);
    download.urls.push_back(by_name[i]);
  }
  return download;
}

/// Of the parsed form in the store. It names the index of one archive, not bytes: what one says of itself is
/// nothing that another can be told.
std::string kept_name(const IndexFile& index, const std::string& architecture) {
  return fmt::format("{}-{}-{}", Digest::of(index.label + "\n" + index.packed.sha256.hex()).hex(),
                     architecture, kParsedIndexFormat);
}

IndexData kept(const IndexFile& index, const Store& store, const std::string& architecture) {
  auto data = store.get(Store::Area::kIndex, kept_name(index, architecture));
  return data ? std::make_shared<const std::string>(std::move(*data)) : nullptr;
}

/// Decompresses and parses what was fetched, and keeps the result.
IndexData parse(const IndexFile& index, const Store& store, const std::string& architecture) {
  const auto file = store.path(Store::Area::kDownload, index.packed.sha256.hex());
  try {
    const std::string packed = read_file(file, index.packed.size);
    if (Digest::of(packed) != index.packed.sha256)
      throw Error(ErrorKind::kUntrusted, file.string() + " is not what was verified",
                  "remove it; it is then fetched again");
    const std::string text = decompress(packed, index.compression, index.text ? index.text->size : kMaxIndex);
    if (index.text && Digest::of(text) != index.text->sha256)
      throw Error(ErrorKind::kUntrusted, "decompressed, it is not the file which the release lists",
                  "try another mirror (--mirror NAME=URL)");
    std::string parsed = write_parsed_index(parse_packages(text, architecture, 0));
    store.put(Store::Area::kIndex, kept_name(index, architecture), parsed);
    return std::make_shared<const std::string>(std::move(parsed));
  } catch (Error& error) {
    error.prepend(index.label);
    throw;
  }
}

}  // namespace

std::vector<IndexFile> index_files(std::size_t number, const SuiteSource& source, const ReleaseFile& release,
                                   const std::vector<std::string>& components,
                                   const std::string& architecture) {
  std::vector<IndexFile> indexes;
  auto add = [&](IndexFile index) {
    index.source = number;
    index.label = source.label() + " " + index.path;
    check_size(index);
    indexes.push_back(std::move(index));
  };
  for (const std::string& component : components) {
    const std::string path = component + "/binary-" + architecture + "/Packages";
    auto index = best_form(release, path);
    if (!index)
      refuse_missing(source, release, component, architecture, path);
    add(std::move(*index));
    if (!release.separate_all)
      continue;
    if (auto all = best_form(release, component + "/binary-all/Packages"))
      add(std::move(*all));
  }
  return indexes;
}

std::vector<IndexData> load_indexes(std::span<const IndexFile> files, std::span<const SuiteSource> sources,
                                    std::span<const CheckedRelease> releases, Fetcher& fetcher,
                                    const Store& store, const LoadOptions& options) {
  std::vector<IndexData> indexes(files.size());
  parallel_for(files.size(), available_cores(),
               [&](std::size_t i) { indexes[i] = kept(files[i], store, options.architecture); });

  std::vector<Download> downloads;
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!indexes[i]) {
      missing.push_back(i);
      downloads.push_back(download(files[i], sources[files[i].source], releases[files[i].source].file));
    }
  }
  // Each is parsed while the rest is still on its way.
  std::vector<std::future<IndexData>> parsed(missing.size());
  const auto start_parsing = [&](std::size_t i) {
    parsed[i] = std::async(std::launch::async,
                           [&, i] { return parse(files[missing[i]], store, options.architecture); });
  };
  if (!downloads.empty())
    fetcher.fetch(downloads, start_parsing, options.progress);
  for (std::size_t i = 0; i < missing.size(); ++i)
    indexes[missing[i]] = parsed[i].get();
  return indexes;
}

}  // namespace bootstrap
