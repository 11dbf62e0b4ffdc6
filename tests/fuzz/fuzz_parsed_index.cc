// A parsed index as the store has it, damaged.
#include "fuzz/fuzz.h"
#include "repo/parsed_index.h"

using namespace bootstrap;

FUZZ(input) {
  std::vector<PackageRecord> records;
  records.reserve(count_records(input));
  read_parsed_index(input, 0, records);
}
