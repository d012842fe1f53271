#pragma once

#include <cstdint>
#include <string_view>

namespace trajectory::base {

/// A 128-bit XXH3 hash: equal hashes are taken as equal content.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

[[nodiscard]] Hash128 hash128(std::string_view bytes);
[[nodiscard]] std::uint64_t hash64(std::string_view bytes);

/// The hash of an ordered pair.
[[nodiscard]] Hash128 combine(Hash128 first, Hash128 second);

struct Hash128Hasher {
  std::size_t operator()(const Hash128& hash) const noexcept { return static_cast<std::size_t>(hash.low); }
};

}  // namespace trajectory::base
