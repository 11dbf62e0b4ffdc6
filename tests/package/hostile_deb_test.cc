// Packages whose archives are well packed, and lie: in the control stanza, in tar headers, about what it
// takes to unpack them.
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "package/deb.h"
#include "support/catch.h"
#include "support/deb_builder.h"
#include "support/raw_tar.h"

namespace bootstrap {
namespace {

std::string package_of(const std::string& control_tar, const std::string& data,
                       const std::string& name = "data.tar") {
  return ar_archive({{"debian-binary", "2.0\n"}, {"control.tar", control_tar}, {name, data}});
}

/// The paths that a package unpacks, or the error as the only element.
std::vector<std::string> outcome(const std::string& package, const DebLimits& limits = {}) {
  TemporaryDirectory directory;
  write_file(directory.path() / "x.deb", package, Durability::kCache);
  UniqueFd fd = open_file(directory.path() / "x.deb", O_RDONLY);
  std::vector<std::string> paths;
  try {
    read_deb(
        fd.get(), "x.deb", true,
        [&](const Entry& entry, const std::string&, const std::function<std::string_view()>& read) {
          while (entry.type == EntryType::kFile && !read().empty())
            continue;
          paths.push_back(entry.path);
        },
        limits);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    CHECK(error.message().rfind("x.deb: ", 0) == 0);
    return {error.message()};
  }
  return paths;
}

std::vector<std::string> with_data(const std::string& entries, const DebLimits& limits = {}) {
  return outcome(package_of(DebBuilder("x").control_tar(), entries + raw_tar_end()), limits);
}

bool refused(const std::vector<std::string>& result, const std::string& reason = "x.deb: ") {
  REQUIRE_FALSE(result.empty());
  UNSCOPED_INFO(result.front());
  return result.size() == 1 && result.front().rfind("x.deb: ", 0) == 0 &&
         result.front().find(reason) != std::string::npos;
}

bool control_refused(const std::string& stanza, const std::string& reason) {
  CAPTURE(stanza);
  return refused(outcome(package_of(tar_archive({{"./", 'd', "", 0755}, {"./control", '-', stanza}}),
                                    DebBuilder("x").data_tar())),
                 reason);
}

using Paths = std::vector<std::string>;

TEST_CASE("the control file is one stanza with every field once") {
  const std::string good = "Package: x\nVersion: 1\nDescription: a\n b\n .\n";
  auto with = [](const std::string& stanza) {
    return outcome(package_of(tar_archive({{"./", 'd', "", 0755}, {"./control", '-', stanza}}),
                              DebBuilder("x").data_tar()));
  };
  CHECK(with(good) == Paths{"."});
  CHECK(with("\n" + good + "\n\n") == Paths{"."});
  CHECK(control_refused(good + "\nPackage: y\n", "second stanza"));
  CHECK(control_refused(good + "\n folded\n", "second stanza"));
  CHECK(control_refused(good + "package: y\n", "\"package\" twice"));
  CHECK(control_refused(good + "Status: install ok installed\n", "only dpkg writes"));
  CHECK(control_refused(good + "conffiles:\n /etc/passwd 0\n", "only dpkg writes"));
  CHECK(control_refused(good + "Config-Version: 1\n", "only dpkg writes"));
  CHECK(control_refused(good + "no field\n", "no field"));
  CHECK(control_refused(good + ": x\n", "no field"));
  CHECK(control_refused(good + "# x: y\n", "no field"));
  CHECK(control_refused(good + "X Y: z\n", "no field"));
  CHECK(control_refused(good + " \t\n", "blank"));
  CHECK(control_refused(" folded\n" + good, "continues no field"));
  CHECK(control_refused(good + std::string("X: a\0b\n", 7), "NUL"));
}

TEST_CASE("pax records are judged like what they replace") {
  auto with = [](const std::string& key, const std::string& value, char type = '0') {
    return with_data(pax_entry({{key, value}}, raw_tar_entry("./harmless", type)));
  };
  CHECK(with("path", "./other") == Paths{"other"});
  CHECK(refused(with("path", "../../etc/passwd"), "not canonical"));
  CHECK(refused(with("path", "/etc/passwd"), "absolute"));
  CHECK(refused(with("path", "./a\nb"), "line break"));
  CHECK(refused(with("linkpath", "/etc/shadow", '1')));
  CHECK(refused(with("uid", "99999999999")));
  CHECK(refused(with("uid", "4294967295")));
  CHECK(refused(with("size", "99999999999999999999")));
  CHECK(refused(with("size", "1000000")));
  CHECK(refused(with("mtime", "9223372036854775807"), "time"));
  CHECK(refused(with("mtime", "253402300800"), "time"));
  CHECK(with("mtime", "-1.5") == Paths{"harmless"});
  CHECK(refused(with("SCHILY.xattr.trusted.overlay.redirect", "/etc"), "no package may set"));
  CHECK(refused(with_data(raw_tar_entry("PaxHeader", 'x', "999 path=short\n") + raw_tar_entry("./a", '0'))));
  CHECK(refused(with_data(raw_tar_entry("PaxHeader", 'x', "no record at all") + raw_tar_entry("./a", '0'))));
}

TEST_CASE("sparse files are refused, in each of their forms") {
  // One byte of data at 1 MiB: offsets, lengths and the real size as GNU tar has them in its own header.
  std::vector<HeaderPatch> gnu{
      {257, std::string("ustar  \0", 8)}, {386, "00004000000"}, {398, "00000001000"}, {483, "00004001000"}};
  CHECK(refused(with_data(raw_tar_entry("./s", 'S', std::string(512, 'x'), gnu)), "sparse"));
  CHECK(refused(with_data(pax_entry({{"GNU.sparse.major", "0"},
                                     {"GNU.sparse.minor", "1"},
                                     {"GNU.sparse.name", "./s"},
                                     {"GNU.sparse.size", "1048577"},
                                     {"GNU.sparse.map", "1048576,1"}},
                                    raw_tar_entry("./GNUSparseFile.0/s", '0', "x"))),
                "sparse"));
}

TEST_CASE("damaged tar headers are refused") {
  auto with = [](const std::vector<HeaderPatch>& patches, char type = '0') {
    return with_data(raw_tar_entry("./a", type, "content", patches));
  };
  CHECK(with({}) == Paths{"a"});
  CHECK(refused(with({{124, "-0000000007"}})));
  CHECK(refused(with({{124, std::string("\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)}})));
  CHECK(refused(with({{124, std::string(12, '\xff')}})));
  CHECK(refused(with({{0, std::string(100, '\0')}})));
  CHECK(refused(with({{116, std::string(8, '\xff')}}), "owner"));
  std::string damaged = raw_tar_entry("./a", '0', "content");
  damaged[150] ^= 1;
  CHECK(refused(with_data(damaged)));
  const std::string cut = raw_tar_entry("./a", '0', std::string(2000, 'x')).substr(0, 1000);
  CHECK(refused(outcome(package_of(DebBuilder("x").control_tar(), cut))));
}

TEST_CASE("a name of any length is taken whole or refused") {
  auto long_name = [](const std::string& name) {
    return with_data(raw_tar_entry("././@LongLink", 'L', name + std::string(1, '\0')) +
                     raw_tar_entry("./cut", '0'));
  };
  CHECK(long_name("./" + std::string(200, 'n')) == Paths{std::string(200, 'n')});
  CHECK(refused(long_name("./" + std::string(256, 'n')), "255 bytes"));
  CHECK(refused(long_name("./" + std::string(5000, '/'))));
  CHECK(refused(long_name(std::string(4 << 20, 'n'))));
  CHECK(refused(long_name("../" + std::string(200, 'n')), "not canonical"));
}

TEST_CASE("entries of types that no package has are refused") {
  // Further volumes of an archive, and its label.
  for (char type : {'M', 'V'}) {
    CAPTURE(type);
    CHECK(refused(with_data(raw_tar_entry("./a", '0') + raw_tar_entry("./b", type, "content"))));
  }
}

TEST_CASE("names and attributes cannot take all memory") {
  SECTION("deep paths") {
    std::string path = "./";
    for (int i = 0; i < 200; ++i)
      path += "d/";
    CHECK(refused(with_data(raw_tar_entry(path.substr(0, 98), '5') +
                            pax_entry({{"path", path}}, raw_tar_entry("./d", '5'))),
                  "too deep"));
  }
  DebLimits limits;
  limits.metadata = 1 << 20;
  SECTION("every path with directories of its own") {
    std::string deep;
    for (int i = 0; i < 100; ++i)
      deep += "/" + std::string(30, 'd');
    std::string entries;
    for (int i = 0; i < 20; ++i)
      entries += pax_entry({{"path", "./" + std::to_string(i) + deep}}, raw_tar_entry("./d", '0'));
    CHECK(refused(with_data(entries, limits), "memory"));
    CHECK(with_data(entries).size() == 20);
  }
  SECTION("extended attributes") {
    std::string entries;
    for (int i = 0; i < 20; ++i)
      entries += pax_entry({{"SCHILY.xattr.user.x", std::string(60'000, 'x')}},
                           raw_tar_entry("./" + std::to_string(i), '0'));
    CHECK(refused(with_data(entries, limits), "memory"));
  }
}

TEST_CASE("a compressed member cannot ask for gigabytes of memory") {
  const std::string control = DebBuilder("x").control_tar();
  // .lzma: properties, dictionary of 4 GiB, unknown size.
  CHECK(refused(
      outcome(package_of(control,
                         std::string("\x5d\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0abcdefgh", 22),
                         "data.tar.lzma")),
      "more memory"));
  // zstd: magic, no flags, a window of 2^41 bytes.
  CHECK(
      refused(outcome(package_of(control, std::string("\x28\xb5\x2f\xfd\0\xf8\x01\0\0", 9), "data.tar.zst")),
              "cannot be decompressed"));
}

}  // namespace
}  // namespace bootstrap
