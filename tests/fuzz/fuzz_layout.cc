// The index of an image layout, which other tools may have written.
#include "fuzz/fuzz.h"
#include "image/index_document.h"

using namespace bootstrap;

FUZZ(input) {
  parse_index(input, "input");
}
