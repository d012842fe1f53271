#pragma once

namespace trajectory::base {

/// Whether this is built with the address sanitizer: memory that is kept for the next use would hide from it who uses
/// it too late or beyond its end.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool k_address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool k_address_sanitizer = true;
#else
inline constexpr bool k_address_sanitizer = false;
#endif
#else
inline constexpr bool k_address_sanitizer = false;
#endif

}  // namespace trajectory::base
