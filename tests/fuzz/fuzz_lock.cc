// A lock: what is read is written the same way.
#include "fuzz/fuzz.h"
#include "lock/lockfile.h"

using namespace bootstrap;

FUZZ(input) {
  const Lockfile lock = parse_lock(input, "input");
  const std::string text = to_text(lock);
  require(parse_lock(text, "again") == lock);
}
