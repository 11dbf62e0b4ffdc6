// Signatures that were found good need not be checked again: gpg is a program, and to start it several times
// for each suite is most of what a run without news costs.
#pragma once

#include <chrono>
#include <memory>

#include "store/store.h"
#include "trust/signature.h"

namespace bootstrap {

/// Asks `verifier`, and keeps in the store what it found good: under the digests of the document, its
/// signature and the key files, so that any change to one of them asks again, as does the end of the key or
/// of the signature, and a clock that went back. What it finds bad is not kept. `store` must outlive the
/// object.
std::unique_ptr<SignatureVerifier> remember_signatures(
    std::unique_ptr<SignatureVerifier> verifier, const Store& store,
    std::chrono::system_clock::time_point (*clock)() = &std::chrono::system_clock::now);

}  // namespace bootstrap
