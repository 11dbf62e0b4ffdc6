// What a downloader that was taken over can say.
#include "fetch/messages.h"
#include "fuzz/fuzz.h"

using namespace bootstrap;

namespace {

template <typename Decode>
void try_member(const Json& message, const char* name, Decode decode) {
  if (!message.contains(name))
    return;
  try {
    decode(message.at(name));
  } catch (const Error&) {
    return;
  }
}

}  // namespace

FUZZ(input) {
  const Json message = parse_message(input);
  try_member(message, "done", [](const Json& index) { index_from_json(index); });
  try_member(message, "progress", [](const Json& progress) { progress_from_json(progress); });
  try_member(message, "error", [](const Json& error) { error_from_message(error); });
  try_member(message, "end", [](const Json& documents) {
    for (const Json& document : documents)
      document_from_json(document);
  });
}
