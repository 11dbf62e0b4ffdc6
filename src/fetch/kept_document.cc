#include "fetch/kept_document.h"

#include "base/error.h"
#include "base/json.h"

namespace bootstrap {

// The object is one line of JSON, then the content as it came: documents need not be UTF-8, JSON strings
// must.

std::optional<KeptDocument> load_kept(const Store& store, const std::string& name) {
  std::optional<std::string> object = store.get(Store::Area::kRelease, name);
  if (!object)
    return std::nullopt;
  const std::size_t end = object->find('\n');
  if (end == std::string::npos)
    return std::nullopt;
  try {
    const Json head = parse_json(std::string_view(*object).substr(0, end), name);
    KeptDocument document;
    document.url = head.at("url");
    document.etag = head.at("etag");
    document.last_modified = head.at("last_modified");
    document.absent = head.at("absent");
    document.content = object->substr(end + 1);
    return document;
  } catch (const Json::exception&) {
    return std::nullopt;  // written by another version of this program
  } catch (const Error&) {
    return std::nullopt;
  }
}

void keep(const Store& store, const std::string& name, const KeptDocument& document) {
  const Json head = {{"url", document.url},
                     {"etag", document.etag},
                     {"last_modified", document.last_modified},
                     {"absent", document.absent}};
  store.put(Store::Area::kRelease, name, compact_json(head) + "\n" + document.content);
}

}  // namespace bootstrap
