#include "trust/remembered_verifier.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/catch.h"
#include "support/fake_verifier.h"

using namespace bootstrap;

namespace {

using std::chrono::hours;
using std::chrono::sys_days;
using std::chrono::system_clock;

system_clock::time_point now;

/// Counts what it is asked; signers end after a day.
class CountingVerifier : public FakeVerifier {
 public:
  explicit CountingVerifier(int& calls) : calls_(calls) {}

  SignedText verify_clearsigned(std::string_view document, const std::vector<std::filesystem::path>& keys,
                                std::string_view what) override {
    ++calls_;
    const SignedText found = FakeVerifier::verify_clearsigned(document, keys, what);
    return make_signed_text(found.text(),
                            {"GOOD", std::chrono::floor<std::chrono::seconds>(now) + hours(24)});
  }
  SignedText verify_detached(std::string_view document, std::string_view signature,
                             const std::vector<std::filesystem::path>& keys, std::string_view what) override {
    ++calls_;
    return FakeVerifier::verify_detached(document, signature, keys, what);
  }

 private:
  int& calls_;
};

class Desk {
 public:
  Desk() {
    now = sys_days(std::chrono::year(2026) / 7 / 1);
    write_key("key");
  }
  void write_key(const std::string& content) { write_file(key_, content, Durability::kCache); }

  /// A verifier of its own each time, as every run of the program has.
  std::string verify(const std::string& text, const std::string& by = "good") {
    auto verifier = remember_signatures(std::make_unique<CountingVerifier>(calls), store, [] { return now; });
    const SignedText found =
        verifier->verify_clearsigned(FakeVerifier::clearsigned(text, by), {key_}, "InRelease");
    CHECK(found.fingerprint() == "GOOD");
    return found.text();
  }
  std::string verify_detached(const std::string& text, const std::string& signature) {
    auto verifier = remember_signatures(std::make_unique<CountingVerifier>(calls), store, [] { return now; });
    return verifier->verify_detached(text, signature, {key_}, "Release").text();
  }

  TemporaryDirectory directory;
  Store store{directory.path() / "store"};
  int calls = 0;

 private:
  std::filesystem::path key_ = directory.path() / "key.asc";
};

}  // namespace

TEST_CASE("a good signature is checked once") {
  Desk desk;
  const std::string text = "Suite: stable\nOrigin: caf\xe9\n\n";
  CHECK(desk.verify(text) == text);
  CHECK(desk.verify(text) == text);
  CHECK(desk.calls == 1);
  desk.verify("Suite: testing\n");
  CHECK(desk.calls == 2);
}

TEST_CASE("a detached signature is checked once, with what it signs") {
  Desk desk;
  CHECK(desk.verify_detached("text", FakeVerifier::signature_of("text")) == "text");
  CHECK(desk.verify_detached("text", FakeVerifier::signature_of("text")) == "text");
  CHECK(desk.calls == 1);
  CHECK_THROWS_AS(desk.verify_detached("text", FakeVerifier::signature_of("other")), Error);
  CHECK_THROWS_AS(desk.verify_detached("other", FakeVerifier::signature_of("text")), Error);
}

TEST_CASE("a key file that changed asks again: it may hold a revocation") {
  Desk desk;
  desk.verify("text");
  desk.write_key("key, revoked");
  desk.verify("text");
  CHECK(desk.calls == 2);
}

TEST_CASE("the end of the key asks again, and so does a clock that went back") {
  Desk desk;
  desk.verify("text");
  now += hours(23);
  desk.verify("text");
  CHECK(desk.calls == 1);
  now += hours(1);
  desk.verify("text");
  CHECK(desk.calls == 2);
  now -= hours(48);
  desk.verify("text");
  CHECK(desk.calls == 3);
}

TEST_CASE("what is refused is not remembered") {
  Desk desk;
  CHECK_THROWS_AS(desk.verify("text", "evil"), Error);
  CHECK_THROWS_AS(desk.verify("text", "evil"), Error);
  CHECK(desk.calls == 2);
}

TEST_CASE("what is kept of a signature and was damaged is checked anew") {
  Desk desk;
  desk.verify("text");
  for (const auto& entry : std::filesystem::directory_iterator(desk.store.directory(Store::Area::kReport))) {
    std::string content = read_file(entry.path());
    content[content.size() / 2] ^= 1;
    write_file(entry.path(), content, Durability::kCache);
  }
  CHECK(desk.verify("text") == "text");
  CHECK(desk.calls == 2);
}
