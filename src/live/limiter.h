#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace trajectory::live {

/// Keeps calls within a number a window of ten seconds, and learns that number where it is not known: refusals (429)
/// lower it to what was let through, and whole windows without one raise it again when it may grow. All threads of an
/// operation share one. Limits: https://docs.langchain.com/langsmith/export-traces#rate-limits
class Limiter {
 public:
  static constexpr std::int64_t k_window = 10'000;  ///< milliseconds

  Limiter(base::Clock clock, std::size_t calls, bool may_grow)
      : clock_(std::move(clock)), calls_(calls), first_calls_(calls), may_grow_(may_grow) {}

  /// Waits until a call may go out. False: interrupted.
  [[nodiscard]] bool acquire();
  /// A call was let through.
  void let_through();
  /// A call was refused; `asked` is the wait in Retry-After, in milliseconds.
  void refused(std::optional<std::int64_t> asked);

  /// Calls a window, as far as is known now.
  [[nodiscard]] std::size_t calls() const;
  /// Milliseconds since the first of the refusals that no call was let through after; 0: the last one was let through.
  [[nodiscard]] std::int64_t refused_for() const;

 private:
  [[nodiscard]] std::int64_t wait_now();  // under the lock
  void forget(std::int64_t now);
  void grow(std::int64_t now);

  base::Clock clock_;
  mutable std::mutex mutex_;
  std::size_t calls_;
  std::size_t first_calls_;
  bool may_grow_;
  std::deque<std::int64_t> sent_;     ///< times of the calls in the present window
  std::deque<std::int64_t> through_;  ///< times at which calls were let through
  std::int64_t paused_until_ = 0;
  std::optional<std::int64_t> first_refusal_;  ///< since a call was let through
  std::optional<std::int64_t> last_refusal_;
  std::optional<std::int64_t> last_growth_;
  int in_a_row_ = 0;
};

}  // namespace trajectory::live
