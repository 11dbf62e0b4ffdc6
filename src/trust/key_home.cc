#include "trust/key_home.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/error.h"

namespace bootstrap {

namespace {

/// Verification needs neither an agent nor the network nor a web of trust: which keys count is what the
/// recipe says.
constexpr std::string_view kGpgConf =
    "batch\n"
    "no-autostart\n"
    "disable-dirmngr\n"
    "no-auto-key-retrieve\n"
    "no-auto-check-trustdb\n"
    "no-random-seed-file\n"
    "trust-model always\n";

[[noreturn]] void throw_gpgme(std::string_view what, gpgme_error_t error) {
  throw Error(ErrorKind::kFailure, std::string(what) + ": " + gpgme_strerror(error));
}

void start_gpgme() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Asking gpgconf about every GnuPG program costs five processes; all we need is gpg, found in PATH.
    gpgme_set_global_flag("disable-gpgconf", "1");
    gpgme_check_version(nullptr);
  });
}

/// By what GPGME found out for the context: gpgme_engine_check_version() would start gpg once more.
bool has_gnupg(gpgme_ctx_t context) {
  for (auto* engine = gpgme_ctx_get_engine_info(context); engine != nullptr; engine = engine->next) {
    if (engine->protocol == GPGME_PROTOCOL_OpenPGP && engine->version != nullptr &&
        ::strverscmp(engine->version, engine->req_version) >= 0)
      return true;
  }
  return false;
}

GpgmeContext make_context(const std::filesystem::path& home) {
  start_gpgme();
  gpgme_ctx_t raw = nullptr;
  if (gpgme_error_t error = gpgme_new(&raw))
    throw_gpgme("cannot start GPGME", error);
  GpgmeContext context(raw);
  if (gpgme_ctx_set_engine_info(raw, GPGME_PROTOCOL_OpenPGP, nullptr, home.c_str()) != 0 || !has_gnupg(raw))
    throw Error(ErrorKind::kFailure, "cannot check signatures: the program gpg is missing or too old",
                "install GnuPG 2.2 or later (Debian: apt-get install gpg)");
  gpgme_set_offline(raw, 1);
  return context;
}

/// NIST SP 800-131A: nothing below 2048 bits for factoring and finite-field keys. Elliptic curves that GnuPG
/// knows are all strong enough. Anything unheard of is refused.
std::string weakness(const _gpgme_subkey& key) {
  constexpr unsigned kMinBits = 2048;
  switch (key.pubkey_algo) {
    case GPGME_PK_RSA:
    case GPGME_PK_RSA_S:
      return key.length >= kMinBits ? "" : "weak RSA key of " + std::to_string(key.length) + " bits";
    case GPGME_PK_DSA:
      return key.length >= kMinBits ? "" : "weak DSA key of " + std::to_string(key.length) + " bits";
    case GPGME_PK_ECC:
    case GPGME_PK_ECDSA:
    case GPGME_PK_EDDSA:
      return "";
    default:
      return "key of an algorithm that cannot sign";
  }
}

std::string defect_of(const _gpgme_subkey& key) {
  if (key.revoked)
    return "revoked key";
  if (key.expired)
    return "expired key";
  if (key.disabled || key.invalid)
    return "invalid key";
  return weakness(key);
}

std::optional<std::chrono::sys_seconds> end_of(const _gpgme_subkey& key) {
  return time_of(key.expires > 0 ? static_cast<unsigned long>(key.expires) : 0);
}

}  // namespace

std::optional<std::chrono::sys_seconds> time_of(unsigned long expiry) {
  if (expiry == 0)
    return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(expiry));
}

std::optional<std::chrono::sys_seconds> earliest(std::optional<std::chrono::sys_seconds> a,
                                                 std::optional<std::chrono::sys_seconds> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

GpgmeData gpgme_view(std::string_view bytes) {
  gpgme_data_t raw = nullptr;
  if (gpgme_error_t error = gpgme_data_new_from_mem(&raw, bytes.data(), bytes.size(), 0))
    throw_gpgme("GPGME", error);
  return GpgmeData(raw);
}

KeyHome::KeyHome(const std::vector<KeyFile>& files) {
  write_file(directory_.path() / "gpg.conf", kGpgConf, Durability::kCache);
  context_ = make_context(directory_.path());
  for (const KeyFile& file : files)
    import(file);
  list_keys();
}

void KeyHome::import(const KeyFile& file) {
  GpgmeData data = gpgme_view(file.content);
  gpgme_error_t error = gpgme_op_import(context_.get(), data.get());
  const gpgme_import_result_t result = gpgme_op_import_result(context_.get());
  std::size_t before = imported_.size();
  if (error == 0 && result != nullptr) {
    if (result->secret_read > 0) {
      throw Error(ErrorKind::kUntrusted, file.path.string() + " holds a secret key",
                  "put only the public key there: gpg --armor --export FINGERPRINT");
    }
    for (auto* status = result->imports; status != nullptr; status = status->next) {
      if (status->result == 0 && status->fpr != nullptr)
        imported_.emplace_back(status->fpr);
    }
  }
  if (imported_.size() == before) {
    throw Error(ErrorKind::kUntrusted, file.path.string() + " holds no usable OpenPGP public key",
                "a key file is what gpg --export writes, armored (.asc) or binary (.gpg)");
  }
}

void KeyHome::list_keys() {
  if (gpgme_error_t error = gpgme_op_keylist_start(context_.get(), nullptr, 0))
    throw_gpgme("cannot list the imported keys", error);
  gpgme_key_t raw = nullptr;
  while (gpgme_op_keylist_next(context_.get(), &raw) == 0) {
    std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, decltype(&gpgme_key_unref)> key(raw, gpgme_key_unref);
    const _gpgme_subkey* primary = key->subkeys;
    // A system-wide gpg.conf may name further keyrings: only what was imported counts.
    if (primary == nullptr || primary->fpr == nullptr ||
        std::find(imported_.begin(), imported_.end(), primary->fpr) == imported_.end())
      continue;
    const char* owner = key->uids != nullptr && key->uids->uid != nullptr ? key->uids->uid : "";
    // A subkey is no better than the primary key that vouches for it.
    const std::string inherited = defect_of(*primary);
    for (const _gpgme_subkey* subkey = primary; subkey != nullptr; subkey = subkey->next) {
      if (subkey->fpr != nullptr)
        keys_[subkey->fpr] = {primary->fpr, owner, inherited.empty() ? defect_of(*subkey) : inherited,
                              earliest(end_of(*primary), end_of(*subkey))};
    }
  }
}

const SigningKey* KeyHome::find(std::string_view fingerprint) const {
  constexpr std::size_t kKeyIdDigits = 16;
  if (fingerprint.size() < kKeyIdDigits)
    return nullptr;
  for (const auto& [known, key] : keys_) {
    if (std::string_view(known).ends_with(fingerprint))
      return &key;
  }
  return nullptr;
}

std::vector<std::string> KeyHome::primary_fingerprints() const {
  std::vector<std::string> fingerprints = imported_;
  std::sort(fingerprints.begin(), fingerprints.end());
  fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
  return fingerprints;
}

}  // namespace bootstrap
