#include "platform/catalog/events.h"

namespace trajectory::platform::catalog {

namespace {

std::optional<std::string_view> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

base::Result<std::int64_t> put_events(Catalog& catalog, std::span<const EventRow> events, std::int64_t now) {
  std::int64_t stored = 0;
  const base::Status done = catalog.write([&](sqlite::Database& database) -> base::Status {
    auto add = database.prepare(
        "INSERT OR IGNORE INTO events(event_id, trajectory_id, trace_id, time, received, body) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!add) return std::move(add).error();
    for (const EventRow& event : events) {
      TJ_TRY(
          add->bind(event.event_id, or_null(event.trajectory_id), or_null(event.trace_id), event.time, now, event.body)
              .run());
      stored += database.changes();
    }
    return {};
  });
  if (!done.ok()) return done.error();
  return stored;
}

base::Result<EventPage> events_of(Catalog& catalog, const std::string& trajectory_id, const std::string& trace_id,
                                  EventPosition after, std::size_t limit) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<EventPage> {
    auto find = database.prepare(
        "SELECT body, time, id FROM events WHERE (trajectory_id = ?1 OR (trajectory_id IS NULL AND trace_id = ?2)) "
        "AND (time, id) > (?3, ?4) ORDER BY time, id LIMIT ?5");
    if (!find) return std::move(find).error();
    EventPage out;
    EventPosition last = after;
    TJ_TRY(find->bind(trajectory_id, or_null(trace_id), after.time, after.id, static_cast<std::int64_t>(limit) + 1)
               .each([&](const sqlite::Statement& row) {
                 if (out.bodies.size() == limit) {
                   out.next = last;
                   return;
                 }
                 out.bodies.emplace_back(row.text(0));
                 last = {row.integer(1), row.integer(2)};
               }));
    return out;
  });
}

}  // namespace trajectory::platform::catalog
