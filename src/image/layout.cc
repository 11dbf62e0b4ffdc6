#include "image/layout.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/artifact.h"
#include "image/blob_writer.h"
#include "image/index_document.h"
#include "image/oci_documents.h"
#include "image/versions.h"

namespace bootstrap {
namespace {

// Far above what any image has; a longer document is not one.
constexpr std::uint64_t kDocumentLimit = 8ULL << 20;

/// Makes a directory that the worker may search under its sub-uid, whatever the umask.
void make_public_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0)
    check(::chmod(path.c_str(), 0755), "chmod " + path.string());
  else if (errno != EEXIST)
    throw_errno("cannot make the directory " + path.string());
}

void flush(const std::filesystem::path& path, int flags = O_NOFOLLOW) {
  UniqueFd fd = open_file(path, O_RDONLY | flags);
  check(::fsync(fd.get()), "fsync " + path.string());
}

/// Writers of one layout, one after the other. The lock is on the directory itself, so it leaves nothing
/// behind.
UniqueFd lock_directory(const std::filesystem::path& directory) {
  UniqueFd fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  while (::flock(fd.get(), LOCK_EX) < 0) {
    if (errno != EINTR)
      throw_errno("cannot lock " + directory.string());
  }
  return fd;
}

bool is_whole(const std::filesystem::path& blob, std::uint64_t size) {
  struct stat status{};
  return ::lstat(blob.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == size;
}

void copy_blob(const std::filesystem::path& source, const std::filesystem::path& target,
               const Digest& digest) {
  UniqueFd from = open_file(source, O_RDONLY);
  BlobWriter to(target.parent_path());
  std::string buffer(1 << 20, '\0');
  for (;;) {
    ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (check(n, "read " + source.string()) == 0)
      break;
    to.write(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  Digest copied = to.publish();
  if (copied != digest) {
    ::unlink((target.parent_path() / copied.hex()).c_str());
    throw Error(ErrorKind::kFailure, source.string() + " is damaged: its digest is " + copied.oci(),
                "remove it; the next build makes it again");
  }
}

/// Brings a layer's blob over from the store: by a hard link, where the file system and its owner allow that.
void bring_blob(const std::filesystem::path& source, const std::filesystem::path& target,
                const Layer& layer) {
  if (is_whole(target, layer.size))
    return;
  if (::unlink(target.c_str()) < 0 && errno != ENOENT)
    throw_errno("cannot remove " + target.string());
  if (::link(source.c_str(), target.c_str()) < 0 && errno != EEXIST)
    copy_blob(source, target, layer.digest);
}

/// Writes a document as a blob and returns its descriptor.
Descriptor add_document(const std::filesystem::path& blobs, std::string_view media_type,
                        const std::string& document) {
  BlobWriter blob(blobs);
  blob.write(document);
  return {std::string(media_type), blob.publish(), document.size()};
}

/// Reads a config or manifest, which must be what its digest says.
std::string read_document(const std::filesystem::path& path, const Digest& digest) {
  UniqueFd fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  std::string text = read_all(fd.get(), kDocumentLimit);
  if (Digest::of(text) != digest)
    throw Error(ErrorKind::kFailure, path.string() + " is damaged: it is not what its digest says",
                "build the image again, or restore the file");
  return text;
}

std::string today() {
  std::string date = rfc3339(std::time(nullptr)).substr(0, 10);
  std::replace(date.begin(), date.end(), '-', '.');
  return date;
}

void mark_latest(std::vector<ImageVersion>& versions, const std::string& name) {
  for (ImageVersion& version : versions)
    version.latest = version.version == name;
}

std::string joined(const std::vector<ImageVersion>& versions) {
  std::string text;
  for (const ImageVersion& version : versions)
    text += (text.empty() ? "" : ", ") + version.version + (version.latest ? " (latest)" : "");
  return text;
}

}  // namespace

ImageLayout::ImageLayout(const std::filesystem::path& images, std::string name)
    : directory_(images / name), name_(std::move(name)) {}

bool ImageLayout::exists() const {
  return std::filesystem::exists(directory_ / "index.json");
}

std::filesystem::path ImageLayout::blob_directory() const {
  return directory_ / "blobs" / "sha256";
}

std::filesystem::path ImageLayout::blob_path(const Digest& digest) const {
  return blob_directory() / digest.hex();
}

Digest ImageLayout::add_image(const ImageSpec& spec, const Store& store) {
  std::string config = config_document(spec);
  make_directories(directory_.parent_path());
  make_public_directory(directory_);
  make_public_directory(directory_ / "blobs");
  make_public_directory(blob_directory());
  for (const Layer& layer : spec.layers)
    bring_blob(store.path(Store::Area::kBlob, layer.digest.hex()), blob_path(layer.digest), layer);
  Descriptor descriptor = add_document(blob_directory(), media_type::kConfig, config);
  return add_document(blob_directory(), media_type::kManifest, manifest_document(descriptor, spec.layers))
      .digest;
}

bool ImageLayout::give_layers(const Digest& manifest, const Store& store) const {
  for (const Layer& layer : this->manifest(manifest).layers) {
    const std::filesystem::path target = store.path(Store::Area::kBlob, layer.digest.hex());
    if (is_whole(target, layer.size))
      continue;
    if (digest_of_fd(open_file(blob_path(layer.digest), O_RDONLY | O_NOFOLLOW).get()) != layer.digest)
      return false;
    bring_blob(blob_path(layer.digest), target, layer);
  }
  return true;
}

ImageVersion ImageLayout::add_version(const Digest& manifest,
                                      const std::optional<std::string>& recipe_version,
                                      const std::string& reason, const Digest& lock, bool make_latest) {
  for (const ImageVersion& known : versions()) {
    if (known.manifest == manifest && !known.rejected)
      return known;  // nothing changes, and all of it was flushed when it became a version
  }
  flush_image(manifest);
  ImageVersion candidate;
  candidate.reason = reason;
  candidate.lock = lock.oci();
  return publish(manifest, std::move(candidate), recipe_version.value_or(""), make_latest);
}

ImageVersion ImageLayout::add_rejected(const Digest& manifest,
                                       const std::optional<std::string>& recipe_version,
                                       const std::string& reason, const Digest& lock) {
  flush_image(manifest);
  ImageVersion candidate;
  candidate.reason = reason;
  candidate.lock = lock.oci();
  candidate.rejected = true;
  return publish(manifest, std::move(candidate), recipe_version.value_or(""), false);
}

/// Brings all that a version refers to on disk, names included: an index may not outlive a power failure that
/// its blobs do not.
void ImageLayout::flush_image(const Digest& manifest) const {
  ManifestDocument document = parse_manifest(read_document(blob_path(manifest), manifest), manifest.oci());
  for (const Layer& layer : document.layers)
    flush(blob_path(layer.digest));
  flush(blob_path(document.config.digest));
  flush(blob_path(manifest));
  flush_directories();
}

void ImageLayout::flush_directories() const {
  for (const auto& path : {blob_directory(), directory_ / "blobs", directory_, directory_.parent_path()})
    flush(path, O_DIRECTORY);  // the folder of all images may be a link
}

/// Enters `candidate` under the next version there is, unless its manifest has one. A rejected one that has
/// passed meanwhile loses the word.
ImageVersion ImageLayout::publish(const Digest& manifest, ImageVersion candidate,
                                  const std::string& recipe_version, bool make_latest) {
  UniqueFd lock_held = lock_directory(directory_);
  std::vector<ImageVersion> versions = this->versions();
  auto version = std::find_if(versions.begin(), versions.end(),
                              [&](const ImageVersion& known) { return known.manifest == manifest; });
  if (version == versions.end()) {
    std::vector<std::string> names;
    for (const ImageVersion& known : versions)
      names.push_back(known.version);
    candidate.version = next_version(names, recipe_version, today());
    if (candidate.rejected)
      candidate.version += kRejectedSuffix;
    candidate.manifest = manifest;
    candidate.manifest_size = std::filesystem::file_size(blob_path(manifest));
    candidate.date = rfc3339(std::time(nullptr));
    versions.push_back(std::move(candidate));
    version = std::prev(versions.end());
  } else if (version->rejected && !candidate.rejected) {
    version->rejected = false;
    version->version.resize(version->version.size() - kRejectedSuffix.size());
  } else {
    return *version;  // nothing changes
  }
  if (make_latest)
    mark_latest(versions, version->version);
  write_index(versions);
  return *version;
}

ImageVersion ImageLayout::make_latest(const std::string& reference) {
  UniqueFd lock_held = lock_directory(directory_);
  ImageVersion chosen = find(reference);
  if (chosen.rejected)
    throw Error(ErrorKind::kUsage,
                name_ + " " + chosen.version + " failed its tests and cannot be the latest",
                "`bootstrap test` says whether it still does");
  if (chosen.latest)
    return chosen;
  std::vector<ImageVersion> versions = this->versions();
  mark_latest(versions, chosen.version);
  write_index(versions);
  chosen.latest = true;
  return chosen;
}

void ImageLayout::attach_evidence(const Digest& image, const std::string& artifact_type,
                                  const std::vector<Attachment>& attachments) {
  UniqueFd lock_held = lock_directory(directory_);
  std::vector<ImageVersion> versions = this->versions();
  auto version = std::find_if(versions.begin(), versions.end(),
                              [&](const ImageVersion& known) { return known.manifest == image; });
  if (version == versions.end())
    throw Error(ErrorKind::kFailure, name_ + ": " + image.oci() + " has no version");
  std::vector<ArtifactBlob> blobs;
  for (const Attachment& attachment : attachments)
    blobs.push_back(
        {add_document(blob_directory(), attachment.media_type, attachment.content), attachment.title});
  const Descriptor config = add_document(blob_directory(), media_type::kEmpty, std::string(kEmptyConfig));
  Descriptor subject{std::string(media_type::kManifest), image, version->manifest_size};
  Descriptor artifact =
      add_document(blob_directory(), media_type::kManifest, artifact_document(artifact_type, blobs, subject));
  if (version->evidence == artifact.digest)
    return;
  for (const ArtifactBlob& blob : blobs)
    flush(blob_path(blob.descriptor.digest));
  flush(blob_path(config.digest));
  flush(blob_path(artifact.digest));
  flush_directories();
  version->evidence = artifact.digest;
  version->evidence_size = artifact.size;
  write_index(versions);
}

std::vector<Attachment> ImageLayout::evidence(const ImageVersion& version) const {
  std::vector<Attachment> attachments;
  if (!version.evidence)
    return attachments;
  std::string what = name_ + " " + version.version + ", evidence";
  for (const ArtifactBlob& blob :
       parse_artifact(read_document(blob_path(*version.evidence), *version.evidence), what)) {
    const Digest& digest = blob.descriptor.digest;
    attachments.push_back({blob.descriptor.media_type, blob.title, read_document(blob_path(digest), digest)});
  }
  return attachments;
}

void ImageLayout::drop_versions(const std::vector<std::string>& names) {
  UniqueFd lock_held = lock_directory(directory_);
  std::vector<ImageVersion> versions = this->versions();
  std::size_t dropped = std::erase_if(versions, [&](const ImageVersion& version) {
    return !version.latest && std::find(names.begin(), names.end(), version.version) != names.end();
  });
  if (dropped > 0)
    write_index(versions);
}

void ImageLayout::sweep(const std::vector<ImageVersion>& versions, const std::set<Digest>& kept,
                        Garbage& garbage) const {
  std::set<std::string> referred;
  for (const Digest& digest : kept)
    referred.insert(digest.hex());
  for (const ImageVersion& version : versions) {
    ManifestDocument image =
        parse_manifest(read_document(blob_path(version.manifest), version.manifest), version.manifest.oci());
    referred.insert({version.manifest.hex(), image.config.digest.hex()});
    for (const Layer& layer : image.layers)
      referred.insert(layer.digest.hex());
    if (!version.evidence)
      continue;
    referred.insert({version.evidence->hex(), Digest::of(kEmptyConfig).hex()});
    for (const ArtifactBlob& blob : parse_artifact(
             read_document(blob_path(*version.evidence), *version.evidence), version.evidence->oci()))
      referred.insert(blob.descriptor.digest.hex());
  }
  for (const auto& blob : std::filesystem::directory_iterator(blob_directory())) {
    if (!referred.contains(blob.path().filename().string()))
      garbage.add(blob.path());
  }
}

void ImageLayout::write_index(const std::vector<ImageVersion>& versions) const {
  if (!std::filesystem::exists(directory_ / "oci-layout"))
    write_file(directory_ / "oci-layout", layout_document(), Durability::kDurable);

  Json docker = Json::array();
  for (const ImageVersion& version : versions) {
    std::vector<std::string> tags{name_ + ":" + version.version};
    if (version.latest)
      tags.push_back(name_ + ":" + std::string(kLatest));
    try {
      ManifestDocument manifest = parse_manifest(read_document(blob_path(version.manifest), version.manifest),
                                                 version.manifest.oci());
      docker.push_back(docker_manifest_entry(manifest.config.digest, manifest.layers, tags));
    } catch (const Error&) {
      // Damage to an old version must not stand in the way of a new one. Who asks for the old one is told.
    }
  }
  write_file(directory_ / "manifest.json", compact_json(docker), Durability::kDurable);
  // Last, for it decides what versions there are: a run that is killed before this is done again as a whole.
  write_file(directory_ / "index.json", index_document(name_, versions), Durability::kDurable);
}

std::vector<ImageVersion> ImageLayout::versions() const {
  if (!exists())
    return {};
  std::filesystem::path index = directory_ / "index.json";
  return parse_index(read_file(index, kDocumentLimit), index.string());
}

ImageVersion ImageLayout::find(const std::string& reference) const {
  std::vector<ImageVersion> versions = this->versions();
  if (versions.empty())
    throw Error(ErrorKind::kUsage, "there is no image " + name_ + " in " + directory_.parent_path().string(),
                "build it first: bootstrap " + name_ + ".yml");
  std::string_view digits = reference;
  if (digits.starts_with("sha256:"))
    digits.remove_prefix(7);
  bool digest = digits.size() >= 8 && digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  std::vector<ImageVersion> found;
  for (const ImageVersion& version : versions) {
    if (reference == kLatest ? version.latest : version.version == reference)
      return version;
    if (digest && version.manifest.hex().starts_with(digits))
      found.push_back(version);
  }
  if (found.size() == 1)
    return found.front();
  throw Error(ErrorKind::kUsage,
              found.empty() ? "the image " + name_ + " has no version " + reference
                            : "several versions of " + name_ + " have a digest beginning with " + reference,
              "there are: " + joined(found.empty() ? versions : found));
}

std::optional<Digest> ImageLayout::image_id(const ImageVersion& version) const {
  try {
    return parse_manifest(read_document(blob_path(version.manifest), version.manifest),
                          version.manifest.oci())
        .config.digest;
  } catch (const Error&) {
    return std::nullopt;  // who asks for the image is told
  }
}

std::optional<ImageVersion> ImageLayout::version_of(const Digest& image_id) const {
  const auto rank = [](const ImageVersion& version) { return version.latest ? 2 : version.rejected ? 0 : 1; };
  std::optional<ImageVersion> found;
  for (const ImageVersion& version : versions()) {
    if (this->image_id(version) != image_id || (found && rank(version) < rank(*found)))
      continue;
    try {
      manifest(version.manifest);
      found = version;
    } catch (const Error&) {
      // damaged: it is not there, and another image is made
    }
  }
  return found;
}

ImageManifest ImageLayout::manifest(const Digest& digest) const {
  std::string what = name_ + ", manifest " + digest.oci();
  ManifestDocument document = parse_manifest(read_document(blob_path(digest), digest), what);
  std::string config = read_document(blob_path(document.config.digest), document.config.digest);
  if (config.size() != document.config.size)
    throw Error(ErrorKind::kFailure, what + ": the size of its config is wrong");
  for (const Layer& layer : document.layers) {
    if (!is_whole(blob_path(layer.digest), layer.size))
      throw Error(ErrorKind::kFailure, what + ": the layer " + blob_path(layer.digest).string() +
                                           " is missing or has the wrong size");
  }
  ImageManifest manifest{digest, document.config.digest, parse_json(config, what),
                         std::move(document.layers)};
  add_config_facts(manifest.config, manifest.layers, what);
  return manifest;
}

ImageReference parse_reference(const std::string& text) {
  std::size_t colon = text.find(':');
  ImageReference reference{text.substr(0, colon),
                           colon == std::string::npos ? std::string(kLatest) : text.substr(colon + 1)};
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  bool named = !reference.name.empty() && kLetters.find(reference.name[0]) != std::string_view::npos &&
               reference.name.find_first_not_of(std::string(kLetters) + "._-") == std::string::npos;
  if (!named || reference.reference.empty())
    throw Error(ErrorKind::kUsage, "\"" + text + "\" is not the name of an image",
                "write NAME or NAME:VERSION");
  return reference;
}

}  // namespace bootstrap
