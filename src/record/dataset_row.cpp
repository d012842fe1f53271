#include "record/dataset_row.h"

#include <algorithm>

#include "json/value.h"
#include "json/write.h"
#include "record/figures.h"
#include "record/message_columns.h"
#include "record/record_json.h"
#include "record/steps.h"

namespace trajectory::record {

namespace {

using columnar::Field;
using columnar::FieldType;

/// Names of the models that answered, in order of first appearance.
std::vector<std::string> models_of(const model::Trajectory& t) {
  std::vector<std::string> out;
  for (const model::ModelCall& call : t.main.calls)
    if (!call.model.empty() && std::find(out.begin(), out.end(), call.model) == out.end()) out.push_back(call.model);
  return out;
}

/// Parts as every reader gives them: an array, compact. Others may have written the row.
base::Result<std::string> read_parts(std::string_view json_text, json::Parser& parser) {
  const auto parsed = parser.parse(json_text, json::Parser::k_record_depth);
  if (!parsed || !(*parsed)->is_array())
    return base::Error(base::ErrorCode::k_bad_format, "a message's parts are no JSON array");
  std::string parts;
  json::append_compact(parts, **parsed);
  parser.reset();
  return parts;
}

}  // namespace

const std::vector<Field>& dataset_schema() {
  static const Field message{"element", FieldType::k_struct, message_fields()};
  static const std::vector<Field> schema{text_field("conversation_id"),
                                         text_field("project_id"),
                                         integer_field("num_turns"),
                                         integer_field("num_steps"),
                                         integer_field("num_messages"),
                                         integer_field("num_model_calls"),
                                         integer_field("num_tool_calls"),
                                         integer_field("num_tool_failures"),
                                         {"models", FieldType::k_list, {text_field("element")}},
                                         {"start_time", FieldType::k_time, {}},
                                         {"end_time", FieldType::k_time, {}},
                                         integer_field("total_tokens"),
                                         {"total_cost", FieldType::k_real, {}},
                                         {"reward", FieldType::k_real, {}},
                                         text_field("error"),
                                         {"messages", FieldType::k_list, {message}},
                                         text_field("details")};
  return schema;
}

std::string details_of(const model::Trajectory& t) {
  std::string details;
  append_record(details, t, MessageForm::k_details);
  return details;
}

void write_row(columnar::RowWriter& row, const model::Trajectory& t, std::string_view details) {
  const Figures f = figures_of(t, derive_steps(t.main).size());
  write_kept_text(row, t.conversation_id);
  write_text(row, t.project_id);
  row.integer(f.num_turns);
  row.integer(f.num_steps);
  row.integer(static_cast<std::int64_t>(t.main.messages.size()));
  row.integer(static_cast<std::int64_t>(t.main.calls.size()));
  row.integer(f.tool_calls);
  row.integer(f.tool_failures);
  row.begin_list();
  for (const std::string& model : models_of(t)) write_kept_text(row, model);
  row.end_list();
  row.time(t.start_time);
  row.time(t.end_time);
  row.integer(f.total_tokens);
  row.real(f.total_cost);
  row.real(t.reward ? std::optional(t.reward->aggregated_value) : std::nullopt);
  write_text(row, t.error);
  row.begin_list();
  for (const model::TranscriptMessage& message : t.main.messages) write_message(row, message);
  row.end_list();
  row.text(details);
}

base::Result<model::Trajectory> read_row(columnar::RowReader& row) {
  row.text();  // conversation_id and the figures are in the details, too
  row.text();
  for (int i = 0; i < 6; ++i) row.integer();
  const std::size_t models = row.begin_list();
  for (std::size_t i = 0; i < models; ++i) row.text();
  row.end_list();
  row.time();
  row.time();
  row.integer();
  row.real();
  row.real();
  row.text();
  std::vector<model::TranscriptMessage> typed(row.begin_list());
  for (model::TranscriptMessage& message : typed) read_message(row, message);
  row.end_list();

  json::Parser parser;
  for (model::TranscriptMessage& message : typed) {
    std::string& parts = message.message.parts;
    if (parts.empty()) continue;
    auto read = read_parts(parts, parser);
    if (!read) return std::move(read).error();
    parts = std::move(*read);
  }
  const auto parsed = parser.parse(row.text().value_or(""), json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  auto t = read_record(**parsed);
  if (!t) return t;
  const json::Value& details = (**parsed)["messages"];
  if (t->main.messages.size() != typed.size())
    return base::Error(base::ErrorCode::k_bad_format, "a row's messages and details do not fit");
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (details[static_cast<int>(i)]["exact"].is_true()) continue;
    std::string role = std::move(t->main.messages[i].message.original_role);
    t->main.messages[i].message = std::move(typed[i].message);
    t->main.messages[i].message.original_role = std::move(role);
    t->main.messages[i].trainable = typed[i].trainable;
  }
  return t;
}

}  // namespace trajectory::record
