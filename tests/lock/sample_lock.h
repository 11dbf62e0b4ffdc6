// A small, complete lock for the tests of this room.
#pragma once

#include <cstdint>

#include "lock/lockfile.h"

namespace bootstrap {

inline LockedPackage sample_package(const std::string& name, const std::string& source, std::uint64_t size,
                                    unsigned stage, unsigned layer) {
  LockedPackage package;
  package.name = name;
  package.version = "2.36-9";
  package.architecture = "amd64";
  package.archive = "debian";
  package.suite = "bookworm";
  package.path = "pool/main/" + source.substr(0, 1) + "/" + source + "/" + name + "_2.36-9_amd64.deb";
  package.size = size;
  package.sha256 = Digest::of(name);
  package.source = source;
  package.source_version = "2.36-9";
  package.stage = stage;
  package.layer = layer;
  return package;
}

inline Lockfile sample_lock() {
  Lockfile lock;
  lock.name = "web";
  lock.architecture = "amd64";
  lock.recipe = Digest::of("recipe");
  lock.repositories.push_back({"debian",
                               "bookworm",
                               {"main"},
                               false,
                               Digest::of("InRelease"),
                               "2026-07-11T10:16:37Z",
                               "B8E5F13176D2A7A75220028078DBA3BC47EF2265"});
  lock.packages = {sample_package("libc6", "glibc", 2000, 0, 0),
                   sample_package("libssl3", "openssl", 1500, 2, 1),
                   sample_package("nginx", "nginx", 500, 3, 1)};
  return lock;
}

}  // namespace bootstrap
