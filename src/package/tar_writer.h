// The canonical tar encoding of entries: ustar with numeric owners and no user names; a pax header (fixed
// name, no atime, ctime or process id) only where ustar cannot say it: long paths and targets, sizes from 8
// GiB, ids from 2^21, xattrs as SCHILY.xattr.*; with hdrcharset=BINARY where what stands there is not UTF-8.
// Equal entries are equal bytes, always.
#pragma once

#include <cstdint>
#include <string>

#include "package/entry.h"

namespace bootstrap {

/// The header blocks of an entry (pax header included); its content, padded with tar_padding(size) zero
/// bytes, follows for kFile. Directory names end in '/'; paths are written without "./".
std::string tar_header(const Entry& entry);
/// Zero bytes after `size` bytes of content up to the next multiple of 512.
std::size_t tar_padding(std::uint64_t size);
/// The two zero blocks that end an archive.
std::string tar_end();

}  // namespace bootstrap
