// What bootstrap and its downloader (transfer/downloader.h) say to each other over a socket: each message is
// a length, 8 bytes in the machine's order, and as much CBOR. A request is {"fetch": [...]} or
// {"documents": [...]}; answers are any number of {"done": index} and {"progress": ...}, then one {"end":
// ...} or {"error": ...}.
#pragma once

#include <optional>

#include "base/json.h"
#include "fetch/fetcher.h"

namespace bootstrap {

/// nullopt when the other side is gone, be it in the middle of a message. Throws when what comes is none.
std::optional<Json> receive_message(int socket);
/// False when the other side is gone; what it said before is still to be received.
bool send_message(int socket, const Json& message);
/// The bytes of a message; throws kFailure for what is none, however it was made.
Json parse_message(std::string_view bytes);

// The decoders throw kFailure for a message that does not hold what it should.

Json to_json(const Download& download);
Download download_from_json(const Json& json);
Json to_json(const DocumentRequest& request);
DocumentRequest document_request_from_json(const Json& json);
/// With its content as bytes, which JSON could not carry.
Json to_json(const std::optional<Document>& document);
std::optional<Document> document_from_json(const Json& json);
Json to_json(const FetchProgress& progress);
FetchProgress progress_from_json(const Json& json);
std::size_t index_from_json(const Json& json);
Error error_from_message(const Json& json);

}  // namespace bootstrap
