#include "platform/requests/prepare.h"

#include <algorithm>
#include <set>

#include "base/time.h"
#include "record/contract.h"
#include "record/figures.h"
#include "record/record_json.h"
#include "record/steps.h"

namespace trajectory::platform::requests {

namespace {

constexpr std::size_t k_title_bytes = 200;
constexpr std::size_t k_error_bytes = 2000;  // the record has it whole
constexpr std::size_t k_label_bytes = 200;
constexpr std::size_t k_name_bytes = 1000;  // of a conversation or a trace: lists hold many
constexpr std::size_t k_most_labels = 500;

/// The beginning of a text in one line, cut between characters.
std::string beginning(std::string_view text, std::size_t bytes) {
  std::string out(text.substr(0, bytes));
  if (text.size() > bytes) {
    while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xC0) == 0x80) out.pop_back();
    out.append("…");
  }
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return json::is_utf8(out) ? out : json::repair_utf8(out);
}

/// Collects distinct labels.
class Labels {
 public:
  void add(const char* kind, std::string_view name) {
    if (!name.empty() && found_.size() < k_most_labels) found_.emplace(kind, beginning(name, k_label_bytes));
  }
  std::vector<std::pair<std::string, std::string>> take() { return {found_.begin(), found_.end()}; }

 private:
  std::set<std::pair<std::string, std::string>> found_;
};

/// A number of things; none where it is none that can be, so that sums of any selection fit into 64 bits.
std::optional<std::int64_t> count_of(std::optional<std::int64_t> number) {
  constexpr std::int64_t k_most = 1'000'000'000'000;
  return number && *number >= 0 && *number <= k_most ? number : std::nullopt;
}

/// The text of a message; that of its first text part where it has parts.
std::string_view text_of(const json::Value& message) {
  const json::Value& content = message["content"];
  if (content.is_string()) return content.text();
  for (const json::Value& part : content.items())
    if (part["text"].is_string()) return part["text"].text();
  return {};
}

void add_time(catalog::Facts& facts, std::optional<std::int64_t> time) {
  if (!time) return;
  facts.time = std::min(facts.time.value_or(*time), *time);
  facts.end_time = std::max(facts.end_time.value_or(*time), *time);
}

catalog::Facts facts_of(const record::ReceivedContract& received) {
  catalog::Facts out;
  Labels labels;
  const json::Value& task = received["task"];
  for (const std::string_view name :
       {task["conversation_id"].string(), task["id"].string(), received["trace_id"].string()})
    if (out.conversation.empty()) out.conversation = name;
  out.trace_id = received["trace_id"].string();
  out.error = beginning(received["error"].string(), k_error_bytes);
  labels.add("source", task["data_source"].string());
  labels.add("model", received["model_id"].string());
  for (const json::Value& tag : received["telemetry"]["data"]["tags"].items()) labels.add("tag", tag.string());
  std::int64_t used = 0;
  for (const json::Value* message : received.messages()) {
    ++out.messages;
    if (out.title.empty() && (*message)["role"].string() == "user")
      out.title = beginning(text_of(*message), k_title_bytes);
    for (const json::Value& call : (*message)["tool_calls"].items()) {
      ++out.tool_calls;
      labels.add("tool", call["name"].string());
    }
    labels.add("tool", (*message)["tool_response"]["name"].string());
    labels.add("model", (*message)["metadata"]["model"].string());
    used = count_of(used + count_of((*message)["usage"]["total_tokens"].as_integer()).value_or(0)).value_or(used);
    if (const json::Value& time = (*message)["metadata"]["time"]; time.is_string())
      add_time(out, base::parse_time(time.text()));
  }
  out.steps = static_cast<std::int64_t>(received.steps());
  out.turns = count_of(task["num_turns"].as_integer());
  out.tokens = count_of(task["total_tokens"].as_integer());
  if (!out.tokens && used > 0) out.tokens = used;
  out.cost = task["total_cost"].as_double();
  out.reward = received["reward"]["aggregated_value"].as_double();
  out.labels = labels.take();
  return out;
}

void add_lane(const model::Lane& lane, Labels& labels) {
  for (const model::ModelCall& call : lane.calls) labels.add("model", call.model);
  for (const model::TranscriptMessage& message : lane.messages) {
    for (const model::ToolCall& call : message.message.tool_calls) labels.add("tool", call.name);
    if (message.message.role == model::Role::k_tool) labels.add("tool", message.message.name);
  }
  for (const model::Lane& agent : lane.subagents) add_lane(agent, labels);
}

catalog::Facts facts_of(const model::Trajectory& t) {
  catalog::Facts out;
  Labels labels;
  labels.add("source", "langsmith");
  add_lane(t.main, labels);
  for (const model::Lane& lane : t.auxiliary) add_lane(lane, labels);
  const record::Figures figures = record::figures_of(t, record::derive_steps(t.main).size());
  for (const model::TranscriptMessage& message : t.main.messages)
    if (out.title.empty() && message.message.role == model::Role::k_user)
      out.title = beginning(message.message.content, k_title_bytes);
  out.conversation = t.conversation_id;
  out.error = beginning(t.error, k_error_bytes);
  out.messages = static_cast<std::int64_t>(t.main.messages.size());
  out.tool_calls = figures.tool_calls;
  out.steps = figures.num_steps;
  out.turns = figures.num_turns;
  out.tokens = count_of(figures.total_tokens);
  out.cost = figures.total_cost;
  if (t.reward) out.reward = t.reward->aggregated_value;
  out.time = t.start_time;
  out.end_time = t.end_time;
  out.labels = labels.take();
  return out;
}

/// Errors: k_bad_format (a name that lists should not hold).
base::Status check_names(const catalog::Facts& facts) {
  for (const auto& [what, name] : {std::pair{"conversation_id", &facts.conversation}, {"trace_id", &facts.trace_id}})
    if (name->size() > k_name_bytes)
      return base::Error(base::ErrorCode::k_bad_format,
                         std::string(what) + " has more than " + std::to_string(k_name_bytes) + " bytes");
  return {};
}

}  // namespace

base::Result<Received> receive_contract(const json::Value& object, json::Parser& parser) {
  const auto received = record::ReceivedContract::read(object, parser);
  if (!received) return received.error();
  Received out{received->upload_hash(), facts_of(*received), {}};
  TJ_TRY(check_names(out.facts));
  // Without any name the content is the conversation.
  if (out.facts.conversation.empty()) out.facts.conversation = out.upload_hash;
  model::Trajectory record;
  record.conversation_id = out.facts.conversation;
  record.contract = received->kept();
  record::append_record(out.record, record);
  return out;
}

base::Result<Received> receive_record(std::string_view line, json::Parser& parser) {
  const auto parsed = parser.parse(line, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  const auto record = record::read_record(**parsed);
  if (!record) return record.error();
  auto hash = record::ContractForm(*record).upload_hash();
  if (!hash) return std::move(hash).error();
  Received out{std::move(*hash), {}, std::string(line)};
  if (record->contract.empty()) {
    out.facts = facts_of(*record);
  } else {
    const auto kept = record::ReceivedContract::read_kept((**parsed)["contract"]);
    if (!kept) return kept.error();
    out.facts = facts_of(*kept);
  }
  if (out.facts.conversation.empty()) out.facts.conversation = record->conversation_id;
  if (out.facts.conversation.empty()) out.facts.conversation = out.upload_hash;
  TJ_TRY(check_names(out.facts));
  return out;
}

}  // namespace trajectory::platform::requests
