#include "image/image_files.h"

#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("the wanted files of the flattened tree") {
  ImageFixture f;
  Layer lower = f.layer({{"info/a.list", '-', "old"},
                         {"info/b.list", '-', "b"},
                         {"info/c.list", '-', "c"},
                         {"info/a.postinst", '-', "script"},
                         {"info/d.list", 'd', "", 0755}});
  Layer upper = f.layer({{"info/a.list", '-', "new"},
                         {"info/.wh.b.list"},
                         {.path = "info/c.list", .type = 'l', .link_target = "a.list"}});
  ImageLayout layout(f.images, "web");
  ImageManifest manifest = layout.manifest(layout.add_image(f.spec({lower, upper}), f.store));
  auto files =
      read_image_files(layout, manifest, [](const std::string& path) { return path.ends_with(".list"); });
  CHECK(files == std::map<std::string, std::string>{{"info/a.list", "new"}});
}

}  // namespace
}  // namespace bootstrap
