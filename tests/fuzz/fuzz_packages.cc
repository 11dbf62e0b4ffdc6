// A Packages index, from text to records, their relations, and the form in which the store keeps them.
#include "debian/relation.h"
#include "fuzz/fuzz.h"
#include "repo/packages_parser.h"
#include "repo/parsed_index.h"

using namespace bootstrap;

FUZZ(input) {
  const std::vector<PackageRecord> records = parse_packages(input, "amd64", 0);
  const std::string kept = write_parsed_index(records);
  std::vector<PackageRecord> again;
  read_parsed_index(kept, 0, again);
  require(again == records);
  for (const PackageRecord& record : records)
    for (std::string_view field : {record.depends, record.pre_depends, record.provides, record.conflicts})
      parse_relations(field);
}
