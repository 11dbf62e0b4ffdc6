// A tar stream, as layers and archives of images hold it.
#include <utility>

#include "fuzz/fuzz.h"
#include "package/deb.h"
#include "package/tar_reader.h"

using namespace bootstrap;

FUZZ(input) {
  TarReader reader(
      [input, given = false]() mutable { return std::exchange(given, true) ? std::string_view() : input; });
  while (const auto entry = reader.next()) {
    while (!reader.read().empty()) {
    }
    const std::string path = canonical_path(entry->path, true, "input");
    require(!path.starts_with('/') && path != ".." && !path.starts_with("../"));
  }
}
