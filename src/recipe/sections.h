// The sections of a recipe: the keys of each, with what they fill.
//
// A section that a recipe mentions changes what it has from its parent key by key; what the text leaves out
// stays. That is how a child inherits.
#pragma once

#include "recipe/fields.h"
#include "recipe/recipe.h"

namespace bootstrap {

const Fields<Repository>& repository_fields();
const Fields<PackageSelection>& package_fields();
const Fields<PathRules>& path_fields();
const Fields<StateRules>& state_fields();
const Fields<OwnFile>& own_file_fields();
const Fields<UserAccount>& user_fields();
const Fields<ImageOptions>& image_fields();
const Fields<LayerOptions>& layer_fields();
const Fields<Limits>& limit_fields();
const Fields<Budgets>& budget_fields();
const Fields<UpdatePolicy>& update_fields();

/// `repositories`: at least one, and no suite of an archive twice.
Value<std::vector<Repository>> repositories();
/// `users`: no name and no uid twice.
Value<std::vector<UserAccount>> users();
/// `tests`: no name twice. Those that a file of container-structure-test brings are not among them.
Value<std::vector<SmokeTest>> smoke_tests();

/// The whole of it.
const Fields<Recipe>& recipe_fields();

}  // namespace bootstrap
