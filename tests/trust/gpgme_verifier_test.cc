#include "trust/gpgme_verifier.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/catch.h"
#include "support/test_keys.h"

namespace bootstrap {

namespace {

const std::string kRelease = "Origin: Example\nSuite: stable\n- dashed\nFrom here\n\nSHA256:\n abc 1 main\n";

/// A verifier and key files for it.
class Desk {
 public:
  std::filesystem::path file(const std::string& content) {
    std::filesystem::path path = directory_.path() / ("key" + std::to_string(++count_));
    write_file(path, content, Durability::kCache);
    return path;
  }
  std::filesystem::path file(const TestKey& key) { return file(key.public_armored()); }

  SignedText verify(const std::string& document, const std::vector<std::filesystem::path>& keys) {
    return verifier_->verify_clearsigned(document, keys, "InRelease");
  }
  /// The error for this document; fails the test when there is none.
  Error refusal(const std::string& document, const std::vector<std::filesystem::path>& keys) {
    try {
      verify(document, keys);
    } catch (const Error& error) {
      return error;
    }
    FAIL("it was accepted");
    return Error(ErrorKind::kFailure, "");
  }
  SignatureVerifier& verifier() { return *verifier_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<SignatureVerifier> verifier_ = make_gpgme_verifier();
  int count_ = 0;
};

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

/// Where the last OpenPGP packet starts. gpg exports keys with old-format headers (RFC 9580 section 4.2.2).
std::size_t last_packet(const std::string& packets) {
  std::size_t last = 0;
  for (std::size_t at = 0; at < packets.size();) {
    last = at;
    const auto tag = static_cast<unsigned char>(packets[at]);
    REQUIRE((tag & 0xC0) == 0x80);
    const std::size_t length_bytes = std::size_t{1} << (tag & 3);
    std::size_t length = 0;
    for (std::size_t i = 1; i <= length_bytes; ++i)
      length = length * 256 + static_cast<unsigned char>(packets.at(at + i));
    at += 1 + length_bytes + length;
  }
  return last;
}

const TestKey& archive() {
  static const TestKey key = test_key({.name = "archive"});
  return key;
}
const TestKey& stranger() {
  static const TestKey key = test_key({.name = "stranger"});
  return key;
}

}  // namespace

TEST_CASE("the text that was signed comes back, with the signer") {
  Desk desk;
  std::string document = archive().clearsign(kRelease);
  for (const std::string& key : {archive().public_armored(), archive().public_binary()}) {
    SignedText text = desk.verify(document, {desk.file(key)});
    CHECK(text.text() == kRelease);
    CHECK(text.fingerprint() == archive().fingerprint());
  }
}

TEST_CASE("an RSA key of 2048 bits will do, from any of several key files") {
  Desk desk;
  const TestKey rsa = test_key({.name = "rsa", .algorithm = "rsa2048"});
  SignedText text =
      desk.verify(rsa.clearsign(kRelease, {.digest = "SHA512"}), {desk.file(archive()), desk.file(rsa)});
  CHECK(text.fingerprint() == rsa.fingerprint());
}

TEST_CASE("a subkey's signature is reported under its primary key") {
  Desk desk;
  const TestKey key = test_key({.name = "subkey", .signing_subkey = true});
  CHECK(desk.verify(key.clearsign(kRelease), {desk.file(key)}).fingerprint() == key.fingerprint());
}

TEST_CASE("a subkey that its primary key does not vouch for is refused") {
  Desk desk;
  const TestKey key = test_key({.name = "subkey", .signing_subkey = true});
  const std::string whole = key.public_binary();
  // The last packet is the subkey's binding signature.
  const std::string unbound = whole.substr(0, last_packet(whole));
  CHECK(desk.verify(key.clearsign(kRelease), {desk.file(whole)}).text() == kRelease);
  CHECK(contains(desk.refusal(key.clearsign(kRelease), {desk.file(unbound)}).message(), "unknown key"));
}

TEST_CASE("an altered text is refused") {
  Desk desk;
  std::string document = archive().clearsign(kRelease);
  document.replace(document.find("stable"), 6, "stably");
  Error error = desk.refusal(document, {desk.file(archive())});
  CHECK(error.kind() == ErrorKind::kUntrusted);
  CHECK(contains(error.message(), "InRelease: not trusted: bad signature: the document was altered"));
}

TEST_CASE("a key that the recipe does not name is refused, and the error says which") {
  Desk desk;
  Error error = desk.refusal(stranger().clearsign(kRelease), {desk.file(archive())});
  CHECK(error.kind() == ErrorKind::kUntrusted);
  CHECK(contains(error.message(), "unknown key, key " + stranger().fingerprint()));
  CHECK(contains(error.hint(), archive().fingerprint()));
}

TEST_CASE("a key of another repository does not count, though the same verifier knows it") {
  Desk desk;
  std::string document = stranger().clearsign(kRelease);
  CHECK(desk.verify(document, {desk.file(stranger())}).text() == kRelease);
  CHECK(contains(desk.refusal(document, {desk.file(archive())}).message(), "unknown key"));
}

TEST_CASE("a key file that changes is read again") {
  Desk desk;
  std::filesystem::path path = desk.file(stranger());
  std::string document = archive().clearsign(kRelease);
  CHECK(desk.refusal(document, {path}).kind() == ErrorKind::kUntrusted);
  archive().write_public(path);
  CHECK(desk.verify(document, {path}).fingerprint() == archive().fingerprint());
}

TEST_CASE("with several signers one known key is enough") {
  Desk desk;
  std::string document = stranger().clearsign(kRelease, {.also = {&archive()}});
  CHECK(desk.verify(document, {desk.file(archive())}).fingerprint() == archive().fingerprint());
  CHECK(desk.verify(document, {desk.file(stranger())}).fingerprint() == stranger().fingerprint());
}

TEST_CASE("a good signature does not make up for a bad one by a known key") {
  Desk desk;
  std::string signatures = archive().sign_detached(kRelease) + stranger().sign_detached("Origin: Evil\n");
  auto verify = [&](const std::vector<std::filesystem::path>& keys) {
    return desk.verifier().verify_detached(kRelease, signatures, keys, "Release");
  };
  CHECK(verify({desk.file(archive())}).fingerprint() == archive().fingerprint());
  CHECK_THROWS_AS(verify({desk.file(archive()), desk.file(stranger())}), Error);
}

TEST_CASE("an expired key is refused") {
  Desk desk;
  const TestKey key = test_key({.name = "expired", .made_at = "20200101T000000", .lifetime = "1d"});
  std::string document = key.clearsign(kRelease, {.at = "20200101T120000"});
  CHECK(
      contains(desk.refusal(document, {desk.file(key)}).message(), "expired key, key " + key.fingerprint()));
}

TEST_CASE("an expired signature is refused") {
  Desk desk;
  const TestKey key = test_key({.name = "old", .made_at = "20200101T000000"});
  std::string document = key.clearsign(kRelease, {.at = "20200101T120000", .lifetime = "1d"});
  CHECK(contains(desk.refusal(document, {desk.file(key)}).message(), "expired signature"));
}

TEST_CASE("a revoked key is refused") {
  Desk desk;
  std::string document = archive().clearsign(kRelease);
  CHECK(contains(desk.refusal(document, {desk.file(archive().public_revoked())}).message(), "revoked key"));
}

TEST_CASE("weak digests are refused") {
  Desk desk;
  const TestKey rsa = test_key({.name = "rsa", .algorithm = "rsa2048"});
  for (const char* digest : {"SHA1", "RIPEMD160", "MD5"}) {
    INFO(digest);
    Error error = desk.refusal(rsa.clearsign(kRelease, {.digest = digest}), {desk.file(rsa)});
    CHECK(contains(error.message(), "weak"));
  }
}

TEST_CASE("weak keys are refused") {
  Desk desk;
  for (const char* algorithm : {"rsa1024", "dsa1024"}) {
    const TestKey weak = test_key({.name = algorithm, .algorithm = algorithm});
    Error error = desk.refusal(weak.clearsign(kRelease), {desk.file(weak)});
    CHECK(contains(error.message(), "key of 1024 bits"));
  }
}

TEST_CASE("detached signatures") {
  Desk desk;
  auto verify = [&](const std::string& document, const std::string& signature) {
    return desk.verifier().verify_detached(document, signature, {desk.file(archive())}, "Release");
  };
  SignedText text = verify(kRelease, archive().sign_detached(kRelease));
  CHECK(text.text() == kRelease);
  CHECK(text.fingerprint() == archive().fingerprint());
  CHECK_THROWS_AS(verify(kRelease + "x", archive().sign_detached(kRelease)), Error);
  CHECK_THROWS_AS(verify(kRelease, ""), Error);
  CHECK_THROWS_AS(verify(kRelease, "<html>"), Error);
  // A signed document in the place of a signature carries its own text: it says nothing about this one.
  CHECK_THROWS_AS(verify("Origin: Evil\n", archive().clearsign(kRelease)), Error);
}

TEST_CASE("key files that are none are refused by name") {
  Desk desk;
  std::string document = archive().clearsign(kRelease);
  CHECK(contains(desk.refusal(document, {}).message(), "no key is named"));
  CHECK(contains(desk.refusal(document, {desk.file("hello\n")}).message(), "key1 holds no usable"));
  CHECK(contains(desk.refusal(document, {desk.file("")}).message(), "key2 holds no usable"));
  CHECK(contains(desk.refusal(document, {"/nonexistent.asc"}).message(), "/nonexistent.asc"));
  Error error = desk.refusal(document, {desk.file(archive().secret_armored())});
  CHECK(contains(error.message(), "holds a secret key"));
}

TEST_CASE("a broken frame is refused before gpg sees it") {
  Desk desk;
  std::string document = archive().clearsign(kRelease);
  CHECK(contains(desk.refusal("Origin: Evil\n" + document, {desk.file(archive())}).message(), "line 1"));
  CHECK(contains(desk.refusal(document + document, {desk.file(archive())}).message(), "after the signature"));
}

}  // namespace bootstrap
