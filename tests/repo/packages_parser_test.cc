#include "repo/packages_parser.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

const std::string kHash(64, 'a');

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The fields without which no stanza is accepted.
Fields nginx() {
  return {{"Package", "nginx"},      {"Version", "1.22.1-9"},
          {"Architecture", "amd64"}, {"Filename", "pool/main/n/nginx/nginx_1.22.1-9_amd64.deb"},
          {"Size", "527"},           {"SHA256", kHash}};
}

Fields nginx_with(const std::string& name, const std::string& value) {
  Fields fields = nginx();
  for (auto& [field, old_value] : fields)
    if (field == name) {
      old_value = value;
      return fields;
    }
  fields.emplace_back(name, value);
  return fields;
}

std::string stanza(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += name + ": " + value + "\n";
  return text + "\n";
}

std::vector<PackageRecord> parse(std::string_view text) {
  return parse_packages(text, "amd64", 0);
}

/// The message of the error that parsing `text` ends in; empty when there is none.
std::string error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    return error.message();
  }
  return {};
}

}  // namespace

TEST_CASE("a stanza becomes a record") {
  const std::string text = stanza({{"Package", "libnginx-mod"},
                                   {"Source", "nginx (1.22.1-9)"},
                                   {"Version", "1:1.0-2+b1"},
                                   {"Architecture", "all"},
                                   {"Multi-Arch", "foreign"},
                                   {"Installed-Size", "99"},
                                   {"Pre-Depends", "dpkg (>= 1.17)"},
                                   {"Depends", "libc6 (>= 2.34), nginx | nginx-light"},
                                   {"Recommends", "a"},
                                   {"Suggests", "b"},
                                   {"Provides", "c (= 1)"},
                                   {"Conflicts", "d"},
                                   {"Breaks", "e"},
                                   {"Replaces", "f"},
                                   {"Section", "httpd"},
                                   {"Priority", "optional"},
                                   {"Essential", "yes"},
                                   {"Protected", "yes"},
                                   {"Description", "x"},
                                   {"Filename", "./pool/main/x.deb"},
                                   {"Size", "527"},
                                   {"SHA256", kHash}});
  const std::vector<PackageRecord> records = parse_packages(text, "amd64", 3);
  REQUIRE(records.size() == 1);
  const PackageRecord& record = records.front();
  CHECK(record.name == "libnginx-mod");
  CHECK(record.source == "nginx");
  CHECK(record.source_version == "1.22.1-9");
  CHECK(record.version == "1:1.0-2+b1");
  CHECK(record.architecture == "all");
  CHECK(record.multi_arch == "foreign");
  CHECK(record.installed_size == 99);
  CHECK(record.pre_depends == "dpkg (>= 1.17)");
  CHECK(record.depends == "libc6 (>= 2.34), nginx | nginx-light");
  CHECK(record.recommends == "a");
  CHECK(record.suggests == "b");
  CHECK(record.provides == "c (= 1)");
  CHECK(record.conflicts == "d");
  CHECK(record.breaks == "e");
  CHECK(record.replaces == "f");
  CHECK(record.section == "httpd");
  CHECK(record.priority == "optional");
  CHECK(record.essential);
  CHECK(record.important);
  CHECK(record.filename == "pool/main/x.deb");
  CHECK(record.size == 527);
  CHECK(record.sha256.hex() == kHash);
  CHECK(record.release == 3);
  CHECK(record.name.data() >= text.data());
  CHECK(record.name.data() < text.data() + text.size());
}

TEST_CASE("what a stanza leaves out") {
  const std::string text = stanza(nginx());
  const PackageRecord record = parse(text).at(0);
  CHECK(record.source == "nginx");
  CHECK(record.source_version == "1.22.1-9");
  CHECK(record.depends.empty());
  CHECK_FALSE(record.essential);
  CHECK_FALSE(record.important);
  const std::string with_source = stanza(nginx_with("Source", "src"));
  CHECK(parse(with_source).at(0).source_version == "1.22.1-9");
}

TEST_CASE("the shape of an index") {
  SECTION("empty") {
    CHECK(parse("").empty());
    CHECK(parse("\n\n").empty());
  }
  SECTION("no newline at the end, several empty lines between") {
    std::string text = stanza(nginx()) + "\n\n" + stanza(nginx_with("Package", "a"));
    text.erase(text.size() - 2);
    const auto records = parse(text);
    REQUIRE(records.size() == 2);
    CHECK(records[1].name == "a");  // need not be sorted
    CHECK(records[1].sha256.hex() == kHash);
  }
  SECTION("names of fields in any case") {
    CHECK(parse(stanza(nginx_with("dePENDS", "x"))).at(0).depends == "x");
  }
  SECTION("folded fields") {
    const std::string text = stanza(nginx_with("Depends", "\n a,\n\tb | c"));
    CHECK(parse(text).at(0).depends == "a,\n\tb | c");
  }
  SECTION("lines of any length") {
    for (const std::size_t length : {4094U, 4095U, 4096U, 4097U, 1U << 20}) {
      const std::string depends(length, 'x');
      const std::string text = stanza(nginx_with("Depends", depends));
      CHECK(parse(text).at(0).depends == depends);
    }
  }
  SECTION("the same stanza twice") {
    CHECK(parse(stanza(nginx()) + stanza(nginx())).size() == 2);
  }
  SECTION("UTF-8 of two, three and four bytes") {
    CHECK(error_of(stanza(nginx_with("Description", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7"))).empty());
  }
}

TEST_CASE("an index that is no deb822 text is refused") {
  const std::string good = stanza(nginx());
  CHECK(error_of("<html>\n") == "line 1: neither a field nor the continuation of one");
  CHECK(error_of(good + " folded\n") == "line 8: the continuation of no field");
  CHECK(error_of("Package: a\n \n") == "line 2: package a: line of white space only");
  CHECK(error_of("Package: a\n: b\n") == "line 2: package a: neither a field nor the continuation of one");
  CHECK(error_of("a b: c\n") == "line 1: neither a field nor the continuation of one");
  CHECK(error_of(good + "Package: a\r\n").find("line 8: carriage return") == 0);
  CHECK(error_of(good + std::string("Package: a\0\n", 12)) == "line 8: NUL byte");
  for (const char* bad :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
    CHECK(error_of(good + "X: " + bad) == "line 8: not UTF-8");
}

TEST_CASE("a stanza must be complete and unambiguous") {
  for (const char* required : {"Package", "Version", "Architecture", "Filename", "Size", "SHA256"}) {
    Fields fields;
    for (const auto& field : nginx())
      if (field.first != required)
        fields.push_back(field);
    const std::string message = error_of("\n" + stanza(fields));
    INFO(message);
    CHECK(message.find(std::string("field ") + required + " is missing") != std::string::npos);
    CHECK(message.find("line 2: ") == 0);
  }
  CHECK(error_of("Package: a\npackage: b\n") == "line 2: package a: field package occurs twice");
  CHECK(error_of(stanza(nginx()) + stanza(nginx_with("SHA256", std::string(64, 'b')))) ==
        "line 8: package nginx 1.22.1-9 is listed twice with different hashes");
}

TEST_CASE("values that would be dangerous or meaningless are refused") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> refused{
      {"Package", {"-rf", "a/b", "..", ".", "a b", "\n a\n b", "a\x1b[31m", "\xc3\xa4", "a:i386"}},
      {"Version", {"", "1 2", "a:1", "1-", "../1", "1\n 2"}},
      {"Architecture", {"i386", "any", "source", "amd64 all"}},
      {"Source", {"", "a b", "a (1", "a ()", "a (1) x", "../a"}},
      {"Size", {"-1", "+1", "0", "0x10", "1.5", "1 2", "20000000001", "18446744073709551616", "ten"}},
      {"Installed-Size", {"-1", "big"}},
      {"SHA256",
       {"abc", std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g", "sha256:" + kHash}},
      {"Essential", {"maybe", ""}},
      {"Filename",
       {"/etc/passwd", "../x.deb", "pool/../../x.deb", "pool/..", "pool/%2e%2e/x.deb",
        "https://mirror.example/x.deb", "pool//x.deb", "pool/./x.deb", "pool/", "pool/a b.deb", "pool\\x.deb",
        "pool/a\n b", "pool/x?y", "pool/x#y", "./", ".", ".././x"}},
  };
  for (const auto& [field, values] : refused)
    for (const std::string& value : values) {
      INFO(field << ": " << value);
      const std::string message = error_of(stanza(nginx_with(field, value)));
      CHECK(message.find("line 1: ") == 0);
      CHECK(message.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("an index that is long enough to be read in pieces") {
  std::string text;
  constexpr int kStanzas = 20'000;
  for (int i = 0; i < kStanzas; ++i) {
    Fields fields = nginx_with("Package", "p" + std::to_string(i));
    fields.emplace_back("Description", "one line\n more of it\n .\n and more");
    text += stanza(fields);
  }
  REQUIRE(text.size() > 4'000'000);

  SECTION("its stanzas keep their order") {
    const auto records = parse(text);
    REQUIRE(records.size() == kStanzas);
    for (int i = 0; i < kStanzas; ++i)
      REQUIRE(records[static_cast<std::size_t>(i)].name == "p" + std::to_string(i));
  }
  SECTION("lines are counted from its beginning") {
    const auto lines = std::count(text.begin(), text.end(), '\n');
    CHECK(error_of(text + "Package: last\nrubbish\n").find("line " + std::to_string(lines + 2) + ":") == 0);
  }
  SECTION("the same package in two pieces") {
    std::string other = stanza(nginx_with("Package", "p0"));
    other.replace(other.find(kHash), kHash.size(), std::string(64, 'b'));
    CHECK(error_of(text + other).find("listed twice with different hashes") != std::string::npos);
  }
}
