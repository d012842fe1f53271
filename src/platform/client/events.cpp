#include "platform/client/events.h"

#include <algorithm>
#include <memory>

#include "base/mapped_file.h"
#include "base/time.h"
#include "json/value.h"
#include "json/write.h"
#include "platform/client/body.h"

namespace trajectory::platform::client {

namespace {

constexpr std::string_view k_blanks = " \t\r\n";

/// Whether a text holds something beside white space, also of the kinds beyond ASCII that Python's `strip` takes off.
bool is_blank(std::string_view text) {
  constexpr std::string_view k_wide[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
                                         "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t size = byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31) ? 1 : 0;
    for (const std::string_view space : k_wide)
      if (text.starts_with(space)) size = space.size();
    if (text.starts_with("\xE2\x80") && text.size() > 2 && static_cast<unsigned char>(text[2]) >= 0x80 &&
        static_cast<unsigned char>(text[2]) <= 0x8A)
      size = 3;  // U+2000 to U+200A
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string_view kind_name(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::k_null:
      return "nothing";
    case json::Kind::k_boolean:
      return "a boolean";
    case json::Kind::k_number:
      return "a number";
    case json::Kind::k_string:
      return "a text";
    case json::Kind::k_array:
      return "a list";
    case json::Kind::k_object:
      break;
  }
  return "an object";
}

struct Gathered {
  std::uint64_t place;
  std::string json;
};

/// Counts what was sent: those that the answer names were refused.
void count(EventReport& report, const std::vector<Gathered>& chunk, const std::string& answer) {
  std::vector<bool> refused(chunk.size());
  json::Parser parser;
  if (const auto parsed = parser.parse(answer); parsed && (**parsed)["errors"].is_array())
    for (const json::Value& error : (**parsed)["errors"].items()) {
      const auto index = static_cast<std::uint64_t>(error["request_index"].integer(-1));
      if (index >= chunk.size() || refused[index]) continue;
      refused[index] = true;
      ++report.skipped;
      report.errors.push_back("Event " + std::to_string(chunk[index].place) +
                              ": the platform refuses it: " + std::string(error["error"].string()));
    }
  report.pushed += static_cast<std::uint64_t>(std::count(refused.begin(), refused.end(), false));
}

/// Sends what was gathered.
base::Result<http::Response> send(const Service& service, const std::vector<Gathered>& chunk,
                                  const EventOptions& options) {
  Body body;
  body.add("{\"events\":[");
  for (std::size_t i = 0; i < chunk.size(); ++i) body.add((i > 0 ? "," : "") + chunk[i].json);
  body.add("]}");
  const Service::Post call{.path = "/api/v1/telemetry/events",
                           .content_type = "application/json",
                           .body = body.source(),
                           .what = "push events",
                           .retries = options.retries};
  auto answer = service.post(call);
  if (answer && !answer->ok()) return service.refusal(call, *answer);
  return answer;
}

}  // namespace

std::string EventReport::json() const {
  std::string out =
      "{\"pushed\":" + std::to_string(pushed) + ",\"skipped\":" + std::to_string(skipped) + ",\"errors\":[";
  for (std::size_t i = 0; i < errors.size(); ++i) out.append(i > 0 ? "," : "").append(json::quoted(errors[i]));
  return out + "]}";
}

std::string trouble_in_event(std::string_view json) {
  json::Parser parser;
  const auto parsed = parser.parse(json);
  if (!parsed) return "it is no JSON: " + parsed.error().text();
  const json::Value& event = **parsed;
  if (!event.is_object()) return "it is " + std::string(kind_name(event)) + ", not an object";
  for (const std::string_view name : {"event_type", "session_id"}) {
    if (!event[name].is_null() && !event[name].is_string())
      return std::string(name) + " must be a text, not " + std::string(kind_name(event[name]));
    if (is_blank(event[name].string())) return std::string(name) + " is required (got empty/blank)";
  }
  if (!event["properties"].is_object())
    return "properties must be an object, not " + std::string(kind_name(event["properties"]));
  if (!event["timestamp"].is_string() || !base::parse_any_time(event["timestamp"].string()))
    return "timestamp must be ISO 8601";
  return {};
}

base::Result<EventReport> push_events(const Service& service, const EventSource& source, const EventOptions& options) {
  if (options.chunk_size == 0) return base::Error(base::ErrorCode::k_usage, "a chunk of events must hold at least one");
  EventReport out;
  std::vector<Gathered> chunk;
  for (std::uint64_t place = 0;; ++place) {
    auto event = source();
    if (!event) return std::move(event).error();
    if (*event) {
      std::string trouble = trouble_in_event(**event);
      if (trouble.empty()) {
        chunk.push_back({place, std::move(**event)});
      } else {
        ++out.skipped;
        out.errors.push_back("Event " + std::to_string(place) + ": " + trouble);
      }
    }
    if (!chunk.empty() && (!*event || chunk.size() == options.chunk_size)) {
      if (service.interrupted()) return base::Error(base::ErrorCode::k_interrupted, "interrupted");
      auto sent = send(service, chunk, options);
      if (!sent) {
        if (out.pushed == 0) return std::move(sent).error();
        return std::move(sent).error().with(std::to_string(out.pushed) + " events were pushed before");
      }
      count(out, chunk, sent->body);
      chunk.clear();
      if (service.hooks().progress) service.hooks().progress("pushing events", out.pushed, 0);
    }
    if (!*event) return out;
  }
}

base::Result<EventSource> open_events(const std::string& path) {
  auto opened = base::MappedFile::open(path);
  if (!opened) return std::move(opened).error();
  struct State {
    base::MappedFile file;
    std::string_view rest;
    json::Parser parser;
    const json::Value* list = nullptr;
    std::size_t at = 0;
  };
  auto state = std::make_shared<State>(State{std::move(*opened), {}, {}, nullptr, 0});
  state->rest = state->file.bytes();
  const std::size_t begin = state->rest.find_first_not_of(k_blanks);
  if (begin != std::string_view::npos && state->rest[begin] == '[') {
    const auto parsed = state->parser.parse(state->rest, 1);
    if (!parsed) return base::Error(parsed.error()).with(path);
    state->list = *parsed;
  }
  return EventSource([state]() -> base::Result<std::optional<std::string>> {
    if (state->list != nullptr) {
      if (state->at == state->list->size()) return std::optional<std::string>();
      return std::optional(std::string(state->list->items()[state->at++].raw()));
    }
    while (!state->rest.empty()) {
      const std::string_view line = state->rest.substr(0, state->rest.find('\n'));
      state->rest.remove_prefix(std::min(line.size() + 1, state->rest.size()));
      const std::size_t from = line.find_first_not_of(k_blanks);
      if (from == std::string_view::npos) continue;
      return std::optional(std::string(line.substr(from, line.find_last_not_of(k_blanks) + 1 - from)));
    }
    return std::optional<std::string>();
  });
}

}  // namespace trajectory::platform::client
