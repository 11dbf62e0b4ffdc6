#include "trust/gpgme_verifier.h"

#include <map>
#include <memory>
#include <mutex>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "trust/clearsigned.h"
#include "trust/judgement.h"
#include "trust/key_home.h"

namespace bootstrap {

namespace {

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
    LockedHome home(*this, key_files, what);
    GpgmeData signed_document = gpgme_view(document);
    GpgmeData text = empty_buffer();
    gpgme_error_t error = gpgme_op_verify(home->context(), signed_document.get(), nullptr, text.get());
    Signer signer = trusted_signer(*home, error, what);
    return make_signed_text(content_of(text.get()), std::move(signer));
  }

  SignedText verify_detached(std::string_view document, std::string_view signature,
                             const std::vector<std::filesystem::path>& key_files,
                             std::string_view what) override {
    LockedHome home(*this, key_files, what);
    GpgmeData data = gpgme_view(document);
    GpgmeData signatures = gpgme_view(signature);
    gpgme_error_t error = gpgme_op_verify(home->context(), signatures.get(), data.get(), nullptr);
    return make_signed_text(std::string(document), trusted_signer(*home, error, what));
  }

 private:
  /// Made by the first who needs it; a GPGME context serves one thread at a time.
  struct Home {
    std::mutex mutex;
    std::unique_ptr<KeyHome> keys;
  };

  /// The home for some key files, for as long as this lives. Files are read every time and homes found by
  /// content, so a key file that changes is never mistaken for what it was.
  class LockedHome {
   public:
    LockedHome(GpgmeVerifier& verifier, const std::vector<std::filesystem::path>& paths,
               std::string_view what) {
      if (paths.empty()) {
        throw Error(ErrorKind::kUntrusted,
                    std::string(what) + ": no key is named to check its signature with",
                    "list the archive's key file under signed-by in the recipe");
      }
      try {
        std::vector<KeyFile> files;
        std::vector<Digest> digests;
        for (const std::filesystem::path& path : paths) {
          files.push_back({path, read_file(path, kMaxKeyFile)});
          digests.push_back(Digest::of(files.back().content));
        }
        home_ = &verifier.home_of(digests);
        lock_ = std::unique_lock(home_->mutex);
        if (!home_->keys)
          home_->keys = std::make_unique<KeyHome>(files);
      } catch (Error& error) {
        error.prepend(what);
        throw;
      }
    }
    const KeyHome& operator*() const { return *home_->keys; }
    const KeyHome* operator->() const { return home_->keys.get(); }

   private:
    Home* home_ = nullptr;
    std::unique_lock<std::mutex> lock_;
  };

  Home& home_of(const std::vector<Digest>& key_files) {
    std::lock_guard guard(mutex_);
    return homes_[key_files];
  }

  std::mutex mutex_;
  std::map<std::vector<Digest>, Home> homes_;
};

}  // namespace

std::unique_ptr<SignatureVerifier> make_gpgme_verifier() {
  return std::make_unique<GpgmeVerifier>();
}

}  // namespace bootstrap
