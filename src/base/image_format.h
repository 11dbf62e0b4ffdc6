// The one number for the bytes of images.
#pragma once

namespace bootstrap {

/// To be raised when a lock that was not changed would give another image ID, or other gzip bytes of the same
/// layers: when packages are imported, configured, normalised, put into layers or compressed in another way,
/// or when a config is written in another way. It is part of the key of everything that is derived from
/// packages and kept, so what an older format made is never mixed in, and it is in the record of each image.
/// tests/fixtures has images of each format; those of this one must be made again when it is raised, and the
/// test that builds them again fails when bytes change and this number does not. CHANGELOG.md says what each
/// format changed.
inline constexpr int kImageFormat = 2;

}  // namespace bootstrap
