#include "platform/requests/question.h"

#include <charconv>

#include "base/time.h"
#include "platform/requests/json_text.h"
#include "record/from_contract.h"
#include "record/record_json.h"
#include "record/tables.h"

namespace trajectory::platform::requests {

namespace {

base::Error wrong(std::string_view name, std::string_view what) {
  return {base::ErrorCode::k_usage, "the parameter " + std::string(name) + " takes " + std::string(what)};
}

template <class T>
base::Status read_number(const Request& request, std::string_view name, std::optional<T>& out) {
  const std::string_view text = request.parameter(name);
  if (text.empty()) return {};
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return wrong(name, "a number");
  out = value;
  return {};
}

base::Status read_time(const Request& request, std::string_view name, std::optional<std::int64_t>& out) {
  const std::string_view text = request.parameter(name);
  if (text.empty()) return {};
  out = base::parse_time(text);
  return out ? base::Status() : wrong(name, "an ISO 8601 time");
}

/// Labels of each kind, in an object of lists.
std::string labels_json(const catalog::Facts& facts) {
  JsonText out = JsonText::object();
  for (const auto& [key, kind] :
       {std::pair{"sources", "source"}, {"models", "model"}, {"tools", "tool"}, {"tags", "tag"}}) {
    JsonText names = JsonText::array();
    for (const auto& label : facts.labels)
      if (label.first == kind) names.text_item(label.second);
    out.raw(key, names.done());
  }
  return out.done();
}

}  // namespace

base::Result<catalog::Filter> filter_of(const Request& request) {
  catalog::Filter out;
  auto name = dataset_name(request.parameter("dataset"));
  if (!name) return std::move(name).error();
  out.dataset = std::move(*name);
  for (const auto& [key, value] : request.query)
    for (const char* kind : {"source", "model", "tool", "tag"})
      if (key == kind) out.labels.emplace_back(key, value);
  if (const std::string_view error = request.parameter("error"); !error.empty()) {
    if (error != "true" && error != "false") return wrong("error", "true or false");
    out.failed = error == "true";
  }
  TJ_TRY(read_number(request, "reward_min", out.least_reward));
  TJ_TRY(read_number(request, "reward_max", out.most_reward));
  TJ_TRY(read_number(request, "tokens_min", out.least_tokens));
  TJ_TRY(read_number(request, "tokens_max", out.most_tokens));
  TJ_TRY(read_number(request, "version", out.version));
  TJ_TRY(read_time(request, "since", out.since));
  TJ_TRY(read_time(request, "until", out.until));
  out.words = catalog::question_of(request.parameter("q"));
  out.conversation = request.parameter("conversation_id");
  out.trace_id = request.parameter("trace_id");
  return out;
}

base::Result<std::int64_t> number_of(const Request& request, std::string_view name, std::int64_t fallback) {
  std::optional<std::int64_t> out;
  TJ_TRY(read_number(request, name, out));
  return out.value_or(fallback);
}

base::Result<Page> page_of(const Request& request, std::int64_t first) {
  constexpr std::int64_t k_usual = 50;
  constexpr std::int64_t k_most = 1000;
  const auto from = number_of(request, "cursor", first);
  if (!from) return from.error();
  const auto limit = number_of(request, "limit", k_usual);
  if (!limit) return limit.error();
  if (*limit < 1 || *limit > k_most) return wrong("limit", "1 to 1000");
  return Page{*from, static_cast<std::size_t>(*limit)};
}

std::string row_json(const catalog::Row& row) {
  const catalog::Facts& f = row.facts;
  return JsonText::object()
      .text("trajectory_id", row.trajectory_id)
      .text("dataset", row.dataset)
      .text("conversation_id", f.conversation)
      .integer("number", row.number)
      .integer("added_in", row.added)
      .integer("replaced_in", row.replaced)
      .time("uploaded", row.created)
      .text("upload_hash", row.upload_hash)
      .integer("bytes", static_cast<std::int64_t>(row.size))
      .text_or_null("trace_id", f.trace_id)
      .text("title", f.title)
      .text_or_null("error", f.error)
      .real("reward", f.reward)
      .integer("tokens", f.tokens)
      .real("cost", f.cost)
      .integer("turns", f.turns)
      .integer("steps", f.steps)
      .integer("messages", f.messages)
      .integer("tool_calls", f.tool_calls)
      .time("time", f.time)
      .time("end_time", f.end_time)
      .raw("labels", labels_json(f))
      .done();
}

base::Result<model::Trajectory> parse_record(const std::string& record) {
  json::Parser parser;
  const auto parsed = parser.parse(record, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  auto out = record::read_record(**parsed);
  if (!out) return out;
  TJ_TRY(record::fill_from_contract(*out));
  return out;
}

base::Result<Loaded> load(const Context& context, const catalog::Row& row) {
  Loaded out;
  if (row.size > context.settings.small_body) out.place = context.reads.take();
  const auto record = context.catalog.payload(row.payload);
  if (!record) return record.error();
  auto trajectory = parse_record(*record);
  if (!trajectory) return std::move(trajectory).error();
  out.trajectory = std::move(*trajectory);
  return out;
}

base::Result<std::string> words_of(const std::string& record) {
  const auto trajectory = parse_record(record);
  if (!trajectory) return trajectory.error();
  std::string out = trajectory->conversation_id;
  const auto add = [&](std::string_view text) {
    if (!text.empty()) out.append("\n").append(text);
  };
  for (const record::Line& line : record::lines_of(*trajectory))
    for (const model::TranscriptMessage& message : line.messages) {
      add(message.message.content);
      add(message.message.reasoning);
      add(message.message.error);
      if (message.message.role == model::Role::k_tool) add(message.message.name);
      for (const model::ToolCall& call : message.message.tool_calls) {
        add(call.name);
        add(call.arguments);
      }
    }
  add(trajectory->error);
  return out;
}

}  // namespace trajectory::platform::requests
