// Test files of container-structure-test (schemaVersion 2.0.0), read as they are, for those who have them
// already: its four kinds of tests become smoke tests.
//
// They are a foreign format, so nothing is demanded of their style; but what would not be tested is an error,
// for a test that is silently left out is worse than none.
#pragma once

#include <vector>

#include "recipe/smoke_test.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

/// Throws kUsage, pointing at the place, for what is not such a file, and for what a box of ours cannot do:
/// licence tests, setup and teardown commands, options for docker.
std::vector<SmokeTest> read_structure_tests(const YamlNode& document);

}  // namespace bootstrap
