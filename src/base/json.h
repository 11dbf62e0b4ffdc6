// Canonical JSON: sorted keys, two-space indent, one newline at the end. Files that people commit (locks) and
// values that are hashed (recipes, keys of the store) are written this way, so that equal values are equal
// bytes. What is not UTF-8 in a string is written as U+FFFD.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace bootstrap {

/// nlohmann's default object keeps its keys sorted, which is what makes dump() canonical.
using Json = nlohmann::json;

/// For people and version control: indented, newline at the end.
std::string canonical_json(const Json& value);
/// For hashing and for OCI documents: no white space at all.
std::string compact_json(const Json& value);
/// Throws an Error of kind kFailure that names `what` and the byte position. Duplicate keys are an error, and
/// so is what is nested more than a hundred deep: to copy, print or decode it would take a stack without
/// bound.
Json parse_json(std::string_view text, std::string_view what);
/// The same for CBOR (RFC 8949), which messages between our processes are written in: they may hold any
/// bytes.
Json parse_cbor(std::string_view bytes, std::string_view what);

/// {"kind": ..., "message": ..., "hint": ...}
Json to_json(const Error& error);
Error error_from_json(const Json& json);

}  // namespace bootstrap
