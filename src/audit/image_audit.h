// The audit of a finished image, read from its layers; nothing is unpacked to disk, and nothing of it runs.
#pragma once

#include <string>
#include <vector>

#include "audit/elf.h"
#include "audit/secrets.h"
#include "audit/tree_audit.h"
#include "base/json.h"
#include "image/layout.h"

namespace bootstrap {

struct AuditedProgram {
  std::string path;  ///< absolute
  ElfFacts facts;
};

struct AuditedSecret {
  std::string path;  ///< absolute
  SecretKind kind = SecretKind::kPrivateKey;
};

struct ImageAudit {
  TreeAudit tree;
  std::vector<AuditedSecret> secrets;    ///< files that hold one, by path
  std::vector<AuditedProgram> programs;  ///< every ELF program and shared library, by path
};

/// Layers are checked against their digests; throws kFailure for a damaged one.
ImageAudit audit_image(const ImageLayout& layout, const ImageManifest& manifest);

/// What a program lacks, in words: "no PIE", "partial RELRO", "executable stack", "no stack protector", "not
/// fortified"; empty for a program that has all of them. CET and its like on arm64 are no part of it: they
/// protect only where the C library, the kernel and the processor have them too.
std::vector<std::string> weaknesses_of(const ElfFacts& facts);

Json to_json(const ImageAudit& audit);

}  // namespace bootstrap
