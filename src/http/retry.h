#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"

namespace trajectory::http {

/// Whether an answer is worth another try: 408, 425, 429 and 5xx, save 501 and 505.
[[nodiscard]] bool is_passing(int status);

struct RetryPolicy {
  int tries = 6;                       ///< in all
  std::int64_t first_wait = 500;       ///< milliseconds; doubles with each try
  std::int64_t longest_wait = 30'000;  ///< milliseconds
  /// Milliseconds that chance adds to a wait at most; none: chance takes up to half of the wait off.
  std::optional<std::int64_t> jitter{};
  std::int64_t longest_asked_wait = 300'000;  ///< milliseconds that a service may ask for; above, its answer stands
  /// Whether the request may reach the service twice: else only answers that refuse it are followed by another try.
  bool repeatable = true;
  bool (*passing)(int status) = is_passing;  ///< which answers are followed by another try
};

/// The wait that an answer asks for in Retry-After-Ms or Retry-After (seconds or a date), in milliseconds.
/// `now`: microseconds since 1970 UTC.
[[nodiscard]] std::optional<std::int64_t> asked_wait(const Response& response, std::int64_t now);

/// The wait before try number `tried` + 1, with chance in it.
[[nodiscard]] std::int64_t backoff(const RetryPolicy& policy, int tried, const base::Clock& clock);

/// Sends until an answer is not passing, or the tries are used up; then the last answer is returned, or the last
/// failure. Errors: those of `send`, k_interrupted.
[[nodiscard]] base::Result<Response> send_with_retry(const std::function<base::Result<Response>(const Request&)>& send,
                                                     const Request& request, const RetryPolicy& policy,
                                                     const base::Clock& clock);

}  // namespace trajectory::http
