#include "trust/judgement.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

std::string name_of_key(const char* fingerprint) {
  return fingerprint == nullptr ? "an unnamed key" : "key " + std::string(fingerprint);
}

/// Digests for which a second text with the same signature can be made, or might be before long.
std::optional<std::string> weak_digest(gpgme_hash_algo_t digest) {
  switch (digest) {
    case GPGME_MD_SHA224:
    case GPGME_MD_SHA256:
    case GPGME_MD_SHA384:
    case GPGME_MD_SHA512:
      return std::nullopt;
    default:
      const char* name = gpgme_hash_algo_name(digest);
      return std::string("weak digest ") + (name == nullptr ? "of an unknown kind" : name);
  }
}

std::string reason_of_status(const _gpgme_signature& signature) {
  switch (gpgme_err_code(signature.status)) {
    case GPG_ERR_BAD_SIGNATURE:
      return "bad signature: the document was altered";
    case GPG_ERR_NO_PUBKEY:
      return "unknown key";
    case GPG_ERR_SIG_EXPIRED:
      return "expired signature";
    case GPG_ERR_KEY_EXPIRED:
      return "expired key";
    case GPG_ERR_CERT_REVOKED:
      return "revoked key";
    default:
      // gpg itself refuses MD5, but calls that a general error.
      return weak_digest(signature.hash_algo).value_or(gpgme_strerror(signature.status));
  }
}

/// Why this signature does not count; nullopt when it does.
std::optional<std::string> defect_of(const _gpgme_signature& signature, const SigningKey* key) {
  if (gpgme_err_code(signature.status) != GPG_ERR_NO_ERROR)
    return reason_of_status(signature);
  if (key == nullptr)
    return "unknown key";
  if (!key->defect.empty())
    return key->defect;
  if (signature.wrong_key_usage)
    return "the key is not meant for signing";
  // Belt and braces: gpg says so in the summary even where the status is good.
  if (signature.summary & (GPGME_SIGSUM_RED | GPGME_SIGSUM_KEY_REVOKED | GPGME_SIGSUM_KEY_EXPIRED |
                           GPGME_SIGSUM_SIG_EXPIRED | GPGME_SIGSUM_SYS_ERROR))
    return "signature not valid";
  return weak_digest(signature.hash_algo);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts)
    text.append(text.empty() ? "" : separator).append(part);
  return text;
}

[[noreturn]] void refuse(const KeyHome& home, std::string_view what, const std::string& reasons,
                         bool only_unknown_keys) {
  std::string accepted = joined(home.primary_fingerprints(), ", ");
  throw Error(ErrorKind::kUntrusted, std::string(what) + ": not trusted: " + reasons,
              only_unknown_keys
                  ? "signed-by names the keys " + accepted +
                        "; if the archive has a new key, check its fingerprint and add it (see keys/README)"
                  : "try another mirror; if the archive's key was replaced, check the new one's fingerprint "
                    "and put it under signed-by (see keys/README)");
}

}  // namespace

Signer trusted_signer(const KeyHome& home, gpgme_error_t error, std::string_view what) {
  const gpgme_verify_result_t result = gpgme_op_verify_result(home.context());
  const _gpgme_signature* first = result == nullptr ? nullptr : result->signatures;
  if (gpgme_err_code(error) != GPG_ERR_NO_ERROR || first == nullptr) {
    std::string detail = error ? std::string(" (") + gpgme_strerror(error) + ")" : "";
    refuse(home, what, "it carries no readable signature" + detail, false);
  }
  std::optional<Signer> signer;
  std::vector<std::string> reasons;
  bool only_unknown_keys = true;
  for (auto* signature = first; signature != nullptr; signature = signature->next) {
    const SigningKey* key = signature->fpr == nullptr ? nullptr : home.find(signature->fpr);
    std::optional<std::string> defect = defect_of(*signature, key);
    if (!defect) {
      if (!signer)
        signer = {key->primary, earliest(key->end, time_of(signature->exp_timestamp))};
      continue;
    }
    std::string owner = key == nullptr || key->owner.empty() ? "" : " (" + key->owner + ")";
    reasons.push_back(*defect + ", " + name_of_key(signature->fpr) + owner);
    only_unknown_keys = only_unknown_keys && key == nullptr;
    if (gpgme_err_code(signature->status) == GPG_ERR_BAD_SIGNATURE)
      refuse(home, what, reasons.back(), false);
  }
  if (!signer)
    refuse(home, what, joined(reasons, "; "), only_unknown_keys);
  return *signer;
}

}  // namespace bootstrap
