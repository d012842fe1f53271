#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trajectory::base {

/// Reads an ISO 8601 time ("2026-11-22T11:46:43.812486Z", "... +02:00", a blank for the T) as microseconds since 1970
/// UTC. Without a zone it is UTC; digits finer than a microsecond are cut. None when the text is no such time.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text);

/// The same, and the other forms that Python's `datetime.fromisoformat` reads: dates without dashes ("20261122") and by
/// weeks ("2026-W47-7", without a day the Monday), times without colons or minutes ("T114643", "T11").
[[nodiscard]] std::optional<std::int64_t> parse_any_time(std::string_view text);

/// Writes microseconds since 1970 as "2026-11-22T11:46:43.812486Z", always with six digits.
[[nodiscard]] std::string format_time(std::int64_t micros);

}  // namespace trajectory::base
