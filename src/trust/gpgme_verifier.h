// The SignatureVerifier on GPGME: a private, throw-away home, and in it only the keys that the recipe names.
#pragma once

#include <memory>

#include "trust/signature.h"

namespace bootstrap {

std::unique_ptr<SignatureVerifier> make_gpgme_verifier();

}  // namespace bootstrap
