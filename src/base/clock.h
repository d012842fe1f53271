#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace trajectory::base {

/// Time, waiting and chance, handed in by the caller so that a test needs neither to wait nor to be lucky. All members
/// are set and may be called from several threads.
struct Clock {
  std::function<std::int64_t()> now;                     ///< microseconds since 1970 UTC
  std::function<std::int64_t()> steady;                  ///< milliseconds of a clock that never goes back
  std::function<bool(std::int64_t milliseconds)> sleep;  ///< false when the wait was cut short by an interrupt
  std::function<double()> random;                        ///< from 0 up to, not including, 1
};

/// The machine's own. A wait ends within a twentieth of a second after `stop` (which may be null) is set.
[[nodiscard]] Clock system_clock(const std::atomic<bool>* stop);

}  // namespace trajectory::base
