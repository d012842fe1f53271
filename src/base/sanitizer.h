#pragma once

namespace trajectory::base {

/// Whether the address sanitizer watches: memory that is kept for the next use would hide from it who uses it too late or
/// beyond its end.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool k_watched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool k_watched = true;
#else
inline constexpr bool k_watched = false;
#endif
#else
inline constexpr bool k_watched = false;
#endif

}  // namespace trajectory::base
