#include "trust/clearsigned.h"

#include <string>

#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {

namespace {

const std::string kHead = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n";
const std::string kText = "Origin: Example\nSuite: stable\n";
const std::string kArmor =
    "-----BEGIN PGP SIGNATURE-----\n\niHUEARYIAB0WIQ==\n=q1Ab\n-----END PGP SIGNATURE-----\n";

/// What is wrong with it; empty when nothing is.
std::string complaint(const std::string& document) {
  try {
    require_clearsigned_frame(document, "InRelease");
    return {};
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUntrusted);
    CHECK_FALSE(error.hint().empty());
    CHECK(error.message().starts_with("InRelease: line "));
    return error.message();
  }
}

bool complains(const std::string& document, const std::string& reason) {
  std::string message = complaint(document);
  CAPTURE(message);
  return message.find(reason) != std::string::npos;
}

}  // namespace

TEST_CASE("a clear-signed document as archives publish it passes") {
  CHECK(complaint(kHead + kText + kArmor) == "");
  CHECK(complaint(kHead + kArmor) == "");
  CHECK(complaint(kHead + kText + kArmor.substr(0, kArmor.size() - 1)) == "");
  CHECK(complaint(kHead + "- -----BEGIN PGP SIGNATURE-----\n- -x\n\n" + kArmor) == "");
  CHECK(complaint("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512, SHA256\nHash: SHA384,SHA1\n\n" + kText +
                  kArmor) == "");
  CHECK(complaint(kHead + kText +
                  "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v2\nComment: x\n\niQ==\n"
                  "-----END PGP SIGNATURE-----\n") == "");
}

TEST_CASE("nothing may stand before or after the signed block") {
  const std::string good = kHead + kText + kArmor;
  CHECK(complains("\n" + good, "line 1: it is not a clear-signed document"));
  CHECK(complains("Origin: Evil\n" + good, "starts with \"Origin: Evil\""));
  CHECK(complains("\xEF\xBB\xBF" + good, "line 1: "));
  CHECK(complains(good + "\n", "line 11: there is something after the signature"));
  CHECK(complains(good + "Origin: Evil\n", "\"Origin: Evil\""));
  CHECK(complains(good + good, "after the signature"));
  CHECK(complains(good + kArmor, "after the signature"));
  CHECK(complains(kHead + kText + good, "may not start with \"-----BEGIN PGP SIGNED MESSAGE-----\""));
}

TEST_CASE("what is no clear-signed document at all is shown, harmlessly") {
  CHECK(complains("<!DOCTYPE html><html><body>Please log in to the hotel network</body></html>",
                  "starts with \"<!DOCTYPE html>"));
  CHECK(complains("\x1b[2J\x1f\x8b", "starts with \"?[2J??\""));
  CHECK(complains("", "it ends before"));
  CHECK(complains(kText, "starts with"));
}

TEST_CASE("the Hash header must be there and known") {
  const std::string begin = "-----BEGIN PGP SIGNED MESSAGE-----\n";
  CHECK(complains(begin + "\n" + kText + kArmor, "the Hash header is missing"));
  CHECK(complains(begin + "Hash: SHA0\n\n" + kText + kArmor, "unknown digest \"SHA0\""));
  CHECK(complains(begin + "Hash: SHA256,\n\n" + kText + kArmor, "unknown digest"));
  CHECK(complains(begin + "Hash: SHA256\nOrigin: Evil\n\n" + kText + kArmor, "only Hash headers"));
  CHECK(complains(begin + "Hash: SHA256\n \n" + kText + kArmor, "only Hash headers"));
  CHECK(complains(begin + "Hash: SHA256\n\t\n" + kText + kArmor, "only Hash headers"));
}

TEST_CASE("lines that tools read differently are refused") {
  CHECK(complains(kHead + "A: b\r\n" + kArmor, "line 4: the line holds a carriage return"));
  CHECK(complains("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n", "carriage return"));
  CHECK(complains(kHead + std::string("A: b\0c\n", 7) + kArmor, "line 4: the line holds a NUL byte"));
  CHECK(
      complains(kHead + std::string(kMaxSignedLine + 1, 'a') + "\n" + kArmor, "line 4: the line is longer"));
  CHECK(complaint(kHead + std::string(kMaxSignedLine, 'a') + "\n" + kArmor) == "");
  CHECK(complains(kHead + "-dash\n" + kArmor, "may not start with \"-dash\""));
  CHECK(complains(kHead + "-----BEGIN PGP SIGNATURE----- \n" + kArmor, "may not start with"));
}

TEST_CASE("a document cut anywhere is refused") {
  const std::string good = kHead + kText + kArmor;
  // The last newline may be missing, so the last cut that hurts is one byte further in.
  for (std::size_t size = 0; size + 1 < good.size(); ++size)
    CHECK_FALSE(complaint(good.substr(0, size)).empty());
}

TEST_CASE("the signature's armor holds nothing but a signature") {
  const std::string begin = kHead + kText + "-----BEGIN PGP SIGNATURE-----\n";
  CHECK(complains(begin + "iQ==\n-----END PGP SIGNATURE-----\n", "no empty line after its headers"));
  CHECK(complains(begin + "\niQ==\n\nOrigin: Evil\n-----END PGP SIGNATURE-----\n", "not base64"));
  CHECK(complains(begin + "\niQ== \n-----END PGP SIGNATURE-----\n", "not base64"));
}

}  // namespace bootstrap
