#include "rootfs/accounts.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a user gets a line in all four files, and a group of its own") {
  AccountFiles files = minimal_accounts(100);
  add_users(files, {{"app", 10001, 10001, "/srv/app", "/bin/sh"}}, 200);
  CHECK(files.passwd.find("\napp:x:10001:10001::/srv/app:/bin/sh\n") != std::string::npos);
  CHECK(files.group.find("\napp:x:10001:\n") != std::string::npos);
  CHECK(files.shadow.find("\napp:!:200:0:99999:7:::\n") != std::string::npos);
  CHECK(files.gshadow.find("\napp:!::\n") != std::string::npos);
  CHECK(files.shadow.find("root:*:100:0:99999:7:::\n") == 0);
}

TEST_CASE("an existing group of that gid is used") {
  AccountFiles files = minimal_accounts(100);
  const std::string groups = files.group;
  add_users(files, {{"app", 10001, 65534, "/nonexistent", "/usr/sbin/nologin"}}, 200);
  CHECK(files.group == groups);
}

TEST_CASE("the same user twice is one user; a conflict is an error") {
  AccountFiles files = minimal_accounts(100);
  const std::vector<UserAccount> app{{"app", 10001, 10001, "/nonexistent", "/bin/sh"}};
  add_users(files, app, 200);
  const std::string passwd = files.passwd;
  add_users(files, app, 300);
  CHECK(files.passwd == passwd);
  CHECK_THROWS_AS(add_users(files, {{"app", 5, 5, "/", "/bin/sh"}}, 200), Error);
  CHECK_THROWS_AS(add_users(files, {{"other", 10001, 10002, "/", "/bin/sh"}}, 200), Error);
  CHECK_THROWS_AS(add_users(files, {{"nogroup", 7, 7, "/", "/bin/sh"}}, 200), Error);
}

TEST_CASE("a last line without an end is completed first") {
  AccountFiles files;
  files.passwd = "root:x:0:0:root:/root:/bin/sh";
  add_users(files, {{"app", 1, 1, "/", "/bin/sh"}}, 1);
  CHECK(files.passwd == "root:x:0:0:root:/root:/bin/sh\napp:x:1:1::/:/bin/sh\n");
}
