// Numbers for names. An archive has more than a hundred thousand of them and every request looks all of them
// up, so this is a flat table: std::unordered_map's nodes made up half the time of a resolve.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace bootstrap {

/// Numbers names from 0 in the order in which it first sees them. The names' text must outlive the table.
class NameTable {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

  /// The name's number, a new one if need be.
  std::uint32_t number(std::string_view name) {
    if (names_.size() * 2 >= slots_.size())
      grow();
    const std::uint32_t hash = hash_of(name);
    Slot& slot = slots_[slot_of(name, hash)];
    if (slot.number == kFree) {
      slot = {hash, size()};
      names_.push_back(name);
    }
    return slot.number;
  }

  std::optional<std::uint32_t> find(std::string_view name) const {
    if (names_.empty())
      return std::nullopt;
    const Slot& slot = slots_[slot_of(name, hash_of(name))];
    return slot.number == kFree ? std::nullopt : std::optional(slot.number);
  }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kFree;
  };

  static std::uint32_t hash_of(std::string_view name) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>()(name));
  }

  /// Where the name is, or the free slot where it belongs.
  std::size_t slot_of(std::string_view name, std::uint32_t hash) const {
    std::size_t i = hash & (slots_.size() - 1);
    while (slots_[i].number != kFree && (slots_[i].hash != hash || names_[slots_[i].number] != name))
      i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  void grow() {
    constexpr std::size_t kFirstSize = 1024;
    std::vector<Slot> old(slots_.empty() ? kFirstSize : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.number != kFree)
        slots_[slot_of(names_[slot.number], slot.hash)] = slot;
  }

  std::vector<Slot> slots_;  ///< a power of two of them, at most half in use
  std::vector<std::string_view> names_;
};

}  // namespace bootstrap
