// The SignatureVerifier on GPGME: a private, throw-away home, and in it only the keys that the recipe names.
#pragma once

#include <memory>

#include "trust/signature.h"

namespace bootstrap {

/// Keeps the keys of every list of key files it has seen imported, so verify with one verifier, from one
/// thread at a time. The first use costs about 25 ms, each further one about 8 ms.
std::unique_ptr<SignatureVerifier> make_gpgme_verifier();

}  // namespace bootstrap
