#include "trust/gpgme_verifier.h"

#include <map>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "trust/clearsigned.h"
#include "trust/judgement.h"
#include "trust/key_home.h"

namespace bootstrap {

namespace {

/// Debian's whole keyring, with every key it ever had, is 130 KB.
constexpr std::uint64_t kMaxKeyFile = 4 << 20;

std::string content_of(gpgme_data_t data) {
  std::string content;
  char buffer[65536];
  if (gpgme_data_seek(data, 0, SEEK_SET) < 0)
    throw_errno("cannot read what gpg wrote");
  for (;;) {
    ssize_t n = check(gpgme_data_read(data, buffer, sizeof buffer), "cannot read what gpg wrote");
    if (n == 0)
      return content;
    content.append(buffer, static_cast<std::size_t>(n));
  }
}

GpgmeData empty_buffer() {
  gpgme_data_t raw = nullptr;
  if (gpgme_error_t error = gpgme_data_new(&raw))
    throw Error(ErrorKind::kFailure, std::string("GPGME: ") + gpgme_strerror(error));
  return GpgmeData(raw);
}

class GpgmeVerifier : public SignatureVerifier {
 public:
  SignedText verify_clearsigned(std::string_view document,
                                const std::vector<std::filesystem::path>& key_files,
                                std::string_view what) override {
    require_clearsigned_frame(document, what);
    const KeyHome& home = home_of(key_files, what);
    GpgmeData signed_document = gpgme_view(document);
    GpgmeData text = empty_buffer();
    gpgme_error_t error = gpgme_op_verify(home.context(), signed_document.get(), nullptr, text.get());
    std::string fingerprint = trusted_signer(home, error, what);
    return make_signed_text(content_of(text.get()), std::move(fingerprint));
  }

  SignedText verify_detached(std::string_view document, std::string_view signature,
                             const std::vector<std::filesystem::path>& key_files,
                             std::string_view what) override {
    const KeyHome& home = home_of(key_files, what);
    GpgmeData data = gpgme_view(document);
    GpgmeData signatures = gpgme_view(signature);
    gpgme_error_t error = gpgme_op_verify(home.context(), signatures.get(), data.get(), nullptr);
    return make_signed_text(std::string(document), trusted_signer(home, error, what));
  }

 private:
  /// Files are read every time and homes found by content, so a key file that changes is never mistaken for
  /// what it was.
  const KeyHome& home_of(const std::vector<std::filesystem::path>& paths, std::string_view what) {
    if (paths.empty()) {
      throw Error(ErrorKind::kUntrusted, std::string(what) + ": no key is named to check its signature with",
                  "list the archive's key file under signed-by in the recipe");
    }
    try {
      std::vector<KeyFile> files;
      std::vector<Digest> digests;
      for (const std::filesystem::path& path : paths) {
        files.push_back({path, read_file(path, kMaxKeyFile)});
        digests.push_back(Digest::of(files.back().content));
      }
      auto found = homes_.find(digests);
      if (found == homes_.end())
        found = homes_.emplace(std::move(digests), std::make_unique<KeyHome>(files)).first;
      return *found->second;
    } catch (Error& error) {
      error.prepend(what);
      throw;
    }
  }

  std::map<std::vector<Digest>, std::unique_ptr<KeyHome>> homes_;
};

}  // namespace

std::unique_ptr<SignatureVerifier> make_gpgme_verifier() {
  return std::make_unique<GpgmeVerifier>();
}

}  // namespace bootstrap
