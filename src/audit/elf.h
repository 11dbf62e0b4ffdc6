// What the compiler and the linker did for an ELF file against attacks (System V gABI, its x86-64 and AArch64
// supplements). A small reader of our own: it needs a few tables only, and files come from an image and so
// may hold anything, which common ELF libraries do not promise to survive.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bootstrap {

struct ElfFacts {
  enum class Kind { kExecutable, kPositionIndependent, kLibrary };
  enum class Relro {
    kNone,
    kPartial,  ///< the tables for calls into libraries stay writable
    kFull
  };

  Kind kind = Kind::kExecutable;
  Relro relro = Relro::kNone;
  bool executable_stack = false;  ///< PT_GNU_STACK asks for one, or is missing
  /// Symbols tell; nullopt when there are none: a stripped static program.
  std::optional<bool> stack_protector;
  /// Calls of functions that check the size of their buffer, and of those that could but do not; by name.
  unsigned fortified = 0;
  unsigned unfortified = 0;
  bool branch_tracking = false;  ///< CET's IBT, on arm64 BTI
  bool shadow_stack = false;     ///< CET's SHSTK, on arm64 PAC
};

/// Nullopt for what is neither a program nor a shared library, or is damaged.
std::optional<ElfFacts> read_elf(std::string_view file);

inline constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";

}  // namespace bootstrap
