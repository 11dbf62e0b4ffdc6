#include "report/page.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST_CASE("What comes from images cannot become markup") {
  const std::string plain = render_page({{"images", Json::array()}});
  const std::string hostile =
      render_page({{"images", {"</script><script>alert(1)</script>", "<!--", "]]>", "{{script}}", "&lt;"}}});
  CHECK(occurrences(hostile, "<script") == occurrences(plain, "<script"));
  CHECK(occurrences(hostile, "</script") == occurrences(plain, "</script"));
  CHECK(occurrences(hostile, "<!--") == occurrences(plain, "<!--"));
  CHECK(occurrences(hostile, "\"use strict\"") == 1);
  CHECK(hostile.find("{{script}}") != std::string::npos);

  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = hostile.find(open) + open.size();
  const Json read = parse_json(hostile.substr(start, hostile.find("</script>", start) - start), "the page");
  CHECK(read.at("images").at(0) == "</script><script>alert(1)</script>");
  CHECK(read.at("images").at(4) == "&lt;");
}

TEST_CASE("The policy names the style and the script by digest") {
  const std::string page = render_page(Json::object());
  CHECK(occurrences(page, "'sha256-") == 2);
  CHECK(page.find("unsafe") == std::string::npos);
}

}  // namespace
}  // namespace bootstrap
