#include "package/segment.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "package/tar_writer.h"
#include "support/catch.h"
#include "support/deb_builder.h"

namespace bootstrap {
namespace {

/// A store with packages in its download area.
class Imported {
 public:
  Digest add(const std::string& package) {
    Digest digest = Digest::of(package);
    write_file(store.path(Store::Area::kDownload, digest.hex()), package, Durability::kCache);
    return digest;
  }
  Segment import(const DebBuilder& builder, Compression compression = Compression::kGzip) {
    return segments.import(add(builder.build()), builder.file_name(), compression);
  }
  std::string content(const Segment& segment) const {
    std::string data;
    segments.read(segment, [&](std::string_view piece) { data += piece; });
    return data;
  }
  std::filesystem::path metadata(const Segment& segment) const {
    return store.path(Store::Area::kSegment, segment.key);
  }
  std::filesystem::path data(const Segment& segment) const {
    return store.path(Store::Area::kSegment, segment.key + ".data");
  }

 private:
  TemporaryDirectory directory_;

 public:
  Store store{directory_.path() / "store"};
  SegmentStore segments{store};
};

DebBuilder sample() {
  return DebBuilder("sample", "2.0-1", "amd64")
      .file("usr/share/z", "zzz")
      .file("bin/tool", "tool", 04755)
      .hardlink("bin/alias", "bin/tool")
      .symlink("usr/share/link", "z")
      .conffile("etc/sample.conf", "a=b\n")
      .script("postinst", "#!/bin/sh\n");
}

std::vector<std::string> paths(const std::vector<SegmentEntry>& entries) {
  std::vector<std::string> result;
  for (const SegmentEntry& item : entries)
    result.push_back(item.entry.path);
  return result;
}

std::vector<std::string> paths(const std::vector<Entry>& entries) {
  std::vector<std::string> result;
  for (const Entry& entry : entries)
    result.push_back(entry.path);
  return result;
}

const SegmentEntry& find(const Segment& segment, const std::string& path) {
  auto found = std::find_if(segment.entries.begin(), segment.entries.end(),
                            [&](const SegmentEntry& item) { return item.entry.path == path; });
  REQUIRE(found != segment.entries.end());
  return *found;
}

/// A file's content, where the metadata say that it lies.
std::string content_of(const std::string& segment_bytes, const SegmentEntry& item) {
  return segment_bytes.substr(item.offset, item.entry.size);
}

using Paths = std::vector<std::string>;

TEST_CASE("a segment has the package's files and its dpkg info files, sorted, links after their targets") {
  Imported imported;
  Segment segment = imported.import(sample());
  CHECK(segment.name == "sample");
  CHECK(segment.version == "2.0-1");
  CHECK(segment.architecture == "amd64");
  CHECK(segment.info_name == "sample");
  CHECK(segment.newest_mtime == kBuilderTime);
  CHECK(segment.conffiles == Paths{"etc/sample.conf"});
  CHECK(paths(segment.directories) == Paths{".", "etc", "usr", "usr/bin", "usr/share"});
  CHECK(paths(segment.entries) == Paths{"etc/sample.conf", "usr/bin/alias", "usr/bin/tool", "usr/share/link",
                                        "usr/share/z", "var/lib/dpkg/info/sample.conffiles",
                                        "var/lib/dpkg/info/sample.list", "var/lib/dpkg/info/sample.md5sums",
                                        "var/lib/dpkg/info/sample.postinst"});

  // The first name is the file, whichever it was in the package.
  const Entry& alias = find(segment, "usr/bin/alias").entry;
  CHECK(alias.type == EntryType::kFile);
  CHECK(alias.mode == 04755);
  CHECK(alias.digest == Digest::of("tool"));
  const Entry& tool = find(segment, "usr/bin/tool").entry;
  CHECK(tool.type == EntryType::kHardlink);
  CHECK(tool.link_target == "usr/bin/alias");
}

TEST_CASE("a segment can be read before it is compressed, while it is, and afterwards") {
  Imported imported;
  const Segment whole = imported.import(sample());
  const SegmentForm form = Compression::kZstd;
  const Segment unpacked = imported.segments.unpack(whole.package, "sample", form);
  CHECK_FALSE(imported.segments.find(whole.package, form));
  const UniqueFd root = open_file(imported.store.root(), O_RDONLY | O_DIRECTORY);
  const auto bytes = [&](const Segment& segment) {
    std::string text;
    read_segment(root.get(), segment, [&](std::string_view data) { text += data; });
    return text;
  };
  const Segment seen = load_segment(root.get(), unpacked.key);
  const std::string before = bytes(seen);
  CHECK(content_of(before, find(seen, "usr/bin/alias")) == "tool");

  const Segment packed = imported.segments.pack(unpacked);
  CHECK(packed.fragment.compressed_size > 0);
  std::string text;
  imported.segments.read(packed, [&](std::string_view data) { text += data; });
  CHECK(text == before);
  imported.segments.drop_raw(packed);
  CHECK(bytes(seen) == before);  // by who loaded it when it was not packed
  CHECK(bytes(load_segment(root.get(), unpacked.key)) == before);
  CHECK(imported.segments.find(whole.package, form)->key == packed.key);
  CHECK(imported.segments.pack(unpacked).data == packed.data);
  for (const auto& file : std::filesystem::directory_iterator(imported.metadata(packed).parent_path())) {
    INFO(file.path());
    CHECK(file.path().extension() != ".raw");
    CHECK(file.path().extension() != ".unpacked");
  }
}

TEST_CASE("what a filter leaves out is not in the segment, but dpkg's list still names it") {
  Imported imported;
  const Segment whole = imported.import(sample());
  const SegmentForm form(Compression::kGzip,
                         PathFilter({"/usr/share/*", "/usr/bin/alias"}, {"/usr/share/link"}));
  const Segment segment = imported.segments.import(whole.package, "sample", form);
  CHECK(segment.key != whole.key);
  CHECK(paths(segment.directories) == Paths{".", "etc", "usr", "usr/bin", "usr/share"});
  CHECK(paths(segment.entries) == Paths{"etc/sample.conf", "usr/bin/tool", "usr/share/link",
                                        "var/lib/dpkg/info/sample.conffiles", "var/lib/dpkg/info/sample.list",
                                        "var/lib/dpkg/info/sample.md5sums",
                                        "var/lib/dpkg/info/sample.postinst"});
  CHECK(find(segment, "usr/bin/tool").entry.type == EntryType::kFile);
  std::string bytes;
  imported.segments.read(segment, [&](std::string_view data) { bytes += data; });
  CHECK(content_of(bytes, find(segment, "usr/bin/tool")) == "tool");
  CHECK(content_of(bytes, find(segment, "var/lib/dpkg/info/sample.list")).find("/usr/share/z\n") !=
        std::string::npos);
  CHECK(imported.segments.find(whole.package, form)->key == segment.key);
}

TEST_CASE("the bytes of a segment are its entries' tar encoding and nothing else") {
  Imported imported;
  Compression compression = GENERATE(Compression::kGzip, Compression::kZstd);
  Segment segment = imported.import(sample(), compression);
  std::string bytes = imported.content(segment);
  CHECK(bytes.size() == segment.fragment.size);

  std::string expected;
  for (const SegmentEntry& item : segment.entries) {
    expected += tar_header(item.entry);
    if (item.entry.type != EntryType::kFile)
      continue;
    CHECK(item.offset == expected.size());
    std::string content = content_of(bytes, item);
    CHECK(Digest::of(content) == item.entry.digest);
    expected += content + std::string(tar_padding(content.size()), '\0');
  }
  CHECK((expected == bytes));
}

TEST_CASE("info files are what dpkg writes") {
  Imported imported;
  Segment segment = imported.import(sample());
  std::string bytes = imported.content(segment);
  auto info = [&](const std::string& name) {
    return content_of(bytes, find(segment, "var/lib/dpkg/info/sample." + name));
  };
  CHECK(info("list") ==
        "/.\n/usr\n/usr/share\n/usr/share/z\n/bin\n/bin/tool\n/bin/alias\n/usr/share/link\n/etc\n"
        "/etc/sample.conf\n");
  // The package has none, so dpkg would write them: every name of every file, under its original path.
  CHECK(info("md5sums") ==
        "f3abb86bd34cf4d52698f14c0da1dc60  usr/share/z\n"
        "39ab32c5aeb56c9f5ae17f073ce31023  bin/tool\n"
        "39ab32c5aeb56c9f5ae17f073ce31023  bin/alias\n"
        "6aea67367311873a8a1383e4373a0e3c  etc/sample.conf\n");
  CHECK(find(segment, "var/lib/dpkg/info/sample.postinst").entry.mode == 0755);
  CHECK(find(segment, "var/lib/dpkg/info/sample.list").entry.mode == 0644);
}

TEST_CASE("md5sums of the package are kept, and modes as a umask of 022 leaves them") {
  Imported imported;
  Segment segment = imported.import(DebBuilder("sample")
                                        .control_file("md5sums", "lies  usr/x\n", 0664)
                                        .control_file("config", "#!/bin/sh\n", 04775));
  std::string bytes = imported.content(segment);
  CHECK(content_of(bytes, find(segment, "var/lib/dpkg/info/sample.md5sums")) == "lies  usr/x\n");
  CHECK(find(segment, "var/lib/dpkg/info/sample.md5sums").entry.mode == 0644);
  CHECK(find(segment, "var/lib/dpkg/info/sample.config").entry.mode == 0755);
}

TEST_CASE("info files of Multi-Arch: same packages have the architecture in their names") {
  Imported imported;
  Segment segment = imported.import(DebBuilder("libx", "1", "amd64").field("Multi-Arch", "same"));
  CHECK(segment.multi_arch_same);
  CHECK(segment.info_name == "libx:amd64");
  find(segment, "var/lib/dpkg/info/libx:amd64.list");
}

TEST_CASE("directories that a package leaves out are added, and of two that become one the first counts") {
  Imported imported;
  std::string data = tar_archive({{"./", 'd', "", 0755},
                                  {"./lib/", 'd', "", 0700},
                                  {"./usr/lib/", 'd', "", 0755},
                                  {"./usr/", 'd', "", 0711},
                                  {"./opt/a/b/file", '-', "x"}});
  Digest digest = imported.add(ar_archive(
      {{"debian-binary", "2.0\n"}, {"control.tar", DebBuilder("sample").control_tar()}, {"data.tar", data}}));
  Segment segment = imported.segments.import(digest, "sample", Compression::kZstd);
  CHECK(paths(segment.directories) == Paths{".", "opt", "opt/a", "opt/a/b", "usr", "usr/lib"});
  CHECK(segment.directories[1].mode == 0755);
  CHECK(segment.directories[4].mode == 0711);
  CHECK(segment.directories[5].mode == 0700);
}

TEST_CASE("a name in any encoding survives, and so do owners, devices and extended attributes") {
  Imported imported;
  std::string name = "usr/share/\xe9\xff\x01 \xc5\x91";
  std::string long_name = "usr/share/" + std::string(120, 'l') + "\xc5\x91";
  TarItem owned{name, '-', "x", 02640};
  owned.uid = 65'535;
  owned.gid = 42;
  owned.mtime = 5;
  TarItem device{"dev/zero", 'c', "", 0666};
  device.device_major = 1;
  device.device_minor = 5;
  TarItem capable{"usr/bin/ping", '-', "ping", 0755};
  capable.xattrs["security.capability"] = std::string("\x01\0\0\x02\0\x20", 6);
  Segment plain = imported.import(DebBuilder("plain").item(owned).item(device).file(long_name, "y"));
  CHECK(find(plain, name).entry.uid == 65'535);
  CHECK(find(plain, name).entry.gid == 42);
  CHECK(find(plain, name).entry.mode == 02640);
  CHECK(find(plain, name).entry.mtime == 5);
  CHECK(find(plain, "dev/zero").entry.type == EntryType::kCharacterDevice);
  CHECK(find(plain, "dev/zero").entry.device_minor == 5);
  find(plain, long_name);

  Segment pax = imported.import(DebBuilder("pax").item(capable));
  CHECK(find(pax, "usr/bin/ping").entry.xattrs == capable.xattrs);
}

TEST_CASE("equal packages give equal segments in every store, cached or not") {
  Imported first;
  Imported second;
  Segment made = first.import(sample());
  Segment elsewhere = second.import(sample());
  Segment loaded = first.import(sample());
  UniqueFd root = open_file(first.store.root(), O_RDONLY | O_DIRECTORY);
  Segment in_worker = load_segment(root.get(), made.key);
  for (const Segment* other : {&elsewhere, &loaded, &in_worker}) {
    CHECK(other->key == made.key);
    CHECK(other->data == made.data);
    CHECK(other->fragment.blocks == made.fragment.blocks);
    CHECK(other->directories == made.directories);
    CHECK(paths(other->entries) == paths(made.entries));
    CHECK(find(*other, "usr/bin/alias").entry == find(made, "usr/bin/alias").entry);
    CHECK(other->control.files.at("postinst").content == "#!/bin/sh\n");
    CHECK(other->conffiles == made.conffiles);
    CHECK(other->newest_mtime == made.newest_mtime);
  }
  std::string read;
  read_segment(root.get(), in_worker, [&](std::string_view piece) { read += piece; });
  CHECK((read == first.content(made)));
}

TEST_CASE("an imported package is not read again, and a damaged segment is made again") {
  Imported imported;
  Digest digest = imported.add(sample().build());
  auto import = [&] { return imported.segments.import(digest, "sample", Compression::kGzip); };
  Segment segment = import();
  const std::string good = imported.segments.compressed_data(segment);

  SECTION("it is there") {
    std::filesystem::remove(imported.store.path(Store::Area::kDownload, digest.hex()));
  }
  SECTION("the metadata are damaged") {
    write_file(imported.metadata(segment), "damaged", Durability::kCache);
  }
  SECTION("the data are gone") {
    std::filesystem::remove(imported.data(segment));
  }
  SECTION("the data are cut") {
    write_file(imported.data(segment), good.substr(1), Durability::kCache);
  }
  SECTION("the data are changed") {
    std::string bad = good;
    bad[bad.size() / 2] ^= 1;
    write_file(imported.data(segment), bad, Durability::kCache);
    UniqueFd root = open_file(imported.store.root(), O_RDONLY | O_DIRECTORY);
    CHECK_THROWS_AS(read_segment(root.get(), segment, [](std::string_view) {}), Error);
    // Found when they are read, and then made again.
    CHECK_THROWS_AS(imported.segments.compressed_data(segment), Error);
  }
  CHECK((imported.segments.compressed_data(import()) == good));
}

TEST_CASE("a download that is not what its name says is not trusted") {
  Imported imported;
  Digest digest = imported.add(sample().build());
  write_file(imported.store.path(Store::Area::kDownload, digest.hex()), DebBuilder("evil").build(),
             Durability::kCache);
  try {
    imported.segments.import(digest, "sample", Compression::kGzip);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUntrusted);
    CHECK(error.message().rfind("sample: ", 0) == 0);
  }
}

TEST_CASE("masked files are left out, and other names of the same file keep its content") {
  Imported imported;
  Segment segment = imported.import(sample());
  Segment rest = imported.segments.without(segment, {"usr/bin/alias", "etc/sample.conf", "etc", "not/there"});
  CHECK(rest.key != segment.key);
  CHECK(rest.entries.size() == segment.entries.size() - 2);
  CHECK(paths(rest.directories) == Paths{".", "usr", "usr/bin", "usr/share"});
  const SegmentEntry tool = find(rest, "usr/bin/tool");
  CHECK(tool.entry.type == EntryType::kFile);
  CHECK(tool.entry.mode == 04755);
  CHECK(content_of(imported.content(rest), tool) == "tool");

  // It is made once, is what the worker loads, and masks again.
  CHECK(imported.segments.without(segment, {"usr/bin/alias", "etc/sample.conf", "etc"}).key == rest.key);
  UniqueFd root = open_file(imported.store.root(), O_RDONLY | O_DIRECTORY);
  CHECK(paths(load_segment(root.get(), rest.key).entries) == paths(rest.entries));
  Segment less = imported.segments.without(rest, {"usr/bin/tool"});
  CHECK(less.entries.size() == rest.entries.size() - 1);
  CHECK(imported.segments.without(segment, {"not/there"}).key == segment.key);
}

TEST_CASE("a large package goes through a file and comes out the same") {
  Imported imported;
  DebBuilder builder("large");
  std::string big(40 << 20, 'b');
  for (std::size_t i = 0; i < big.size(); i += 4096)
    big[i] = static_cast<char>(i >> 12);
  builder.file("usr/z", "z")
      .file("usr/big", big)
      .file("usr/a", std::string(5 << 20, 'a'))
      .packing(Packing::kZstd);
  Segment segment = imported.import(builder, Compression::kZstd);
  std::string bytes = imported.content(segment);
  CHECK((content_of(bytes, find(segment, "usr/big")) == big));
  CHECK((content_of(bytes, find(segment, "usr/a")) == std::string(5 << 20, 'a')));
  CHECK(content_of(bytes, find(segment, "usr/z")) == "z");
  for (const auto& item : std::filesystem::directory_iterator(imported.store.root() / "segments"))
    CHECK(item.path().filename().string().front() != '.');
}

TEST_CASE("what would be a file name or a line of dpkg's database is checked") {
  Imported imported;
  auto message = [&](const DebBuilder& builder) {
    try {
      imported.import(builder);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kFailure);
      return error.message();
    }
    return std::string("no error");
  };
  auto has = [](const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(has(message(DebBuilder("../x")), "Package"));
  CHECK(has(message(DebBuilder("x")), "Package"));
  CHECK(has(message(DebBuilder("-x")), "Package"));
  CHECK(has(message(DebBuilder("xx", "1/2")), "Version"));
  CHECK(has(message(DebBuilder("xx", "1", "a/b")), "Architecture"));
  CHECK(has(message(DebBuilder("xx").control_file("conffiles", "/../../etc/x\n")), "not canonical"));
  CHECK(has(message(DebBuilder("xx").file("var/lib/dpkg/info/xx.list", "x")), "dpkg's database"));
  CHECK(has(message(DebBuilder("xx").directory("var/lib/dpkg/info/xx.list")), "dpkg's database"));
  CHECK(has(message(DebBuilder("xx").symlink("var/lib/dpkg", "/etc")), "dpkg's database"));
  for (const char* name :
       {"status", "status-old", "available", "diversions", "statoverride", "arch", "lock", "triggers/File",
        "updates/0000", "alternatives/editor", "parts/x", "status.d/xx"}) {
    INFO(name);
    const std::string path = std::string("var/lib/dpkg/") + name;
    CHECK(has(message(DebBuilder("xx").file(path, "x")), "dpkg's database"));
    CHECK(has(message(DebBuilder("xx").symlink(path, "/etc/x")), "dpkg's database"));
    CHECK(has(message(DebBuilder("xx").file("usr/x", "x").hardlink(path, "usr/x")), "dpkg's database"));
  }
  for (const char* path : {"var", "var/lib"})
    CHECK(has(message(DebBuilder("xx").symlink(path, "/srv")), "dpkg's database"));
  CHECK(message(DebBuilder("xx").directory("var/lib/dpkg/alternatives")) == "no error");
  CHECK(has(message(DebBuilder("xx").file("etc/.wh.passwd", "")), "whiteout"));
  CHECK(message(DebBuilder("dpkg").directory("var/lib/dpkg/info")) == "no error");
}

TEST_CASE("a package that was refused leaves nothing behind") {
  Imported imported;
  CHECK_THROWS_AS(imported.import(DebBuilder("xx").file("etc/.wh.passwd", "")), Error);
  CHECK(std::filesystem::is_empty(imported.store.root() / "segments"));
}

}  // namespace
}  // namespace bootstrap
