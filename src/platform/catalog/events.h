#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

/// A telemetry event as it was sent.
struct EventRow {
  std::string event_id;
  std::string trajectory_id;  ///< empty: none
  std::string trace_id;       ///< empty: none
  std::int64_t time = 0;      ///< microseconds since 1970 UTC
  std::string body;           ///< JSON object
};

/// Stores events; one whose id is known is left as it stands. Returns how many were new. Errors: k_io.
[[nodiscard]] base::Result<std::int64_t> put_events(Catalog& catalog, std::span<const EventRow> events,
                                                    std::int64_t now);

/// Where a page of events goes on.
struct EventPosition {
  std::int64_t time = INT64_MIN;
  std::int64_t id = 0;
};

struct EventPage {
  std::vector<std::string> bodies;  ///< by time
  std::optional<EventPosition> next;
};

/// Events of a trajectory: those that name it and those of its trace. Errors: k_io.
[[nodiscard]] base::Result<EventPage> events_of(Catalog& catalog, const std::string& trajectory_id,
                                                const std::string& trace_id, EventPosition after, std::size_t limit);

}  // namespace trajectory::platform::catalog
