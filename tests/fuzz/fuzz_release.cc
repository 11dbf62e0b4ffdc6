// A release whose signature is good: only what archives write is believed of it.
#include "fuzz/fuzz.h"
#include "repo/release.h"
#include "support/fake_verifier.h"

using namespace bootstrap;

FUZZ(input) {
  FakeVerifier verifier;
  const SignedText text =
      verifier.verify_clearsigned(FakeVerifier::clearsigned(std::string(input)), {}, "input");
  const ReleaseFile release = parse_release(text);
  check_release(release, {"stable", "", std::chrono::system_clock::now()});
}
