// A smoke test of a recipe: what is started or looked at in the finished image, and what is expected of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"

namespace bootstrap {

/// What a text (standard output, a body) must be; every condition that is given must hold.
struct TextExpectation {
  std::optional<std::string> equals;
  std::optional<std::string> contains;
  std::vector<std::string> matches;   ///< ECMAScript regular expressions, searched
  std::vector<std::string> excludes;  ///< likewise, and none may be found
  bool empty() const { return !equals && !contains && matches.empty() && excludes.empty(); }
};

/// A command: instead of the image's own program, or beside it when that runs as a service.
struct CommandTest {
  std::vector<std::string> argv;
  bool beside_service = false;             ///< `exec`: asked again until it does what is expected
  std::map<std::string, std::string> env;  ///< beyond the image's
  int exit = 0;
  TextExpectation out;
  TextExpectation err;
};

/// The service accepts connections on this port of 127.0.0.1 or ::1.
struct TcpTest {
  std::uint16_t port = 0;
};

struct HttpTest {
  std::string url;  ///< on 127.0.0.1
  std::string method = "GET";
  std::map<std::string, std::string> headers;  ///< of the request
  std::string send;                            ///< the request's body
  int status = 200;
  std::map<std::string, TextExpectation> answer_headers;  ///< names in any case
  TextExpectation body;
  std::map<std::string, Json> json;  ///< JSON pointer (RFC 6901) into the body -> the value there
};

/// A path of the image as it is shipped; nothing is started.
struct FileTest {
  enum class Executor { kOwner, kGroup, kOthers, kAnybody };

  std::string path;  ///< absolute
  bool exists = true;
  std::optional<std::uint32_t> mode;  ///< permission bits, of the path itself and not of what it links to
  std::optional<std::string> user;    ///< name or number
  std::optional<std::string> group;
  std::optional<Executor> executable_by;
  TextExpectation content;  ///< read through links
};

/// An account of the image.
struct UserTest {
  std::string name;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::string> home;
  std::optional<std::string> shell;
};

/// The service listens on exactly these: "80/tcp", "53/udp".
struct PortsTest {
  std::vector<std::string> ports;
};

/// No file of the image has the setuid or setgid bit or file capabilities.
struct NoSetuidTest {
  std::vector<std::string> allow;  ///< absolute paths that may
};

/// All tests of the recipe that start something pass too when nothing but /tmp, /run and these can be
/// written.
struct ReadOnlyTest {
  std::vector<std::string> writable;  ///< absolute paths of directories
};

/// What the image's config says (container-structure-test's metadataTest). What is not given may be anything.
struct MetadataTest {
  std::map<std::string, TextExpectation> env;
  std::map<std::string, TextExpectation> labels;
  std::vector<std::string> unset_env;
  std::vector<std::string> volumes;
  std::vector<std::string> unlisted_volumes;
  std::vector<std::string> ports;           ///< "80/tcp"
  std::vector<std::string> unlisted_ports;  ///< must not be among the exposed ports
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::optional<std::string> workdir;
  std::optional<std::string> user;
};

struct SmokeTest {
  using Kind = std::variant<CommandTest, TcpTest, HttpTest, FileTest, UserTest, PortsTest, NoSetuidTest,
                            ReadOnlyTest, MetadataTest>;
  std::string name;
  Kind kind;
  /// Of a command: how long it may take. Of what asks a service: how long it is asked again. Default: that of
  /// `limits`.
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::filesystem::path> file = {};  ///< where it stands, if not in the recipe itself
};

}  // namespace bootstrap
