#include "record/message_columns.h"

#include <algorithm>

#include "json/value.h"
#include "record/fields.h"

namespace trajectory::record {

namespace {

using columnar::Field;
using columnar::FieldType;

std::string take(std::optional<std::string_view> value) { return std::string(value.value_or("")); }

template <class T, std::size_t N>
void take_choice(std::optional<std::string_view> value, const std::array<std::string_view, N>& names, T& out) {
  const auto found = std::find(names.begin(), names.end(), value.value_or(""));
  if (found != names.end()) out = static_cast<T>(found - names.begin());
}

}  // namespace

void write_text(columnar::RowWriter& row, std::string_view value) {
  if (value.empty()) return row.text(std::nullopt);
  write_kept_text(row, value);
}

void write_kept_text(columnar::RowWriter& row, std::string_view value) {
  if (json::is_utf8(value)) return row.text(value);
  row.text(json::repair_utf8(value));
}

const std::vector<Field>& message_fields() {
  static const std::vector<Field> fields = [] {
    const Field call{"element", FieldType::k_struct, {text_field("id"), text_field("name"), text_field("arguments")}};
    return std::vector<Field>{text_field("role"),
                              text_field("content"),
                              text_field("parts"),
                              {"tool_calls", FieldType::k_list, {call}},
                              text_field("tool_call_id"),
                              text_field("name"),
                              text_field("reasoning"),
                              text_field("error"),
                              text_field("trainable_status")};
  }();
  return fields;
}

namespace {

void write_values(columnar::RowWriter& row, const model::Message& m, model::TrainableStatus trainable) {
  row.text(model::role_name(m.role));
  write_kept_text(row, m.content);
  write_text(row, m.parts);
  row.begin_list();
  for (const model::ToolCall& call : m.tool_calls) {
    row.begin_struct();
    write_kept_text(row, call.id);
    write_kept_text(row, call.name);
    write_kept_text(row, call.arguments);
    row.end_struct();
  }
  row.end_list();
  write_text(row, m.tool_call_id);
  write_text(row, m.name);
  write_text(row, m.reasoning);
  write_text(row, m.error);
  row.text(model::trainable_name(trainable));
}

}  // namespace

void write_message_fields(columnar::RowWriter& row, const model::TranscriptMessage& message,
                          const model::Variant* variant) {
  if (variant == nullptr) write_values(row, message.message, message.trainable);
  else write_values(row, model::in_form(message.message, *variant), message.trainable);
}

void write_message(columnar::RowWriter& row, const model::TranscriptMessage& message, const model::Variant* variant) {
  row.begin_struct();
  write_message_fields(row, message, variant);
  row.end_struct();
}

void read_message(columnar::RowReader& row, model::TranscriptMessage& out) {
  model::Message& m = out.message;
  row.begin_struct();
  take_choice(row.text(), model::k_role_names, m.role);
  m.content = take(row.text());
  m.parts = take(row.text());
  const std::size_t calls = row.begin_list();
  for (std::size_t i = 0; i < calls; ++i) {
    row.begin_struct();
    model::ToolCall& call = m.tool_calls.emplace_back();
    call.id = take(row.text());
    call.name = take(row.text());
    call.arguments = take(row.text());
    row.end_struct();
  }
  row.end_list();
  m.tool_call_id = take(row.text());
  m.name = take(row.text());
  m.reasoning = take(row.text());
  m.error = take(row.text());
  take_choice(row.text(), model::k_trainable_names, out.trainable);
  row.end_struct();
}

}  // namespace trajectory::record
