// An image in other shapes: a directory, one tar of the flattened tree, an oci-archive.
#pragma once

#include <filesystem>
#include <string>

#include "image/layout.h"

namespace bootstrap {

enum class ExportFormat { kDirectory, kTar, kOciArchive, kDockerArchive };

/// The flattened tree as one canonical tar, computed from the layers without unpacking them to disk.
void export_tar(const ImageLayout& layout, const ImageVersion& version, const std::filesystem::path& target);
/// The tree as a directory; `target` must not exist or be empty. Needs root for owners; an ordinary user is
/// told to use a tar instead.
void export_directory(const ImageLayout& layout, const ImageVersion& version,
                      const std::filesystem::path& target);
/// The image layout with this one version, as a tar file (skopeo's oci-archive:), or with docker's
/// manifest.json (docker load).
void export_archive(const ImageLayout& layout, const ImageVersion& version,
                    const std::filesystem::path& target, ExportFormat format);

}  // namespace bootstrap
