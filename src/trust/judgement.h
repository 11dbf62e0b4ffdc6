// Which of the signatures on a document counts.
#pragma once

#include <gpgme.h>

#include <string>
#include <string_view>

#include "trust/key_home.h"
#include "trust/signature.h"

namespace bootstrap {

/// Judges the outcome of the gpgme_op_verify that was just run in `home`, which returned `error`. Archives
/// sign with two or three keys so that their users can change over: one good signature by a key of the home
/// is enough, those by unknown keys say nothing, but a bad one by a key of the home means that the document
/// was altered. Throws kUntrusted, naming `what`, each
/// signature's reason and the keys that would have been accepted.
Signer trusted_signer(const KeyHome& home, gpgme_error_t error, std::string_view what);

}  // namespace bootstrap
