#include "resolve/unused_names.h"

#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

struct NamesFixture {
  Archive archive;
  Recipe recipe;
  std::vector<LockedPackage> locked;

  NamesFixture() {
    archive.add("Package: nginx\nVersion: 1\nProvides: httpd");
    archive.add("Package: vim-tiny\nVersion: 1");
  }
  std::vector<std::string> notes() {
    const Catalogue catalogue(archive.index());
    return unused_names(recipe, catalogue, locked);
  }
};

using Notes = std::vector<std::string>;

}  // namespace

TEST_CASE("names that packages bear or provide are no mistakes") {
  NamesFixture f;
  f.recipe.packages.exclude = {"vim-tiny", "httpd"};
  f.recipe.update.hold = {"nginx", "gone"};
  f.locked.emplace_back();
  f.locked.back().name = "gone";
  Pin pin;
  pin.package = "ngin*";
  f.recipe.packages.pins = {pin};
  CHECK(f.notes().empty());
}

TEST_CASE("names that nothing bears are told, with the nearest") {
  NamesFixture f;
  f.recipe.packages.exclude = {"vim-tniy"};
  f.recipe.update.hold = {"ngnix", "something-else"};
  CHECK(f.notes() ==
        Notes{"packages: exclude: no repository has a package \"vim-tniy\"; did you mean \"vim-tiny\"?",
              "update: hold: no repository has a package \"ngnix\"; did you mean \"nginx\"?",
              "update: hold: no repository has a package \"something-else\""});
}

TEST_CASE("pins on what there is not are told") {
  NamesFixture f;
  Pin pin;
  pin.package = "ngimx";
  f.recipe.packages.pins = {pin};
  CHECK(f.notes() == Notes{"packages: pins: no repository has a package \"ngimx\"; did you mean \"nginx\"?"});
  f.recipe.packages.pins.front().package = "apache*";
  CHECK(f.notes() == Notes{"packages: pins: no repository has a package that \"apache*\" fits"});
  f.recipe.packages.pins.front().package = "nginx";
  f.recipe.packages.pins.front().suite = "no-such-suite";
  CHECK(f.notes() == Notes{"packages: pins: no repository is of suite \"no-such-suite\""});
}
