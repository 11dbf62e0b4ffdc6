#include "audit/elf.h"

#include <elf.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

template <typename Struct>
void append(std::string& file, const Struct& value) {
  file.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A 64-bit file with the tables that matter and nothing else.
struct ElfBuilder {
  std::uint16_t type = ET_DYN;
  std::vector<Elf64_Phdr> segments;
  std::string content;  ///< what segments and sections point into; begins after 0x1000 bytes
  std::vector<Elf64_Shdr> sections;

  static constexpr std::uint64_t kBase = 0x1000;

  std::uint64_t place(const std::string& bytes) {
    const std::uint64_t at = kBase + content.size();
    content += bytes;
    content.resize((content.size() + 7) / 8 * 8);
    return at;
  }
  void segment(std::uint32_t kind, std::uint32_t flags, const std::string& bytes = {}) {
    Elf64_Phdr header{};
    header.p_type = kind;
    header.p_flags = flags;
    header.p_offset = place(bytes);
    header.p_filesz = bytes.size();
    segments.push_back(header);
  }
  void dynamic(const std::vector<std::pair<std::int64_t, std::uint64_t>>& entries) {
    std::string bytes;
    for (const auto& [tag, value] : entries) {
      append(bytes, tag);
      append(bytes, value);
    }
    segment(PT_DYNAMIC, PF_R | PF_W, bytes);
  }
  void symbols(const std::vector<std::string>& names) {
    std::string strings(1, '\0');
    std::string table;
    for (const std::string& name : names) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<std::uint32_t>(strings.size());
      strings += name + '\0';
      append(table, symbol);
    }
    Elf64_Shdr dynsym{};
    dynsym.sh_type = SHT_DYNSYM;
    dynsym.sh_offset = place(table);
    dynsym.sh_size = table.size();
    dynsym.sh_link = static_cast<std::uint32_t>(sections.size() + 1);
    Elf64_Shdr dynstr{};
    dynstr.sh_type = SHT_STRTAB;
    dynstr.sh_offset = place(strings);
    dynstr.sh_size = strings.size();
    sections.insert(sections.end(), {dynsym, dynstr});
  }
  void features(std::uint32_t bits) {
    std::string note;
    for (std::uint32_t word : {4U, 16U, 5U, 0x00554e47U, 0xc0000002U, 4U, bits, 0U})
      append(note, word);
    segment(0x6474e553, PF_R, note);
  }

  std::string file() const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<std::uint16_t>(segments.size());
    header.e_shoff = kBase + content.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<std::uint16_t>(sections.size());
    std::string file;
    append(file, header);
    for (const Elf64_Phdr& segment : segments)
      append(file, segment);
    file.resize(kBase);
    file += content;
    for (const Elf64_Shdr& section : sections)
      append(file, section);
    return file;
  }
};

ElfBuilder hardened() {
  ElfBuilder elf;
  elf.segment(PT_INTERP, PF_R, "/lib64/ld.so");
  elf.segment(PT_GNU_STACK, PF_R | PF_W);
  elf.segment(PT_GNU_RELRO, PF_R);
  elf.dynamic({{DT_FLAGS, DF_BIND_NOW}, {DT_FLAGS_1, DF_1_NOW | DF_1_PIE}, {DT_NULL, 0}});
  elf.features(3);
  elf.symbols({"__stack_chk_fail", "__printf_chk", "memcpy", "main"});
  return elf;
}

TEST_CASE("a hardened program") {
  const auto facts = read_elf(hardened().file());
  REQUIRE(facts);
  CHECK(facts->kind == ElfFacts::Kind::kPositionIndependent);
  CHECK(facts->relro == ElfFacts::Relro::kFull);
  CHECK_FALSE(facts->executable_stack);
  CHECK(facts->stack_protector == true);
  CHECK(facts->fortified == 1);
  CHECK(facts->unfortified == 1);
  CHECK(facts->branch_tracking);
  CHECK(facts->shadow_stack);
}

TEST_CASE("a program without any of it") {
  ElfBuilder elf;
  elf.type = ET_EXEC;
  elf.symbols({"strcpy", "main"});
  const auto facts = read_elf(elf.file());
  REQUIRE(facts);
  CHECK(facts->kind == ElfFacts::Kind::kExecutable);
  CHECK(facts->relro == ElfFacts::Relro::kNone);
  CHECK(facts->executable_stack);
  CHECK(facts->stack_protector == false);
  CHECK(facts->fortified == 0);
  CHECK(facts->unfortified == 1);
  CHECK_FALSE(facts->branch_tracking);
}

TEST_CASE("a library with lazy binding and one feature") {
  ElfBuilder elf;
  elf.segment(PT_GNU_RELRO, PF_R);
  elf.segment(PT_GNU_STACK, PF_R | PF_W | PF_X);
  elf.dynamic({{DT_NULL, 0}, {DT_FLAGS, DF_BIND_NOW}});  // what follows the end does not count
  elf.features(1);
  const auto facts = read_elf(elf.file());
  REQUIRE(facts);
  CHECK(facts->kind == ElfFacts::Kind::kLibrary);
  CHECK(facts->relro == ElfFacts::Relro::kPartial);
  CHECK(facts->executable_stack);
  CHECK_FALSE(facts->stack_protector);  // not known: there are no symbols
  CHECK(facts->branch_tracking);
  CHECK_FALSE(facts->shadow_stack);
}

TEST_CASE("what is no ELF program is none") {
  CHECK_FALSE(read_elf(""));
  CHECK_FALSE(read_elf("#!/bin/sh\n"));
  CHECK_FALSE(
      read_elf("\x7f"
               "ELF"));
  ElfBuilder object = hardened();
  object.type = ET_REL;
  CHECK_FALSE(read_elf(object.file()));
}

TEST_CASE("tables that point anywhere do no harm") {
  const std::string good = hardened().file();
  for (std::size_t size = 0; size < good.size(); size += 7)
    read_elf(std::string_view(good).substr(0, size));
  std::mt19937 random(1);  // the same files in every run
  for (int i = 0; i < 20000; ++i) {
    std::string bad = good;
    for (int n = 0; n < 3; ++n) {
      // Headers, then tables: that is where everything is steered from.
      const std::size_t at = random() % 2 == 0
                                 ? random() % 0x180
                                 : ElfBuilder::kBase + random() % (good.size() - ElfBuilder::kBase);
      bad[at] = static_cast<char>(random());
    }
    bad[4] = static_cast<char>(1 + random() % 2);  // either class
    bad[5] = static_cast<char>(1 + random() % 2);  // either byte order
    read_elf(bad);
  }
  const std::string real = read_file("/proc/self/exe");
  REQUIRE(read_elf(real));
  CHECK(read_elf(real)->relro != ElfFacts::Relro::kNone);
}

}  // namespace
}  // namespace bootstrap
