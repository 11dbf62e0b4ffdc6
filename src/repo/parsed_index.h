// Packages indexes as the store keeps them.
//
// To decompress and parse all of Debian takes half a second, and nearly every run reads the indexes of the
// one before. What is kept is the fields that PackageRecord has, less than half of the text, and to check and
// read them back is a matter of milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repo/repo_index.h"

namespace bootstrap {

/// Part of the name under which a parsed index is kept. Change it with the form, and when the parser becomes
/// stricter or reads something differently.
inline constexpr std::string_view kParsedIndexFormat = "1";

/// The records, but for their `release`.
std::string write_parsed_index(std::span<const PackageRecord> packages);

/// How many records there are.
std::size_t count_records(std::string_view parsed);

/// Appends the records to `packages`, with the `release` given; their views point into `parsed`. Throws
/// kFailure for what write_parsed_index() did not make.
void read_parsed_index(std::string_view parsed, std::uint32_t release, std::vector<PackageRecord>& packages);

}  // namespace bootstrap
