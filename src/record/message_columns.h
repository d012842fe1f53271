#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "columnar/rows.h"
#include "model/trajectory.h"

namespace trajectory::record {

[[nodiscard]] inline columnar::Field text_field(std::string name) {
  return {std::move(name), columnar::FieldType::k_text, {}};
}
[[nodiscard]] inline columnar::Field integer_field(std::string name) {
  return {std::move(name), columnar::FieldType::k_integer, {}};
}

/// What a model reads of a message, and whether it may be trained on, as columns.
[[nodiscard]] const std::vector<columnar::Field>& message_fields();

/// Writes the values of `message_fields()`; `variant`, when given, takes the place of the text.
void write_message_fields(columnar::RowWriter& row, const model::TranscriptMessage& message,
                          const model::Variant* variant = nullptr);

/// The same as one struct.
void write_message(columnar::RowWriter& row, const model::TranscriptMessage& message,
                   const model::Variant* variant = nullptr);

void read_message(columnar::RowReader& row, model::TranscriptMessage& out);

/// Writes a text, null when empty. Bytes that UTF-8 cannot hold become U+FFFD.
void write_text(columnar::RowWriter& row, std::string_view value);
/// The same, empty texts kept.
void write_kept_text(columnar::RowWriter& row, std::string_view value);

}  // namespace trajectory::record
