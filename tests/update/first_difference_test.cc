#include "update/first_difference.h"

#include "image/image_fixture.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct DifferenceFixture : ImageFixture {
  ImageLayout layout{images, "web"};

  Digest add(const std::vector<TarItem>& items, const std::string& workdir = "/") {
    ImageSpec image = spec({layer({{"same", '-', "same"}}), layer(items)});
    image.options.workdir = workdir;
    return layout.add_image(image, store);
  }
  FirstDifference between(const Digest& a, const Digest& b) {
    auto difference = find_first_difference(layout, a, layout, b);
    REQUIRE(difference);
    return *difference;
  }
};

TEST_CASE("equal images have no difference") {
  DifferenceFixture f;
  Digest image = f.add({{"x", '-', "1"}});
  CHECK_FALSE(find_first_difference(f.layout, image, f.layout, image));
}

TEST_CASE("the first byte that differs is named, whatever the times are") {
  DifferenceFixture f;
  TarItem later{"a", '-', "same"};
  later.mtime += 1;
  auto difference = f.between(f.add({{"a", '-', "same"}, {"b", '-', "hello world"}, {"c", '-', "1"}}),
                              f.add({later, {"b", '-', "hello wOrld"}, {"c", '-', "2"}}));
  CHECK(difference.path == "b");
  CHECK(difference.offset == 7U);
  CHECK(difference.what == "content");
  CHECK(difference.layer == "test");
  CHECK(f.between(f.add({{"a", '-', "same"}}), f.add({later})).what.substr(0, 5) == "mtime");
  CHECK(f.between(f.add({{"a", '-', "12"}}), f.add({{"a", '-', "123"}})).offset == 2U);
}

TEST_CASE("modes, owners, and files that are missing or new") {
  DifferenceFixture f;
  TarItem tool{"a", '-', "same"};
  tool.mode = 0755;
  CHECK(f.between(f.add({{"a", '-', "same"}}), f.add({tool})).what == "mode 0755 instead of 0644");
  tool.mode = 0644;
  tool.uid = 7;
  CHECK(f.between(f.add({{"a", '-', "same"}}), f.add({tool})).what == "owner 7:0 instead of 0:0");
  auto missing = f.between(f.add({{"a", '-', ""}, {"b", '-', ""}}), f.add({{"b", '-', ""}}));
  CHECK(missing.path == "a");
  CHECK(missing.what == "missing");
  CHECK(f.between(f.add({{"b", '-', ""}}), f.add({{"a", '-', ""}, {"b", '-', ""}})).what ==
        "not there before");
}

TEST_CASE("another compression is no difference") {
  DifferenceFixture f;
  const std::vector<TarItem> items{{"x", '-', "1"}};
  CHECK_FALSE(
      find_first_difference(f.layout, f.layout.add_image(f.spec({f.layer(items)}), f.store), f.layout,
                            f.layout.add_image(f.spec({f.layer(items, Compression::kZstd)}), f.store)));
}

TEST_CASE("a config that differs is pointed into") {
  DifferenceFixture f;
  auto difference = f.between(f.add({{"a", '-', ""}}), f.add({{"a", '-', ""}}, "/srv"));
  CHECK(difference.layer.empty());
  CHECK(difference.path == "/config/WorkingDir");
}

}  // namespace
}  // namespace bootstrap
