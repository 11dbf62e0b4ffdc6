// load_repositories() against archives made of a map.

#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "repo/packed.h"
#include "repo/repo_index.h"
#include "support/catch.h"
#include "support/fake_fetcher.h"
#include "support/fake_verifier.h"

namespace bootstrap {
namespace {

using namespace std::chrono_literals;

const std::string kMirror = "https://mirror.example/debian";
const std::string kOtherMirror = "https://other.example/debian";

std::string stanza(const std::string& name, const std::string& version) {
  return "Package: " + name + "\nVersion: " + version + "\nArchitecture: amd64\nFilename: pool/" + name +
         ".deb\n" + "Size: 100\nSHA256: " + Digest::of(name + version).hex() + "\n\n";
}

/// A suite as its archive publishes it. Members may be changed before serve().
struct Suite {
  std::string name;
  std::string date = "Fri, 20 Nov 2026 00:12:41 UTC";
  std::string more_fields = "Acquire-By-Hash: yes\n";
  std::string architectures = "amd64";
  std::map<std::string, std::string> files;  ///< by path below dists/NAME
  std::set<std::string> unserved;            ///< listed, but a 404
  std::string digest_field = "SHA256";

  void add_index(const std::string& path, const std::string& text) {
    files[path] = text;
    files[path + ".xz"] = xz(text);
    unserved.insert(path);  // as on real mirrors
  }

  std::string release() const {
    std::string text = "Codename: " + name + "\nDate: " + date + "\n" + more_fields +
                       "Architectures: " + architectures + "\nComponents: main contrib\n" + digest_field +
                       ":\n";
    for (const auto& [path, content] : files)
      text += " " + Digest::of(content).hex() + " " + std::to_string(content.size()) + " " + path + "\n";
    return text;
  }

  std::string base(const std::string& mirror) const { return mirror + "/dists/" + name + "/"; }

  void serve_files(FakeFetcher& network, const std::string& mirror) const {
    for (const auto& [path, content] : files) {
      if (unserved.contains(path))
        continue;
      std::string folder = path.substr(0, path.rfind('/') + 1);
      network.served[base(mirror) + folder + "by-hash/SHA256/" + Digest::of(content).hex()] = content;
      network.served[base(mirror) + path] = content;
    }
  }
  void serve(FakeFetcher& network, const std::string& mirror = kMirror,
             const std::string& key = "good") const {
    network.served[base(mirror) + "InRelease"] = FakeVerifier::clearsigned(release(), key);
    serve_files(network, mirror);
  }
};

Suite bookworm() {
  Suite suite;
  suite.name = "bookworm";
  suite.add_index("main/binary-amd64/Packages", stanza("nginx", "1.22") + stanza("sed", "4.9"));
  return suite;
}

/// A recipe with one archive of two mirrors, an empty store, and a network that serves nothing yet.
struct World {
  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  FakeFetcher network{store};
  FakeVerifier verifier;
  std::vector<std::string> mirrors{"debian=" + kMirror, "debian=" + kOtherMirror};
  Recipe recipe;
  LoadOptions options;

  World() {
    recipe.file = directory.path() / "web.yml";
    Repository repository;
    repository.archive = "debian";
    repository.suites = {"bookworm"};
    repository.components = {"main"};
    repository.signed_by = {directory.path() / "key.asc"};
    recipe.repositories = {repository};
    options.architecture = "amd64";
    options.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
  }

  MirrorMap mirror_map() const {
    MirrorMap::Options places;
    places.from_command_line = mirrors;
    places.apt_directory = directory.path() / "no-apt";
    return MirrorMap(places);
  }
  std::vector<std::string> kept_indexes() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(store.root() / "indexes"))
      names.push_back(entry.path().filename());
    return names;
  }
  RepoIndex load() { return load_repositories(recipe, mirror_map(), network, verifier, store, options); }

  struct Refusal {
    ErrorKind kind = ErrorKind::kFailure;
    std::string message;
    std::string hint;
    bool mentions(const std::string& part) const { return message.find(part) != std::string::npos; }
  };
  Refusal refusal() {
    try {
      load();
    } catch (const Error& error) {
      return {error.kind(), error.message(), error.hint()};
    }
    return {};
  }
};

std::vector<std::string> names(const RepoIndex& index) {
  std::vector<std::string> result;
  for (const PackageRecord& package : index.packages)
    result.emplace_back(package.name);
  return result;
}

TEST_CASE("a suite is loaded with what the lock must know of it") {
  World world;
  Suite suite = bookworm();
  suite.more_fields += "NotAutomatic: yes\n";
  suite.serve(world.network);
  world.recipe.repositories[0].security = true;

  RepoIndex index = world.load();
  REQUIRE(index.releases.size() == 1);
  CHECK(index.releases[0].archive == "debian");
  CHECK(index.releases[0].suite == "bookworm");
  CHECK(index.releases[0].codename == "bookworm");
  CHECK(index.releases[0].components == std::vector<std::string>{"main"});
  CHECK(index.releases[0].security);
  CHECK(index.releases[0].date == "2026-11-20T00:12:41Z");
  CHECK(index.releases[0].signed_by == "GOOD");
  CHECK(index.releases[0].inrelease == Digest::of(FakeVerifier::clearsigned(suite.release())));
  CHECK(index.releases[0].not_automatic);
  CHECK(names(index) == std::vector<std::string>{"nginx", "sed"});
  CHECK(index.packages[0].filename == "pool/nginx.deb");
}

TEST_CASE("releases can be had without their packages") {
  World world;
  Suite suite = bookworm();
  suite.serve(world.network);
  auto releases =
      load_releases(world.recipe, world.mirror_map(), world.network, world.verifier, world.options);
  REQUIRE(releases.size() == 1);
  CHECK(releases[0].inrelease == Digest::of(FakeVerifier::clearsigned(suite.release())));
  CHECK(world.network.download_calls.empty());
}

TEST_CASE("all releases come in one go, and so do all indexes, in the order of the recipe") {
  World world;
  Suite main = bookworm();
  main.add_index("contrib/binary-amd64/Packages", stanza("extra", "1"));
  Suite updates = bookworm();
  updates.name = "bookworm-updates";
  updates.files.clear();
  updates.add_index("main/binary-amd64/Packages", stanza("tzdata", "2026a"));
  updates.add_index("contrib/binary-amd64/Packages", "");
  main.serve(world.network);
  updates.serve(world.network);
  world.recipe.repositories[0].suites = {"bookworm", "bookworm-updates"};
  world.recipe.repositories[0].components = {"contrib", "main"};

  RepoIndex index = world.load();
  CHECK(names(index) == std::vector<std::string>{"extra", "nginx", "sed", "tzdata"});
  CHECK(index.packages[0].release == 0);
  CHECK(index.packages[3].release == 1);
  CHECK(world.network.document_calls.size() == 1);
  REQUIRE(world.network.download_calls.size() == 1);
  CHECK(world.network.download_calls[0].size() == 4);
}

TEST_CASE("a suite without InRelease is taken from Release and Release.gpg") {
  World world;
  Suite suite = bookworm();
  suite.serve_files(world.network, kMirror);
  const std::string release = suite.release();
  world.network.served[suite.base(kMirror) + "Release"] = release;

  World::Refusal unsigned_release = world.refusal();
  CHECK(unsigned_release.kind == ErrorKind::kUntrusted);
  CHECK(unsigned_release.mentions("debian bookworm: the release is not signed"));

  world.network.served[suite.base(kMirror) + "Release.gpg"] = FakeVerifier::signature_of(release);
  CHECK(world.load().releases[0].inrelease == Digest::of(release));

  world.network.served[suite.base(kMirror) + "Release.gpg"] = FakeVerifier::signature_of("an older release");
  CHECK(world.refusal().kind == ErrorKind::kUntrusted);
}

TEST_CASE("a suite that no mirror has is a network error with the addresses, but no password") {
  World world;
  world.mirrors = {"debian=https://user:secret@mirror.example/debian", "debian=" + kOtherMirror};
  World::Refusal refusal = world.refusal();
  CHECK(refusal.kind == ErrorKind::kNetwork);
  CHECK(refusal.mentions("https://mirror.example/debian/dists/bookworm/InRelease"));
  CHECK(refusal.mentions(kOtherMirror + "/dists/bookworm/InRelease"));
  CHECK_FALSE(refusal.mentions("secret"));
}

TEST_CASE("a mirror whose release does not pass is passed over for one that does") {
  World world;
  Suite bad = bookworm();
  std::string document;
  SECTION("signed by another key") {
    document = FakeVerifier::clearsigned(bad.release(), "stranger");
  }
  SECTION("a login page") {
    document = "<html>";
  }
  SECTION("expired") {
    bad.more_fields += "Valid-Until: Sat, 21 Nov 2026 00:00:00 UTC\n";
    document = FakeVerifier::clearsigned(bad.release());
  }
  SECTION("older than the lock") {
    bad.date = "Thu, 19 Nov 2026 00:12:41 UTC";
    world.options.known = {{"debian", "bookworm", "2026-11-20T00:12:41Z"}};
    document = FakeVerifier::clearsigned(bad.release());
  }
  SECTION("another suite") {
    bad.name = "sid";
    document = FakeVerifier::clearsigned(bad.release());
  }
  world.network.served[kMirror + "/dists/bookworm/InRelease"] = document;

  World::Refusal alone = world.refusal();
  CHECK(alone.kind == ErrorKind::kUntrusted);
  CHECK(alone.mentions("debian bookworm InRelease"));

  bookworm().serve(world.network, kOtherMirror);
  CHECK(names(world.load()).size() == 2);
}

TEST_CASE("the lock's dates guard only their own suite") {
  World world;
  bookworm().serve(world.network);
  world.options.known = {{"debian", "trixie", "2030-01-01T00:00:00Z"},
                         {"other", "bookworm", "2030-01-01T00:00:00Z"}};
  CHECK_NOTHROW(world.load());
  world.options.known.push_back({"debian", "bookworm", "2030-01-01T00:00:00Z"});
  CHECK(world.refusal().mentions("older than the one in the lock"));
}

TEST_CASE("gzip is preferred to xz and xz to plain text") {
  World world;
  Suite suite = bookworm();
  const std::string path = "main/binary-amd64/Packages";
  suite.more_fields = "";
  suite.unserved.clear();
  suite.files[path + ".gz"] = gzip(suite.files[path]);
  std::string expected;
  SECTION("gzip") {
    expected = path + ".gz";
  }
  SECTION("xz") {
    suite.files.erase(path + ".gz");
    expected = path + ".xz";
  }
  SECTION("plain") {
    suite.files.erase(path + ".xz");
    suite.files.erase(path + ".gz");
    expected = path;
  }
  suite.serve(world.network);
  CHECK(world.load().packages.size() == 2);
  CHECK(world.network.download_calls[0][0] == suite.base(kMirror) + expected);
}

TEST_CASE("indexes are asked for by hash where that is offered") {
  World world;
  Suite suite = bookworm();
  suite.serve(world.network);
  world.load();
  CHECK(world.network.download_calls[0][0] ==
        suite.base(kMirror) + "main/binary-amd64/by-hash/SHA256/" +
            Digest::of(suite.files["main/binary-amd64/Packages.xz"]).hex());
}

TEST_CASE("the other mirror helps out with a missing index") {
  World world;
  Suite suite = bookworm();
  suite.serve_files(world.network, kOtherMirror);
  world.network.served[suite.base(kMirror) + "InRelease"] = FakeVerifier::clearsigned(suite.release());
  CHECK(world.load().packages.size() == 2);
}

TEST_CASE("a second run neither downloads nor decompresses what the first has") {
  World world;
  bookworm().serve(world.network);
  world.load();
  CHECK(names(world.load()).size() == 2);
  CHECK(world.network.download_calls.size() == 1);
}

TEST_CASE("a damaged kept index is parsed again") {
  World world;
  bookworm().serve(world.network);
  world.load();
  const std::vector<std::string> kept = world.kept_indexes();
  REQUIRE(kept.size() == 1);
  write_file(world.store.path(Store::Area::kIndex, kept.front()), stanza("evil", "1"), Durability::kCache);
  CHECK(names(world.load()) == std::vector<std::string>{"nginx", "sed"});
  CHECK(world.store.get(Store::Area::kIndex, kept.front()));
}

TEST_CASE("an index that was parsed for another architecture is not taken for this one's") {
  World world;
  Suite suite = bookworm();
  suite.architectures = "amd64 arm64";
  suite.add_index("main/binary-arm64/Packages", suite.files["main/binary-amd64/Packages"]);
  suite.serve(world.network);
  CHECK(world.load().packages.size() == 2);
  world.options.architecture = "arm64";
  CHECK(world.refusal().mentions("Architecture is neither arm64 nor all"));
}

TEST_CASE("the download of indexes is shown") {
  World world;
  bookworm().serve(world.network);
  int calls = 0;
  world.options.progress = [&](const FetchProgress&) { ++calls; };
  world.load();
  CHECK(calls == 1);
}

TEST_CASE("a mirror that is updated between release and indexes is asked once more") {
  World world;
  world.mirrors = {"debian=" + kMirror};
  Suite before = bookworm();
  Suite after = bookworm();
  before.more_fields = after.more_fields = "";
  after.date = "Sat, 21 Nov 2026 00:12:41 UTC";
  after.add_index("main/binary-amd64/Packages", stanza("nginx", "1.23"));
  before.serve(world.network);
  world.network.after_documents = [&] { after.serve(world.network); };

  RepoIndex index = world.load();
  CHECK(index.releases[0].date == "2026-11-21T00:12:41Z");
  REQUIRE(index.packages.size() == 1);
  CHECK(index.packages[0].version == "1.23");
  CHECK(world.network.document_calls.size() == 2);
}

TEST_CASE("indexes that never fit the release are not trusted, and not asked for without end") {
  World world;
  world.mirrors = {"debian=" + kMirror};
  Suite suite = bookworm();
  suite.serve(world.network);
  for (auto& [url, content] : world.network.served) {
    if (url.find("InRelease") == std::string::npos)
      content = xz(stanza("evil", "1"));
  }
  CHECK(world.refusal().kind == ErrorKind::kUntrusted);
  CHECK(world.network.download_calls.size() == 1);
}

TEST_CASE("the decompressed index must be the one that the release lists") {
  World world;
  Suite suite = bookworm();
  const std::string path = "main/binary-amd64/Packages";
  std::string other = suite.files[path];
  ErrorKind kind = ErrorKind::kUntrusted;
  SECTION("as long") {
    other.replace(other.find("1.22"), 4, "6.66");
  }
  SECTION("longer") {
    other += stanza("evil", "1");
    kind = ErrorKind::kFailure;
  }
  suite.files[path + ".xz"] = xz(other);
  suite.serve(world.network);
  World::Refusal refusal = world.refusal();
  CHECK(refusal.kind == kind);
  CHECK(refusal.mentions("debian bookworm " + path + ".xz"));
  CHECK(world.kept_indexes().empty());
}

TEST_CASE("what was fetched must be what the release lists, also where it lists the decompressed form") {
  World world;
  Suite suite = bookworm();
  suite.serve(world.network);
  // Whoever fetches has something else that decompresses to the same.
  const std::string path = "main/binary-amd64/Packages";
  const std::string forged = xz(suite.files[path]) + xz("");
  for (auto& [url, content] : world.network.served) {
    if (url.find("InRelease") == std::string::npos)
      content = forged;
  }
  CHECK(world.refusal().kind == ErrorKind::kUntrusted);
  CHECK(world.kept_indexes().empty());
}

TEST_CASE("an index that cannot be parsed is named") {
  World world;
  Suite suite = bookworm();
  suite.add_index("main/binary-amd64/Packages", "Package: nginx\n\n");
  suite.serve(world.network);
  World::Refusal refusal = world.refusal();
  CHECK(refusal.kind == ErrorKind::kFailure);
  CHECK(refusal.mentions("debian bookworm main/binary-amd64/Packages.xz: "));
}

TEST_CASE("a component or architecture which the suite lacks is the recipe's fault, with what there is") {
  World world;
  bookworm().serve(world.network);
  SECTION("component") {
    world.recipe.repositories[0].components = {"main", "nonfree"};
  }
  SECTION("architecture") {
    world.options.architecture = "armel";
  }
  World::Refusal refusal = world.refusal();
  CHECK(refusal.kind == ErrorKind::kUsage);
  CHECK(refusal.mentions("debian bookworm: there is no component"));
  CHECK(refusal.hint == "it has the components main, contrib for the architectures amd64");
}

TEST_CASE("an index listed with weak digests only is not trusted") {
  World world;
  Suite suite = bookworm();
  suite.digest_field = "SHA1";
  suite.serve(world.network);
  World::Refusal refusal = world.refusal();
  CHECK(refusal.kind == ErrorKind::kUntrusted);
  CHECK(refusal.mentions("without a SHA-256 digest"));
}

TEST_CASE("an index is not fetched when its size is absurd") {
  World world;
  Suite suite = bookworm();
  suite.files.clear();
  suite.digest_field =
      "SHA256:\n " + Digest::of("").hex() + " 99999999999 main/binary-amd64/Packages.xz\nSHA1";
  suite.serve(world.network);
  CHECK(world.refusal().mentions("larger than"));
  CHECK(world.network.download_calls.empty());
}

TEST_CASE("binary-all indexes are read only where the others leave their packages out") {
  World world;
  Suite suite = bookworm();
  suite.architectures = "all amd64";
  suite.add_index("main/binary-all/Packages", stanza("tzdata", "2026a"));
  SECTION("needed") {
    suite.serve(world.network);
    CHECK(names(world.load()) == std::vector<std::string>{"nginx", "sed", "tzdata"});
  }
  SECTION("not needed") {
    suite.more_fields += "No-Support-for-Architecture-all: Packages\n";
    suite.serve(world.network);
    CHECK(names(world.load()) == std::vector<std::string>{"nginx", "sed"});
  }
}

}  // namespace
}  // namespace bootstrap
