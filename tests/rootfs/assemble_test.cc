#include "rootfs/assemble.h"

#include <functional>

#include "base/error.h"
#include "rootfs/state_tar.h"
#include "rootfs/steps.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

StagedPackage staged(const RootfsFixture& fixture, const DebBuilder& builder, unsigned stage = 0) {
  StagedPackage package;
  package.segment = std::make_shared<const Segment>(fixture.import(builder));
  package.locked.name = package.segment->name;
  package.locked.version = package.segment->version;
  package.locked.architecture = package.segment->architecture;
  package.locked.sha256 = package.segment->package;
  package.locked.stage = stage;
  return package;
}

AssembleRequest skip_request(const RootfsFixture& fixture, const std::vector<DebBuilder>& packages) {
  AssembleRequest request;
  request.architecture = "amd64";
  request.scripts = ScriptMode::kSkip;
  for (const auto& builder : packages)
    request.packages.push_back(staged(fixture, builder));
  return request;
}

/// Content of files, "-> target" of links, "" of the rest.
std::map<std::string, std::string> contents(const AssembledState& state) {
  std::map<std::string, std::string> result;
  const UniqueFd fd = open_file(state.tar, O_RDONLY);
  read_state_tar(fd.get(), [&](Entry entry, const std::function<std::string_view()>& read) {
    std::string& content = result[entry.path];
    for (auto piece = read(); !piece.empty(); piece = read())
      content += piece;
    if (entry.type == EntryType::kSymlink)
      content = "-> " + entry.link_target;
  });
  return result;
}

AssembledState assemble_without_worker(const AssembleRequest& request, const RootfsFixture& fixture) {
  Trace trace("test");
  return assemble(request, fixture.store(), "/nonexistent/worker", {}, trace);
}

std::string final_key(const AssembleRequest& request) {
  return steps_of(request).back().key;
}

}  // namespace

TEST_CASE("the key depends on all that the state depends on") {
  const RootfsFixture fixture;
  const AssembleRequest base = skip_request(fixture, {DebBuilder("aa"), DebBuilder("bb")});
  const std::string key = final_key(base);
  CHECK(final_key(base) == key);
  const auto differs = [&](const std::function<void(AssembleRequest&)>& change) {
    AssembleRequest request = base;
    change(request);
    return final_key(request) != key;
  };
  CHECK(differs([](auto& r) { r.architecture = "arm64"; }));
  CHECK(differs([](auto& r) { r.scripts = ScriptMode::kRun; }));
  CHECK(differs([](auto& r) { r.debconf = {"x"}; }));
  CHECK(differs([](auto& r) { r.hostname = "other"; }));
  CHECK(differs([](auto& r) { r.paths.exclude = {"/usr/*"}; }));
  CHECK(differs([](auto& r) { r.paths.include = {"/usr/*"}; }));
  CHECK(differs([](auto& r) { r.users = {{"app", 1, 1, "/", "/bin/sh"}}; }));
  CHECK(differs([](auto& r) { r.packages[0].locked.stage = 2; }));
  CHECK(differs([](auto& r) { r.packages[0].locked.sha256 = Digest::of("other"); }));
  CHECK(differs([](auto& r) { std::swap(r.packages[0], r.packages[1]); }));
  CHECK(differs([](auto& r) { r.packages.pop_back(); }));
  CHECK(differs([](auto& r) { r.parents.resize(1); }));
  CHECK_FALSE(differs([](auto& r) {
    auto segment = *r.packages[0].segment;
    segment.compression = Compression::kGzip;
    r.packages[0].segment = std::make_shared<const Segment>(std::move(segment));
  }));
}

TEST_CASE("without scripts: links, accounts, database, and packages' files as they are") {
  const RootfsFixture fixture;
  AssembleRequest request = skip_request(
      fixture, {DebBuilder("base-passwd")
                    .file("usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\n")
                    .file("usr/share/base-passwd/group.master", "root:*:0:\nshadow:*:42:\n"),
                DebBuilder("web", "1.2-3", "amd64")
                    .field("Multi-Arch", "same")
                    .file("usr/lib64/ld.so", "x")
                    .conffile("etc/web.conf", "hello\n"),
                DebBuilder("ca-certificates")
                    .file("usr/share/ca-certificates/mozilla/B.crt", "second")
                    .file("usr/share/ca-certificates/mozilla/A.crt", "first\n")});
  request.users = {{"app", 10001, 10001, "/nonexistent", "/usr/sbin/nologin"}};
  const auto state = assemble_without_worker(request, fixture);
  const auto files = contents(state);
  CHECK(files.at("bin") == "-> usr/bin");
  CHECK(files.at("lib64") == "-> usr/lib64");
  CHECK(files.at("var/run") == "-> /run");
  CHECK(files.at("etc/passwd").find("root:x:0:0:root:/root:/bin/bash\napp:x:10001:") == 0);
  CHECK(files.at("etc/group").find("shadow:x:42:\n") != std::string::npos);
  CHECK(files.at("etc/shadow").find("root:*:") == 0);
  CHECK(files.at("etc/ssl/certs/ca-certificates.crt") == "first\nsecond\n");
  CHECK(files.at("usr/lib/ssl/cert.pem") == "-> /etc/ssl/certs/ca-certificates.crt");
  const std::string& status = files.at("var/lib/dpkg/status");
  CHECK(status.find("Package: web\nStatus: install ok installed\n") != std::string::npos);
  CHECK(status.find("\n /etc/web.conf b1946ac92492d2347c6235b4d2611184\n") != std::string::npos);
  CHECK(files.count("etc/web.conf") == 0);
  CHECK(state.masked.empty());
  CHECK(state.newest_mtime == kBuilderTime);
}

TEST_CASE("without scripts a child continues its parent's database and accounts") {
  const RootfsFixture fixture;
  AssembleRequest base = skip_request(fixture, {DebBuilder("aa").file("usr/bin/a", "a")});
  base.users = {{"first", 10001, 10001, "/", "/bin/sh"}};
  AssembleRequest child = skip_request(fixture, {DebBuilder("bb").file("usr/bin/b", "b")});
  child.users = {{"second", 10002, 10002, "/", "/bin/sh"}};
  child.parents.push_back({base.packages, assemble_without_worker(base, fixture)});
  const auto files = contents(assemble_without_worker(child, fixture));
  CHECK(files.at("var/lib/dpkg/status").find("Package: aa\n") != std::string::npos);
  CHECK(files.at("var/lib/dpkg/status").find("Package: bb\n") != std::string::npos);
  CHECK(files.at("etc/passwd").find("first:") != std::string::npos);
  CHECK(files.at("etc/passwd").find("second:") != std::string::npos);
  CHECK(files.count("bin") == 0);
}

TEST_CASE("without scripts too, a file has one owner") {
  const RootfsFixture fixture;
  CHECK_THROWS_AS(assemble_without_worker(skip_request(fixture, {DebBuilder("aa").file("usr/bin/x", "a"),
                                                                 DebBuilder("bb").file("usr/bin/x", "b")}),
                                          fixture),
                  Error);
  const auto state = assemble_without_worker(
      skip_request(fixture, {DebBuilder("aa").file("usr/bin/x", "a"),
                             DebBuilder("bb").field("Replaces", "aa").file("usr/bin/x", "b")}),
      fixture);
  CHECK(state.masked == std::map<std::string, std::set<std::string>>{{"aa", {"usr/bin/x"}}});
}

TEST_CASE("a state is made once, and again when it is damaged") {
  const RootfsFixture fixture;
  const auto request = skip_request(fixture, {DebBuilder("aa").file("usr/bin/a", "a")});
  const auto first = assemble_without_worker(request, fixture);
  const std::string bytes = read_file(first.tar);
  const auto inode = [&] { return fixture.store().contains(Store::Area::kState, first.key + ".tar"); };
  REQUIRE(inode());
  const auto time = std::filesystem::last_write_time(first.tar);
  assemble_without_worker(request, fixture);
  CHECK(std::filesystem::last_write_time(first.tar) == time);
  {
    const UniqueFd fd = open_file(first.tar, O_WRONLY);
    write_all(fd.get(), "damage");
  }
  const auto again = assemble_without_worker(request, fixture);
  CHECK(again.key == first.key);
  CHECK(read_file(again.tar) == bytes);
}
