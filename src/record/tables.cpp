#include "record/tables.h"

#include <algorithm>

#include "record/dataset_row.h"
#include "record/fields.h"
#include "record/message_columns.h"

namespace trajectory::record {

namespace {

using columnar::Field;
using columnar::FieldType;

void add_lane(std::vector<Line>& out, const model::Lane& lane, const char* kind, const std::string& id) {
  out.push_back({kind, id, lane.name, lane.parent_tool_call_id, {}, lane.messages, lane.calls});
  for (std::size_t i = 0; i < lane.alternatives.size(); ++i) {
    const model::Alternative& path = lane.alternatives[i];
    const std::span shared =
        std::span(lane.messages).first(std::min<std::size_t>(path.at_message, lane.messages.size()));
    out.push_back({"alternative", id + "/alternative-" + std::to_string(i), lane.name, lane.parent_tool_call_id, shared,
                   path.messages, path.calls});
  }
  for (std::size_t i = 0; i < lane.subagents.size(); ++i)
    add_lane(out, lane.subagents[i], "subagent", id + "/subagent-" + std::to_string(i));
}

std::vector<Field> with_line_fields(std::vector<Field> own) {
  std::vector<Field> out{text_field("conversation_id"), text_field("project_id"), text_field("line"),
                         text_field("line_id"),         text_field("agent"),      text_field("parent_tool_call_id"),
                         integer_field("index")};
  for (Field& field : own) out.push_back(std::move(field));
  return out;
}

void write_line_fields(columnar::RowWriter& row, const model::Trajectory& t, const Line& line, std::size_t index) {
  write_kept_text(row, t.conversation_id);
  write_text(row, t.project_id);
  row.text(line.kind);
  row.text(line.id);
  write_text(row, line.agent);
  write_text(row, line.parent_tool_call_id);
  row.integer(static_cast<std::int64_t>(index));
}

const std::vector<Field>& message_schema() {
  static const std::vector<Field> schema = [] {
    std::vector<Field> own = message_fields();
    own.push_back({"time", FieldType::k_time, {}});
    own.push_back(text_field("run_id"));
    own.push_back({"seen_only_as_input", FieldType::k_boolean, {}});
    return with_line_fields(std::move(own));
  }();
  return schema;
}

void write_message_row(columnar::RowWriter& row, const model::Trajectory& t, const Line& line, std::size_t index) {
  const model::TranscriptMessage& message = line.messages[index];
  write_line_fields(row, t, line, line.before.size() + index);
  write_message_fields(row, message);
  row.time(message.time);
  write_text(row, message.origin.run_id);
  row.boolean(message.seen_only_as_input);
}

const std::vector<Field>& call_schema() {
  static const std::vector<Field> schema =
      with_line_fields({{"context", FieldType::k_list, {{"element", FieldType::k_struct, message_fields()}}},
                        {"answer", FieldType::k_struct, message_fields()},
                        {"tools", FieldType::k_list, {text_field("element")}},
                        text_field("parameters"),
                        text_field("model"),
                        text_field("finish_reason"),
                        integer_field("prompt_tokens"),
                        integer_field("completion_tokens"),
                        integer_field("total_tokens"),
                        integer_field("cache_read_tokens"),
                        integer_field("cache_creation_tokens"),
                        integer_field("reasoning_tokens"),
                        {"cost", FieldType::k_real, {}},
                        text_field("trainable_status"),
                        {"incomplete_context", FieldType::k_boolean, {}},
                        text_field("error"),
                        text_field("run_id"),
                        text_field("trace_id"),
                        {"start_time", FieldType::k_time, {}},
                        {"end_time", FieldType::k_time, {}}});
  return schema;
}

void write_call_row(columnar::RowWriter& row, const model::Trajectory& t, const Line& line, std::size_t index) {
  const model::ModelCall& call = line.calls[index];
  write_line_fields(row, t, line, index);
  row.begin_list();
  for (const auto& [begin, end] : call.context)
    for (std::uint32_t place = begin; place < end && place < line.places(); ++place) {
      const auto variant = call.variants.find(place);
      write_message(row, line.at(place), variant == call.variants.end() ? nullptr : &variant->second);
    }
  row.end_list();
  const bool answered = call.answer && *call.answer < line.places();
  if (answered) write_message(row, line.at(*call.answer));
  else row.null_struct();
  row.begin_list();
  for (const std::uint32_t tool : call.tools) write_kept_text(row, t.tool_definitions[tool]);
  row.end_list();
  write_text(row, call.parameters);
  write_text(row, call.model);
  write_text(row, call.finish_reason);
  row.integer(call.usage.prompt_tokens);
  row.integer(call.usage.completion_tokens);
  row.integer(call.usage.total_tokens);
  row.integer(call.usage.cache_read_tokens);
  row.integer(call.usage.cache_creation_tokens);
  row.integer(call.usage.reasoning_tokens);
  row.real(call.usage.cost ? std::optional(static_cast<double>(*call.usage.cost) / 1e12) : std::nullopt);
  const auto trainable = answered ? line.at(*call.answer).trainable : model::TrainableStatus::k_not_trainable;
  row.text(model::trainable_name(trainable));
  row.boolean(call.incomplete_context);
  write_text(row, call.error);
  write_text(row, call.run_id);
  write_text(row, call.trace_id);
  row.time(call.start_time);
  row.time(call.end_time);
}

}  // namespace

const std::vector<Field>& table_schema(RowKind kind) {
  switch (kind) {
    case RowKind::k_message:
      return message_schema();
    case RowKind::k_call:
      return call_schema();
    case RowKind::k_trajectory:
      break;
  }
  return dataset_schema();
}

std::vector<Line> lines_of(const model::Trajectory& trajectory) {
  std::vector<Line> out;
  add_lane(out, trajectory.main, "main", "main");
  for (std::size_t i = 0; i < trajectory.auxiliary.size(); ++i)
    add_lane(out, trajectory.auxiliary[i], "auxiliary", "auxiliary-" + std::to_string(i));
  return out;
}

RowCursor::RowCursor(const model::Trajectory& trajectory, RowKind kind) : trajectory_(&trajectory), kind_(kind) {
  if (kind != RowKind::k_trajectory) lines_ = lines_of(trajectory);
}

bool RowCursor::next(columnar::RowWriter& row) {
  if (kind_ == RowKind::k_trajectory) {
    if (index_++ > 0) return false;
    write_row(row, *trajectory_, details_of(*trajectory_));
    row.end_row();
    return true;
  }
  for (; line_ < lines_.size(); ++line_, index_ = 0) {
    const Line& line = lines_[line_];
    if (index_ == (kind_ == RowKind::k_message ? line.messages.size() : line.calls.size())) continue;
    if (kind_ == RowKind::k_message) write_message_row(row, *trajectory_, line, index_++);
    else write_call_row(row, *trajectory_, line, index_++);
    row.end_row();
    return true;
  }
  return false;
}

}  // namespace trajectory::record
