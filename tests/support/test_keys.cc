#include "support/test_keys.h"

#include <map>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/fd.h"
#include "base/process.h"

namespace bootstrap {

namespace {

/// The home of all test keys. Its path is short because gpg-agent puts a socket into it.
class SecretHome {
 public:
  SecretHome() : directory_("/tmp") {}
  ~SecretHome() {
    try {
      run_process({"gpgconf", "--homedir", path(), "--kill", "gpg-agent"});
    } catch (const std::exception&) {
      // The agent ends by itself when its home is gone.
    }
  }
  SecretHome(const SecretHome&) = delete;
  SecretHome& operator=(const SecretHome&) = delete;

  std::string path() const { return directory_.path().string(); }

  static const SecretHome& of_this_program() {
    static const SecretHome home;
    return home;
  }

 private:
  TemporaryDirectory directory_;
};

std::string run_gpg(const std::string& home, std::vector<std::string> arguments,
                    std::string_view input = {}) {
  std::vector<std::string> argv = {"gpg",     "--homedir",    home, "--batch",         "--yes",   "--no-tty",
                                   "--quiet", "--passphrase", "",   "--pinentry-mode", "loopback"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ProcessResult result = run_process(argv, std::string(input));
  if (result.exit_code != 0)
    throw std::runtime_error("gpg " + arguments.back() + ": " + result.err);
  return result.out;
}

std::string run_gpg(std::vector<std::string> arguments, std::string_view input = {}) {
  return run_gpg(SecretHome::of_this_program().path(), std::move(arguments), input);
}

void add_time(std::vector<std::string>& arguments, const std::string& at) {
  // The "!" stops gpg's clock there.
  if (!at.empty())
    arguments.insert(arguments.end(), {"--faked-system-time", at + "!"});
}

}  // namespace

TestKey::TestKey(const TestKeySpec& spec) {
  std::string user_id = spec.name + " <" + spec.name + "@example.org>";
  std::vector<std::string> generate = {"--status-fd", "1", "--allow-weak-digest-algos"};
  add_time(generate, spec.made_at);
  std::vector<std::string> subkey = generate;
  generate.insert(generate.end(), {"--quick-generate-key", user_id, spec.algorithm,
                                   spec.signing_subkey ? "cert" : "sign", spec.lifetime});
  std::string status = run_gpg(generate);
  constexpr std::string_view kCreated = "KEY_CREATED ";
  std::size_t created = status.find(kCreated);
  if (created == std::string::npos)
    throw std::runtime_error("gpg made no key: " + status);
  constexpr std::size_t kFingerprint = 40;
  fingerprint_ = status.substr(created + kCreated.size() + 2, kFingerprint);
  if (spec.signing_subkey) {
    subkey.insert(subkey.end(), {"--quick-add-key", fingerprint_, spec.algorithm, "sign", spec.lifetime});
    run_gpg(subkey);
  }
}

std::string TestKey::public_armored() const {
  return run_gpg({"--armor", "--export", fingerprint_});
}

std::string TestKey::public_binary() const {
  return run_gpg({"--export", fingerprint_});
}

std::string TestKey::secret_armored() const {
  return run_gpg({"--armor", "--export-secret-keys", fingerprint_});
}

std::string TestKey::public_revoked() const {
  std::string certificate =
      read_file(SecretHome::of_this_program().path() + "/openpgp-revocs.d/" + fingerprint_ + ".rev");
  // gpg puts a colon before the armor so that nobody imports it by accident.
  constexpr std::string_view kArmor = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
  certificate.erase(0, certificate.find(kArmor));
  TemporaryDirectory elsewhere("/tmp");
  std::string home = elsewhere.path().string();
  write_file(elsewhere.path() / "gpg.conf", "no-autostart\n", Durability::kCache);
  run_gpg(home, {"--import"}, public_armored());
  run_gpg(home, {"--import"}, certificate);
  return run_gpg(home, {"--armor", "--export", fingerprint_});
}

std::filesystem::path TestKey::write_public(const std::filesystem::path& path) const {
  write_file(path, public_armored(), Durability::kCache);
  return path;
}

std::string TestKey::sign(const char* mode, std::string_view text, const SignOptions& options) const {
  std::vector<std::string> arguments = {"--armor", "--allow-weak-digest-algos", "--digest-algo",
                                        options.digest};
  add_time(arguments, options.at);
  if (!options.lifetime.empty())
    arguments.insert(arguments.end(), {"--default-sig-expire", options.lifetime});
  arguments.insert(arguments.end(), {"--local-user", fingerprint_});
  for (const TestKey* signer : options.also)
    arguments.insert(arguments.end(), {"--local-user", signer->fingerprint()});
  arguments.emplace_back(mode);
  return run_gpg(arguments, text);
}

std::string TestKey::clearsign(std::string_view text, const SignOptions& options) const {
  return sign("--clearsign", text, options);
}

std::string TestKey::sign_detached(std::string_view text, const SignOptions& options) const {
  return sign("--detach-sign", text, options);
}

TestKey test_key(const TestKeySpec& spec) {
  static std::map<TestKeySpec, TestKey> keys;
  return keys.try_emplace(spec, spec).first->second;
}

}  // namespace bootstrap
