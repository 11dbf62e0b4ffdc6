// A recipe: YAML of anybody who may send a change to a repository.
#include "fuzz/fuzz.h"
#include "recipe/parse.h"

using namespace bootstrap;

FUZZ(input) {
  parse_recipe(YamlNode::parse(input, "input.yml"), "/input.yml", nullptr);
}
