#include "package/deb.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "support/catch.h"
#include "support/deb_builder.h"

namespace bootstrap {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

/// What read_deb() handed on.
struct ReadDeb {
  ControlData control;
  std::vector<Entry> entries;
  std::vector<std::string> originals;
  std::vector<std::string> contents;
};

ReadDeb read(const std::string& package, bool merge_usr = true, const DebLimits& limits = {}) {
  TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "x.deb";
  write_file(path, package, Durability::kCache);
  UniqueFd fd = open_file(path, O_RDONLY);
  ReadDeb result;
  auto sink = [&](const Entry& entry, const std::string& original,
                  const std::function<std::string_view()>& next) {
    result.entries.push_back(entry);
    result.originals.push_back(original);
    std::string content;
    if (entry.type == EntryType::kFile) {
      for (std::string_view piece = next(); !piece.empty(); piece = next())
        content += piece;
    }
    result.contents.push_back(std::move(content));
  };
  result.control = read_deb(fd.get(), "x.deb", merge_usr, sink, limits);
  return result;
}

/// The message of the error that reading it gives.
std::string failure(const std::string& package, const DebLimits& limits = {}) {
  try {
    read(package, true, limits);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    CHECK(error.message().rfind("x.deb: ", 0) == 0);
    return error.message();
  }
  return "no error";
}

bool has(const std::string& message, const std::string& part) {
  INFO(message << " has " << part);
  return message.find(part) != std::string::npos;
}

DebBuilder sample() {
  return DebBuilder("sample", "1:2.0-1", "amd64")
      .field("Depends", "libc6")
      .file("usr/bin/tool", std::string(300'000, 't'), 04755)
      .hardlink("usr/bin/alias", "usr/bin/tool")
      .symlink("usr/bin/link", "tool")
      .conffile("etc/sample.conf", "a=b\n")
      .script("postinst", "#!/bin/sh\nexit 0\n");
}

std::vector<std::string> paths(const ReadDeb& package) {
  std::vector<std::string> result;
  for (const Entry& entry : package.entries)
    result.push_back(entry.path);
  return result;
}

TEST_CASE("a package gives its control files, and its entries in archive order") {
  Packing packing =
      GENERATE(Packing::kNone, Packing::kGzip, Packing::kXz, Packing::kZstd, Packing::kBzip2, Packing::kLzma);
  CAPTURE(suffix_of(packing));
  ReadDeb package = read(sample().packing(packing).build());

  CHECK(package.control.field("Package") == "sample");
  CHECK(package.control.field("version") == "1:2.0-1");
  CHECK(package.control.field("Homepage").empty());
  CHECK(package.control.conffiles() == std::vector<std::string>{"/etc/sample.conf"});
  CHECK(package.control.files.at("postinst").mode == 0755);
  CHECK(package.control.files.at("postinst").mtime == kBuilderTime);

  CHECK(paths(package) == std::vector<std::string>{".", "usr", "usr/bin", "usr/bin/tool", "usr/bin/alias",
                                                   "usr/bin/link", "etc", "etc/sample.conf"});
  CHECK(package.originals.front() == "/.");
  CHECK(package.originals[2] == "/usr/bin");
  const Entry& tool = package.entries[3];
  CHECK(tool.mode == 04755);
  CHECK(tool.size == 300'000);
  CHECK(tool.mtime == kBuilderTime);
  CHECK(package.contents[3] == std::string(300'000, 't'));
  const Entry& alias = package.entries[4];
  CHECK(alias.type == EntryType::kHardlink);
  CHECK(alias.link_target == "usr/bin/tool");
  CHECK(alias.mode == 04755);
  CHECK(package.entries[5].link_target == "tool");
}

TEST_CASE("the control stanza is read as deb-control(5) writes it") {
  ReadDeb package = read(DebBuilder("sample")
                             .field("Description", "short\n long\n .\n more")
                             .control_file("conffiles", "/etc/a\nremove-on-upgrade /etc/old\n/etc/b\n")
                             .build());
  CHECK(package.control.field("DESCRIPTION") == "short\nlong\n.\nmore");
  CHECK(package.control.conffiles() == std::vector<std::string>{"/etc/a", "/etc/b"});
}

TEST_CASE("content that is not read is skipped") {
  TemporaryDirectory directory;
  write_file(directory.path() / "x", sample().build(), Durability::kCache);
  UniqueFd fd = open_file(directory.path() / "x", O_RDONLY);
  int entries = 0;
  read_deb(fd.get(), "x", true,
           [&](const Entry&, const std::string&, const std::function<std::string_view()>&) { ++entries; });
  CHECK(entries == 8);
}

TEST_CASE("extra ar members are ignored where deb(5) allows them") {
  std::string control = sample().control_tar();
  std::string data = sample().data_tar();
  CHECK_NOTHROW(read(ar_archive({{"debian-binary", "2.1\nmore\n"},
                                 {"_extra", "odd"},
                                 {"control.tar", control},
                                 {"_more", "x"},
                                 {"data.tar", data},
                                 {"_gpgorigin", "signature"},
                                 {"later", ""}})));
}

TEST_CASE("an ar archive that is not exactly a package is refused") {
  std::string control = sample().control_tar();
  std::string data = sample().data_tar();
  auto with = [&](const std::string& format) {
    return failure(ar_archive({{"debian-binary", format}, {"control.tar", control}, {"data.tar", data}}));
  };
  auto members = [](const Members& list) { return failure(ar_archive(list)); };

  CHECK(has(failure(""), "empty"));
  CHECK(has(failure("!<arch>\n"), "no members"));
  CHECK(has(failure("0.939000\n123\n"), "not an ar archive"));
  CHECK(has(members({{"debian-binary", "2.0\n"}}), "no control.tar"));
  CHECK(has(members({{"debian-binary", "2.0\n"}, {"control.tar", control}}), "no data.tar"));
  CHECK(has(members({{"debian-binary", "2.0\n"}, {"data.tar", data}, {"control.tar", control}}), "before"));
  CHECK(has(members({{"control.tar", control}, {"debian-binary", "2.0\n"}, {"data.tar", data}}),
            "not debian-binary"));
  CHECK(
      has(members({{"debian-binary", "2.0\n"}, {"extra", ""}, {"control.tar", control}, {"data.tar", data}}),
          "not known"));
  CHECK(has(
      members(
          {{"debian-binary", "2.0\n"}, {"control.tar", control}, {"data.tar", data}, {"data.tar.xz", data}}),
      "more than one data.tar"));
  CHECK(has(members({{"debian-binary", "2.0\n"}, {"control.tar", control}, {"data.tar.br", data}}),
            "not known"));
  for (const char* format : {"1.0\n", "0.939000\n", "2.0", "2.\n", "2.x\n", "3.0\n", ""}) {
    CAPTURE(format);
    CHECK(has(with(format), "format"));
  }
}

TEST_CASE("a damaged ar archive is refused") {
  const std::string good = sample().packing(Packing::kNone).build();
  auto changed = [&](std::size_t offset, const std::string& bytes) {
    std::string bad = good;
    bad.replace(offset, bytes.size(), bytes);
    return failure(bad);
  };
  constexpr std::size_t kSizeField = 8 + 48;
  constexpr std::size_t kEndField = 8 + 58;
  CHECK(has(changed(kSizeField, "-4        "), "size"));
  CHECK(has(changed(kSizeField, "4x        "), "size"));
  CHECK(has(changed(kSizeField, "          "), "size"));
  CHECK(has(changed(kSizeField, "4  4      "), "size"));
  CHECK(has(changed(kSizeField, "9999999999"), "beyond the end"));
  CHECK(has(changed(kEndField, "xx"), "header is damaged"));
  CHECK(has(changed(8, "#1/20           "), "plain short name"));
  CHECK(has(changed(8, "/12             "), "plain short name"));
  CHECK(has(changed(8, "//              "), "plain short name"));
  CHECK(has(changed(8, "debian\tbinary   "), "plain short name"));
  CHECK(has(failure(good + "trailing garbage"), "garbage"));
  CHECK(has(failure(good.substr(0, 40)), "header"));
  CHECK(has(failure(good.substr(0, good.size() - 1000)), "beyond the end"));
  // "debian-binary/": GNU ar's way to end names.
  std::string gnu = good;
  gnu[8 + 13] = '/';
  CHECK_NOTHROW(read(gnu));
}

TEST_CASE("an odd member is followed by its padding, unless it is the last") {
  std::string odd = packed(sample().data_tar(), Packing::kGzip);
  if (odd.size() % 2 == 0)
    odd = packed(sample().data_tar() + std::string(512, '\0'), Packing::kGzip);
  if (odd.size() % 2 != 0) {
    std::string package = ar_archive(
        {{"debian-binary", "2.0\n"}, {"control.tar", sample().control_tar()}, {"data.tar.gz", odd}});
    CHECK_NOTHROW(read(package));
    CHECK_NOTHROW(read(package.substr(0, package.size() - 1)));
    package.back() = 'x';
    CHECK(has(failure(package), "padding"));
  }
}

TEST_CASE("no file descriptor but a regular file is a package") {
  UniqueFd directory = open_file("/", O_RDONLY | O_DIRECTORY);
  auto ignore = [](const Entry&, const std::string&, const std::function<std::string_view()>&) {};
  CHECK_THROWS_AS(read_deb(directory.get(), "dir.deb", true, ignore), Error);
}

TEST_CASE("compressed members may have several streams, but nothing else behind them") {
  std::string tar = sample().data_tar();
  std::string first = tar.substr(0, 70'000);
  std::string second = tar.substr(70'000);
  for (Packing packing : {Packing::kGzip, Packing::kXz, Packing::kZstd, Packing::kBzip2}) {
    CAPTURE(suffix_of(packing));
    auto package = [&](const std::string& data) {
      return ar_archive({{"debian-binary", "2.0\n"},
                         {"control.tar", sample().control_tar()},
                         {"data.tar" + std::string(suffix_of(packing)), data}});
    };
    std::string whole = packed(first, packing) + packed(second, packing);
    CHECK(read(package(whole)).contents[3].size() == 300'000);
    CHECK(failure(package(whole.substr(0, whole.size() - 3))) != "no error");
    CHECK(failure(package("")) != "no error");
    CHECK(failure(package("not compressed at all")) != "no error");
    std::string flipped = whole;
    flipped[flipped.size() - 6] ^= 0x55;
    if (packing != Packing::kZstd)  // its checksum is optional
      CHECK(failure(package(flipped)) != "no error");
    if (packing != Packing::kBzip2)  // libarchive stops at the end of the last stream
      CHECK(failure(package(whole + "garbage")) != "no error");
  }
  std::string lzma = packed(tar, Packing::kLzma);
  CHECK(has(failure(ar_archive({{"debian-binary", "2.0\n"},
                                {"control.tar", sample().control_tar()},
                                {"data.tar.lzma", lzma + "x"}})),
            "garbage"));
}

TEST_CASE("what lies behind the end of a tar archive is decompressed too, so its damage is seen") {
  std::string data = packed(sample().data_tar() + std::string(1 << 20, '\0'), Packing::kXz);
  data[data.size() - 20] ^= 1;
  CHECK(failure(ar_archive(
            {{"debian-binary", "2.0\n"}, {"control.tar", sample().control_tar()}, {"data.tar.xz", data}})) !=
        "no error");
}

TEST_CASE("bombs hit a limit") {
  DebLimits limits;
  SECTION("content") {
    limits.data_size = 1 << 20;
    CHECK(has(failure(DebBuilder("x").file("zeros", std::string(2 << 20, '\0')).build(), limits), "larger"));
  }
  SECTION("behind the end of the archive") {
    limits.data_size = 1 << 20;
    std::string data = packed(DebBuilder("x").data_tar() + std::string(2 << 20, '\0'), Packing::kXz);
    CHECK(has(failure(ar_archive({{"debian-binary", "2.0\n"},
                                  {"control.tar", DebBuilder("x").control_tar()},
                                  {"data.tar.xz", data}}),
                      limits),
              "larger"));
  }
  SECTION("content that is much larger than its compressed form") {
    limits.always_allowed = 1 << 20;
    DebBuilder zeros = DebBuilder("x").file("zeros", std::string(2 << 20, '\0'));
    CHECK(has(failure(zeros.build(), limits), "larger"));
    CHECK(failure(zeros.packing(Packing::kNone).build(), limits) == "no error");
  }
  SECTION("control data") {
    limits.control_size = 1 << 20;
    CHECK(has(failure(DebBuilder("x").control_file("templates", std::string(2 << 20, 'x')).build(), limits),
              "larger"));
  }
  SECTION("entries") {
    limits.entries = 10;
    DebBuilder builder("x");
    for (int i = 0; i < 20; ++i)
      builder.file("f" + std::to_string(i), "");
    CHECK(has(failure(builder.build(), limits), "too many entries"));
  }
  SECTION("the decoder's memory") {
    limits.decoder_memory = 64 << 10;  // less than the 256 KiB dictionary of xz -0
    CHECK(has(failure(sample().build(), limits), "more memory"));
  }
  SECTION("a header that promises more than there is") {
    limits.data_size = 1 << 20;
    std::string tar = tar_archive({{"./", 'd', "", 0755}, {"./f", '-', "x"}});
    tar.replace(512 + 124, 12, std::string("77777777777\0", 12));
    CHECK(failure(ar_archive({{"debian-binary", "2.0\n"},
                              {"control.tar", DebBuilder("x").control_tar()},
                              {"data.tar", tar}}),
                  limits) != "no error");
  }
}

TEST_CASE("control.tar holds plain files with plain names") {
  auto control = [](const std::vector<TarItem>& more) {
    std::vector<TarItem> items{{"./", 'd', "", 0755}, {"./control", '-', "Package: x\n"}};
    items.insert(items.end(), more.begin(), more.end());
    return failure(ar_archive({{"debian-binary", "2.0\n"},
                               {"control.tar", tar_archive(items)},
                               {"data.tar", DebBuilder("x").data_tar()}}));
  };
  CHECK(control({}) == "no error");
  for (const char* name : {"./../evil", "./sub/file", "./list", "./.hidden", "./a b", "./control"}) {
    CAPTURE(name);
    CHECK(control({{name, '-', "x"}}) != "no error");
  }
  CHECK(has(control({{"./postinst", 'l', "", 0777, 0, 0, 0, "/bin/sh"}}), "not a regular file"));
  CHECK(has(control({{"./postinst", 'd', "", 0000}}), "not a regular file"));
  CHECK(has(failure(ar_archive({{"debian-binary", "2.0\n"},
                                {"control.tar", tar_archive({{"./", 'd'}})},
                                {"data.tar", DebBuilder("x").data_tar()}})),
            "no control file"));
}

}  // namespace
}  // namespace bootstrap
