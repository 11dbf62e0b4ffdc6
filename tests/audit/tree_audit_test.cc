#include "audit/tree_audit.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

FlatTree::Item item(const std::string& path, EntryType type, std::uint32_t mode) {
  FlatTree::Item item;
  item.entry.path = path;
  item.entry.type = type;
  item.entry.mode = mode;
  return item;
}

TEST_CASE("rights that files give") {
  std::vector<FlatTree::Item> items = {item("tmp", EntryType::kDirectory, 01777),
                                       item("srv", EntryType::kDirectory, 0777),
                                       item("bin", EntryType::kSymlink, 0777),
                                       item("usr/bin/su", EntryType::kFile, 04755),
                                       item("usr/bin/wall", EntryType::kFile, 02755),
                                       item("usr/bin/ping", EntryType::kFile, 0755),
                                       item("var/mail", EntryType::kDirectory, 02775),
                                       item("etc/open", EntryType::kFile, 0666),
                                       item("dev/null", EntryType::kCharacterDevice, 0666)};
  // CAP_NET_RAW (13), effective, as setcap writes it.
  items[5].entry.xattrs["security.capability"] =
      std::string("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  const TreeAudit audit = audit_tree(items, "", "");
  REQUIRE(audit.setuid.size() == 2);
  CHECK(audit.setuid[0].path == "/usr/bin/su");
  CHECK(audit.setuid[1].path == "/usr/bin/wall");
  REQUIRE(audit.capable.size() == 1);
  CHECK(audit.capable[0].path == "/usr/bin/ping");
  CHECK(audit.capable[0].capabilities == std::vector<std::string>{"CAP_NET_RAW"});
  REQUIRE(audit.world_writable.size() == 2);
  CHECK(audit.world_writable[0].path == "/srv");
  CHECK(audit.world_writable[1].path == "/etc/open");
}

TEST_CASE("accounts that somebody can use") {
  using Password = AuditedAccount::Password;
  const TreeAudit audit =
      audit_tree({},
                 "root:x:0:0:root:/root:/bin/bash\n"
                 "daemon:x:1:1::/:/usr/sbin/nologin\n"
                 "open::5:5::/:/bin/false\n"
                 "app:x:10001:10001::/srv:/usr/sbin/nologin\n"
                 "old:$1$abc:7:7::/:/usr/sbin/nologin\n"
                 "bare:x:8:8::/:\n"
                 "broken:x:1\n",
                 "root:*:19000::::::\ndaemon:!:19000::::::\napp:$y$j9T$x:19000::::::\nbare:!*:1::::::\n");
  REQUIRE(audit.accounts.size() == 5);
  CHECK(audit.accounts[0].name == "root");
  CHECK(audit.accounts[0].login_shell);
  CHECK(audit.accounts[0].password == Password::kLocked);
  CHECK(audit.accounts[1].name == "open");
  CHECK(audit.accounts[1].password == Password::kNone);
  CHECK(audit.accounts[2].name == "app");
  CHECK(audit.accounts[2].password == Password::kSet);
  CHECK(audit.accounts[2].uid == 10001);
  CHECK(audit.accounts[3].name == "old");
  CHECK(audit.accounts[3].password == Password::kSet);
  CHECK(audit.accounts[4].name == "bare");
  CHECK(audit.accounts[4].login_shell);
}

}  // namespace
}  // namespace bootstrap
