#include <charconv>

#include "base/decimal.h"
#include "base/time.h"
#include "json/write.h"
#include "record/fields.h"
#include "record/record_json.h"

namespace trajectory::record {

namespace {

using json::Value;

std::string compact(const Value& value) {
  std::string out;
  if (!value.is_null()) json::append_compact(out, value);
  return out;
}

class Reader {
 public:
  Reader(const Value& object, std::string& wrong) : object_(&object), wrong_(wrong) {}

  template <class T>
  void value(const Value& object, T& v) {
    if (!object.is_object()) return note("an object");
    Reader inner(object, wrong_);
    fields(inner, v);
  }

  void text(std::string_view name, std::string& v) {
    const Value& found = (*object_)[name];
    if (!found.is_string() && !found.is_null()) return note(name);
    v = found.string();
  }
  void kept_text(std::string_view name, std::string& v) { text(name, v); }
  void json(std::string_view name, std::string& v) { v = compact((*object_)[name]); }
  void flag(std::string_view name, bool& v) { v = (*object_)[name].is_true(); }
  template <class T>
  void count(std::string_view name, T& v) {
    v = static_cast<T>((*object_)[name].integer());
  }
  void real(std::string_view name, double& v) {
    const Value& found = (*object_)[name];
    v = found.as_double().value_or(0);
    if (found.is_number() && !found.as_double()) note(name);
  }
  template <class T>
  void number(std::string_view name, std::optional<T>& v) {
    if ((*object_)[name].is_number()) v = static_cast<T>((*object_)[name].integer());
  }
  void cost(std::string_view name, std::optional<model::Picos>& v) {
    if ((*object_)[name].is_number()) v = base::parse_picos((*object_)[name].text());
  }
  void time(std::string_view name, std::optional<model::Micros>& v) {
    const Value& found = (*object_)[name];
    if (found.is_null()) return;
    v = base::parse_time(found.string());
    if (!v) note(name);
  }
  template <class T, std::size_t N>
  void choice(std::string_view name, T& v, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i)
      if (names[i] == (*object_)[name].string()) {
        v = static_cast<T>(i);
        return;
      }
    note(name);
  }
  template <class T>
  void object(std::string_view name, T& v) {
    if (!(*object_)[name].is_null()) value((*object_)[name], v);
  }
  template <class T>
  void optional_object(std::string_view name, std::optional<T>& v) {
    if (!(*object_)[name].is_null()) value((*object_)[name], v.emplace());
  }
  template <class T>
  void list(std::string_view name, std::vector<T>& v) {
    const Value& found = (*object_)[name];
    if (!found.is_null() && !found.is_array()) return note(name);
    for (const Value& item : found.items()) value(item, v.emplace_back());
  }
  template <class T>
  void kept_list(std::string_view name, std::vector<T>& v) {
    list(name, v);
  }
  void optional_text(std::string_view name, std::optional<std::string>& v) {
    if (!(*object_)[name].is_null()) text(name, v.emplace());
  }
  void optional_calls(std::string_view name, std::optional<std::vector<model::ToolCall>>& v) {
    if (!(*object_)[name].is_null()) calls(name, v.emplace());
  }
  void calls(std::string_view name, std::vector<model::ToolCall>& v) {
    for (const Value& call : (*object_)[name].items())
      v.push_back({std::string(call["id"].string()), std::string(call["function"]["name"].string()),
                   std::string(call["function"]["arguments"].string())});
  }
  void ranges(std::string_view name, std::vector<model::Range>& v) {
    for (const Value& range : (*object_)[name].items()) {
      const std::int64_t from = range[0].integer(-1);
      const std::int64_t to = range[1].integer(-1);
      if (from < 0 || to < from || to > UINT32_MAX) return note(name);
      v.emplace_back(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
    }
  }
  void place(std::string_view name, std::optional<std::uint32_t>& v) {
    if ((*object_)[name].is_number()) v = static_cast<std::uint32_t>((*object_)[name].integer());
  }
  void variants(std::string_view name, std::map<std::uint32_t, model::Variant>& v) {
    for (const json::Member& member : (*object_)[name].members()) {
      std::uint32_t at = 0;
      const auto [end, error] = std::from_chars(member.key.data(), member.key.data() + member.key.size(), at);
      if (error != std::errc() || end != member.key.data() + member.key.size()) return note(name);
      if (member.value.is_string()) v[at].content = member.value.text();
      else v[at] = {std::string((*object_)["variant_texts"][member.key].string()), compact(member.value)};
      if (const Value& more = (*object_)["variant_fields"][member.key]; !more.is_null()) value(more, v[at]);
    }
  }
  /// The names are derived; the ranges of definitions count.
  void tools(std::string_view, std::vector<std::uint32_t>& v) {
    constexpr std::size_t k_most = 1 << 20;
    std::vector<model::Range> definitions;
    ranges("tool_definitions", definitions);
    std::size_t count = 0;
    for (const auto& [from, to] : definitions) count += to - from;
    if (count > k_most) return note("tool_definitions");
    for (const auto& [from, to] : definitions)
      for (std::uint32_t tool = from; tool < to; ++tool) v.push_back(tool);
  }

 private:
  void note(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const Value* object_;
  std::string& wrong_;
};

void read_texts(const Value& list, std::vector<std::string>& out) {
  for (const Value& item : list.items()) out.emplace_back(item.string());
}

bool within(const std::vector<model::Range>& ranges, std::size_t size) {
  for (const auto& [from, to] : ranges)
    if (to > size) return false;
  return true;
}

/// Whether every place that calls name exists, so that readers of the record need not ask again.
bool places_exist(const model::Lane& lane, std::size_t definitions) {
  const auto calls_fit = [&](const std::vector<model::ModelCall>& calls, std::size_t size) {
    for (const model::ModelCall& call : calls) {
      if (!within(call.context, size) || (call.answer && *call.answer >= size)) return false;
      for (const std::uint32_t tool : call.tools)
        if (tool >= definitions) return false;
    }
    return true;
  };
  if (!calls_fit(lane.calls, lane.messages.size())) return false;
  for (const model::Alternative& alternative : lane.alternatives)
    if (alternative.at_message > lane.messages.size() ||
        !calls_fit(alternative.calls, alternative.at_message + alternative.messages.size()))
      return false;
  for (const model::Lane& agent : lane.subagents)
    if (!places_exist(agent, definitions)) return false;
  return true;
}

/// Whether a contract's form that is kept in the record has steps over messages that are there.
bool contract_fits(const Value& contract) {
  if (contract.is_null()) return true;
  if (!contract["messages"].is_array() || !contract["steps"].is_array() || !contract["task"].is_object()) return false;
  const auto size = static_cast<std::int64_t>(contract["messages"].items().size());
  for (const Value& step : contract["steps"].items()) {
    if (!step["messages"].is_array()) return false;
    for (const Value& range : step["messages"].items())
      if (range[0].integer(-1) < 0 || range[1].integer(-1) < range[0].integer() || range[1].integer() > size)
        return false;
  }
  return true;
}

/// A message of the details form has no role unless it is exact: the typed columns have it.
void read_main_messages(const Value& list, std::vector<model::TranscriptMessage>& out, std::string& wrong) {
  for (const Value& item : list.items()) {
    Reader reader(item, wrong);
    model::TranscriptMessage& message = out.emplace_back();
    if (item.has("role")) message_fields(reader, message);
    provenance_fields(reader, message);
  }
}

}  // namespace

base::Result<model::Trajectory> read_record(const Value& o) {
  const auto bad = [](std::string_view what) {
    return base::Error(base::ErrorCode::k_bad_format, "not a trajectory record: bad " + std::string(what));
  };
  if (!o.is_object() || !o["conversation_id"].is_string() || !o["messages"].is_array())
    return bad("conversation_id or messages");
  std::string wrong;
  Reader r(o, wrong);
  model::Trajectory t;
  r.kept_text("conversation_id", t.conversation_id);
  r.text("project_id", t.project_id);
  r.text("thread_key", t.thread_key);
  read_main_messages(o["messages"], t.main.messages, wrong);
  r.list("calls", t.main.calls);
  r.list("subagents", t.main.subagents);
  r.list("auxiliary", t.auxiliary);
  r.list("alternatives", t.main.alternatives);
  r.list("events", t.events);
  for (const Value& definition : o["tool_definitions"].items()) t.tool_definitions.push_back(compact(definition));
  r.optional_object("reward", t.reward);
  r.text("error", t.error);
  r.object("usage", t.usage);
  r.count("failed_calls", t.failed_calls);
  r.time("start_time", t.start_time);
  r.time("end_time", t.end_time);
  read_texts(o["telemetry"]["trace_ids"], t.trace_ids);
  read_texts(o["telemetry"]["source_run_ids"], t.source_run_ids);
  r.json("contract", t.contract);
  if (!contract_fits(o["contract"])) return bad("contract");
  if (!wrong.empty()) return bad(wrong);
  bool fits = places_exist(t.main, t.tool_definitions.size());
  for (const model::Lane& lane : t.auxiliary) fits = fits && places_exist(lane, t.tool_definitions.size());
  if (!fits) return bad("places: a call names a message or tool that is not there");
  return t;
}

}  // namespace trajectory::record
