#include "audit/image_audit.h"

#include <fmt/format.h>

#include <optional>

#include "base/fd.h"
#include "image/layer_reader.h"

namespace bootstrap {
namespace {

/// What is kept of the content of an image's files. Places are indices plus one, as FlatTree wants them; 0 is
/// for a file that nothing is kept of.
class Contents {
 public:
  std::uint64_t keep(const Entry& entry, LayerReader& reader) {
    if (entry.type != EntryType::kFile)
      return 0;
    const bool accounts = entry.path == "etc/passwd" || entry.path == "etc/shadow";
    std::string content;
    for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read()) {
      content.append(piece);
      if (content.size() > kLargestSearched && !content.starts_with(kElfMagic))
        return 0;  // the reader skips the rest
    }
    Kept kept{accounts ? content : "", read_elf(content), find_secret(content)};
    return accounts || kept.facts || kept.secret ? place(std::move(kept)) : 0;
  }

  const std::string& text(std::uint64_t place) const { return kept_.at(place - 1).text; }
  const std::optional<SecretKind>& secret(std::uint64_t place) const { return kept_.at(place - 1).secret; }
  const std::optional<ElfFacts>& facts(std::uint64_t place) const { return kept_.at(place - 1).facts; }

 private:
  struct Kept {
    std::string text;
    std::optional<ElfFacts> facts;
    std::optional<SecretKind> secret;
  };

  // A key is small; what is larger is somebody's data.
  static constexpr std::size_t kLargestSearched = std::size_t{16} << 20;

  std::uint64_t place(Kept kept) {
    kept_.push_back(std::move(kept));
    return kept_.size();
  }

  std::vector<Kept> kept_;
};

const char* kind_name(ElfFacts::Kind kind) {
  switch (kind) {
    case ElfFacts::Kind::kExecutable:
      return "executable";
    case ElfFacts::Kind::kPositionIndependent:
      return "pie";
    case ElfFacts::Kind::kLibrary:
      return "library";
  }
  return "";
}

const char* relro_name(ElfFacts::Relro relro) {
  return relro == ElfFacts::Relro::kFull ? "full" : relro == ElfFacts::Relro::kPartial ? "partial" : "none";
}

const char* password_name(AuditedAccount::Password password) {
  return password == AuditedAccount::Password::kSet    ? "set"
         : password == AuditedAccount::Password::kNone ? "none"
                                                       : "locked";
}

Json to_json(const PrivilegedFile& file) {
  return {
      {"path", file.path}, {"mode", fmt::format("{:04o}", file.mode)}, {"uid", file.uid}, {"gid", file.gid}};
}

Json to_json(const AuditedProgram& program) {
  const ElfFacts& facts = program.facts;
  Json json = {{"path", program.path},
               {"kind", kind_name(facts.kind)},
               {"relro", relro_name(facts.relro)},
               {"nx", !facts.executable_stack},
               {"fortified", facts.fortified},
               {"unfortified", facts.unfortified},
               {"branch_tracking", facts.branch_tracking},
               {"shadow_stack", facts.shadow_stack}};
  json["stack_protector"] = facts.stack_protector ? Json(*facts.stack_protector) : Json();
  return json;
}

Json to_json(const AuditedSecret& secret) {
  return {{"path", secret.path}, {"kind", name_of(secret.kind)}};
}

Json array_of(const auto& items) {
  Json array = Json::array();
  for (const auto& item : items)
    array.push_back(to_json(item));
  return array;
}

}  // namespace

ImageAudit audit_image(const ImageLayout& layout, const ImageManifest& manifest) {
  FlatTree tree;
  Contents contents;
  for (const Layer& layer : manifest.layers) {
    UniqueFd blob = open_file(layout.blob_path(layer.digest), O_RDONLY | O_NOFOLLOW);
    LayerReader reader(blob.get(), layer);
    tree.begin_layer();
    while (std::optional<Entry> entry = reader.next())
      tree.apply(*entry, contents.keep(*entry, reader));
  }
  ImageAudit audit;
  std::string passwd;
  std::string shadow;
  const std::vector<FlatTree::Item> items = tree.items();
  for (const FlatTree::Item& item : items) {
    if (item.content == 0 || item.entry.type != EntryType::kFile)
      continue;
    if (const auto& facts = contents.facts(item.content))
      audit.programs.push_back({"/" + item.entry.path, *facts});
    if (const auto& secret = contents.secret(item.content))
      audit.secrets.push_back({"/" + item.entry.path, *secret});
    if (item.entry.path == "etc/passwd" || item.entry.path == "etc/shadow")
      (item.entry.path == "etc/passwd" ? passwd : shadow) = contents.text(item.content);
  }
  audit.tree = audit_tree(items, passwd, shadow);
  return audit;
}

std::vector<std::string> weaknesses_of(const ElfFacts& facts) {
  std::vector<std::string> weaknesses;
  if (facts.kind == ElfFacts::Kind::kExecutable)
    weaknesses.emplace_back("no PIE");
  if (facts.relro != ElfFacts::Relro::kFull)
    weaknesses.emplace_back(facts.relro == ElfFacts::Relro::kPartial ? "partial RELRO" : "no RELRO");
  if (facts.executable_stack)
    weaknesses.emplace_back("executable stack");
  if (facts.stack_protector == false)
    weaknesses.emplace_back("no stack protector");
  if (facts.fortified == 0 && facts.unfortified > 0)
    weaknesses.emplace_back("not fortified");
  return weaknesses;
}

Json to_json(const ImageAudit& audit) {
  Json capable = Json::array();
  for (const CapableFile& file : audit.tree.capable)
    capable.push_back({{"path", file.path}, {"capabilities", file.capabilities}});
  Json accounts = Json::array();
  for (const AuditedAccount& account : audit.tree.accounts) {
    accounts.push_back({{"name", account.name},
                        {"uid", account.uid},
                        {"shell", account.shell},
                        {"login_shell", account.login_shell},
                        {"password", password_name(account.password)}});
  }
  return {{"setuid", array_of(audit.tree.setuid)},
          {"file_capabilities", capable},
          {"world_writable", array_of(audit.tree.world_writable)},
          {"accounts", accounts},
          {"secrets", array_of(audit.secrets)},
          {"programs", array_of(audit.programs)}};
}

}  // namespace bootstrap
