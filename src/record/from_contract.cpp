#include "record/from_contract.h"

#include <algorithm>
#include <set>

#include "base/decimal.h"
#include "base/time.h"
#include "json/write.h"
#include "record/received_contract.h"
#include "record/steps.h"

namespace trajectory::record {

namespace {

using json::Value;

std::string compact(const Value& value) {
  std::string out;
  json::append_compact(out, value);
  return out;
}

/// A text as it is, anything else as JSON; empty for null.
std::string text_of(const Value& value) {
  if (value.is_null()) return {};
  return value.is_string() ? std::string(value.text()) : compact(value);
}

void read_role(std::string_view name, model::Message& out) {
  const auto& names = model::k_role_names;
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) out.role = static_cast<model::Role>(found - names.begin());
  else out.original_role = name;
}

void read_content(const Value& content, model::Message& out) {
  if (!content.is_array()) {
    out.content = text_of(content);
    return;
  }
  for (const Value& part : content.items())
    if (part["text"].is_string()) out.content.append(out.content.empty() ? "" : "\n").append(part["text"].text());
  out.parts = compact(content);
}

model::TranscriptMessage message_of(const Value& source) {
  model::TranscriptMessage out;
  model::Message& m = out.message;
  read_role(source["role"].string(), m);
  read_content(source["content"], m);
  for (const Value& call : source["tool_calls"].items())
    m.tool_calls.push_back(
        {std::string(call["id"].string()), std::string(call["name"].string()), text_of(call["arguments"])});
  if (const Value& result = source["tool_response"]; result.is_object()) {
    m.tool_call_id = result["id"].string();
    m.name = result["name"].string();
    m.error = text_of(result["error"]);
    if (m.content.empty()) m.content = text_of(result["response"]);
  }
  m.reasoning = text_of(source["reasoning"]);
  const auto& names = model::k_trainable_names;
  const auto* const status = std::find(names.begin(), names.end(), source["trainable_status"].string());
  if (status != names.end()) out.trainable = static_cast<model::TrainableStatus>(status - names.begin());
  const Value& metadata = source["metadata"];
  out.time = base::parse_time(metadata["time"].string());
  out.origin.run_id = metadata["run_id"].string();
  return out;
}

model::Usage usage_of(const Value& source) {
  model::Usage out;
  out.prompt_tokens = source["prompt_tokens"].as_integer();
  out.completion_tokens = source["completion_tokens"].as_integer();
  out.total_tokens = source["total_tokens"].as_integer();
  return out;
}

/// The places of definitions in the record's list, which takes in new ones.
std::vector<std::uint32_t> tools_of(const Value& definitions, std::vector<std::string>& known) {
  std::vector<std::uint32_t> out;
  for (const Value& definition : definitions.items()) {
    const std::string text = R"({"type":"function","function":)" + compact(definition) + "}";
    const auto found = std::find(known.begin(), known.end(), text);
    out.push_back(static_cast<std::uint32_t>(found - known.begin()));
    if (found == known.end()) known.push_back(text);
  }
  return out;
}

void add_call(model::Trajectory& t, const Value& message, const std::vector<std::uint32_t>& before,
              std::uint32_t place) {
  model::ModelCall call;
  call.context = to_ranges(before);
  call.answer = place;
  call.model = message["metadata"]["model"].string();
  call.usage = usage_of(message["usage"]);
  call.finish_reason = message["finish_reason"].string();
  call.run_id = message["metadata"]["run_id"].string();
  // Definitions stand where they change.
  if (message["tool_definitions"].is_array()) call.tools = tools_of(message["tool_definitions"], t.tool_definitions);
  else if (!t.main.calls.empty()) call.tools = t.main.calls.back().tools;
  t.main.calls.push_back(std::move(call));
}

void read_texts(const Value& list, std::vector<std::string>& out) {
  for (const Value& item : list.items())
    if (item.is_string()) out.emplace_back(item.text());
}

void read_rest(const ReceivedContract& form, model::Trajectory& t) {
  t.error = text_of(form["error"]);
  const Value& reward = form["reward"];
  if (const auto value = reward["aggregated_value"].as_double()) {
    t.reward.emplace().aggregated_value = *value;
    for (const Value& component : reward["components"].items())
      t.reward->components.push_back({std::string(component["name"].string()),
                                      component["value"].as_double().value_or(0),
                                      component["metadata"]["count"].integer(1)});
  }
  t.usage.total_tokens = form["task"]["total_tokens"].as_integer();
  t.usage.completion_tokens = form["metrics"]["tokens_generated"].as_integer();
  if (const Value& cost = form["task"]["total_cost"]; cost.is_number()) t.usage.cost = base::parse_picos(cost.text());
  const Value& data = form["telemetry"]["data"];
  read_texts(data["trace_ids"], t.trace_ids);
  if (t.trace_ids.empty() && form["trace_id"].is_string()) t.trace_ids.emplace_back(form["trace_id"].text());
  read_texts(data["source_run_ids"], t.source_run_ids);
  t.project_id = data["project_id"].string();
  for (const model::TranscriptMessage& message : t.main.messages) {
    if (!message.time) continue;
    t.start_time = std::min(t.start_time.value_or(*message.time), *message.time);
    t.end_time = std::max(t.end_time.value_or(*message.time), *message.time);
  }
}

}  // namespace

base::Status fill_from_contract(model::Trajectory& t) {
  if (t.contract.empty() || !t.main.messages.empty() || !t.main.calls.empty()) return {};
  json::Parser parser;
  const auto parsed = parser.parse(t.contract, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  const auto form = ReceivedContract::read_kept(**parsed);
  if (!form) return form.error();
  for (const Value* message : form->messages()) t.main.messages.push_back(message_of(*message));
  std::set<std::uint32_t> seen;
  for (std::size_t step = 0; step < form->steps(); ++step) {
    std::vector<std::uint32_t> before;
    for (const std::uint32_t place : form->step(step)) {
      const bool answer = t.main.messages[place].message.role == model::Role::k_assistant;
      if (seen.insert(place).second && answer) add_call(t, *form->messages()[place], before, place);
      before.push_back(place);
    }
  }
  read_rest(*form, t);
  return {};
}

}  // namespace trajectory::record
