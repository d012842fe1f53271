#include "platform/requests/events.h"

#include "base/time.h"
#include "platform/catalog/events.h"
#include "platform/requests/json_text.h"

namespace trajectory::platform::requests {

namespace {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// What is wrong with an event; empty when nothing is.
std::string fault_of(const json::Value& event) {
  if (!event.is_object()) return "no object";
  for (const std::string_view name : {"event_id", "event_type", "session_id"})
    if (blank(event[name].string())) return std::string(name) + " is no text, or blank";
  if (!event["properties"].is_null() && !event["properties"].is_object()) return "properties is no object";
  if (!base::parse_any_time(event["timestamp"].string())) return "timestamp is no ISO 8601 time";
  return {};
}

}  // namespace

base::Result<Answer> push_events(const Context& context, const Request& request) {
  const auto body = read_json(context, request, json::Parser::k_max_depth);
  if (!body) return body.error();
  const json::Value& list = (*body->value)["events"];
  if (!list.is_array()) return base::Error(base::ErrorCode::k_usage, "the body has no list of events");
  if (list.size() > context.settings.batch)
    return base::Error(base::ErrorCode::k_too_large,
                       "more than " + std::to_string(context.settings.batch) + " events: send smaller batches");
  std::vector<catalog::EventRow> rows;
  JsonText errors = JsonText::array();
  std::int64_t refused = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json::Value& event = list.items()[i];
    if (const std::string fault = fault_of(event); !fault.empty()) {
      ++refused;
      errors.item(
          JsonText::object().integer("request_index", static_cast<std::int64_t>(i)).text("error", fault).done());
      continue;
    }
    std::string text;
    json::append_compact(text, event);
    rows.push_back({std::string(event["event_id"].string()), std::string(event["trajectory_id"].string()),
                    std::string(event["trace_id"].string()), *base::parse_any_time(event["timestamp"].string()),
                    std::move(text)});
  }
  const auto stored = catalog::put_events(context.catalog, rows, context.clock.now());
  if (!stored) return stored.error();
  Answer out;
  out.body = JsonText::object()
                 .integer("accepted", *stored)
                 .integer("skipped", static_cast<std::int64_t>(rows.size()) - *stored)
                 .integer("refused", refused)
                 .raw("errors", errors.done())
                 .done();
  return out;
}

}  // namespace trajectory::platform::requests
