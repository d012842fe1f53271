#include "base/hash.h"

#include <array>

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // the widest registers that the processor has
#else
#include <xxhash.h>
#endif

namespace trajectory::base {

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 combine(Hash128 first, Hash128 second) {
  const std::array<std::uint64_t, 4> parts{first.low, first.high, second.low, second.high};
  return hash128({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

}  // namespace trajectory::base
