#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/client/service.h"

namespace trajectory::platform::client {

struct EventReport {
  std::uint64_t pushed = 0;
  std::uint64_t skipped = 0;        ///< invalid, or refused one by one
  std::vector<std::string> errors;  ///< of these, a line each

  /// {"pushed", "skipped", "errors"}
  [[nodiscard]] std::string json() const;
};

struct EventOptions {
  std::uint64_t chunk_size = 1000;  ///< events in one request, at least 1
  unsigned retries = 3;             ///< of a request
};

/// Events one after the other: each the JSON text of an object; none at the end.
using EventSource = std::function<base::Result<std::optional<std::string>>()>;

/// Sends events in chunks. Invalid ones (blank `event_type` or `session_id`, `properties` that are no object, a
/// `timestamp` that is no ISO 8601) are left out and named by their place; so are those that the platform refuses one
/// by one (`errors` in its answer). Events that repeat an `event_id` count as pushed: the service leaves them out.
/// Errors: k_usage (chunk size), k_denied, k_remote, k_unreachable, k_interrupted, the source's. What was pushed before
/// stays; pushing everything again has no further effect.
[[nodiscard]] base::Result<EventReport> push_events(const Service& service, const EventSource& source,
                                                    const EventOptions& options);

/// What is wrong with an event; empty when nothing is.
[[nodiscard]] std::string trouble_in_event(std::string_view json);

/// The events in a file: JSON lines, or one JSON array. Errors: k_not_found, k_io, k_bad_format (at once, or from the
/// source, naming the line).
[[nodiscard]] base::Result<EventSource> open_events(const std::string& path);

}  // namespace trajectory::platform::client
