#pragma once

#include <string>

#include "base/result.h"
#include "json/value.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// Which fields of the main line's messages to write.
enum class MessageForm : std::uint8_t {
  k_whole,    ///< everything: the native JSON line
  k_details,  ///< only what the dataset keeps in no typed column
};

/// Appends the record as one JSON object without a line end: the native form. Beside the fields of the record it shows
/// what is derived from them: `steps` (ranges), `task`, `metrics`, `execution_metrics`, `telemetry`, the names of the
/// tools offered at each call. Bytes depend on the record alone.
void append_record(std::string& out, const model::Trajectory& trajectory, MessageForm form = MessageForm::k_whole);

/// Appends a message, or a model call of the trajectory, as it stands in the native form.
void append_message(std::string& out, const model::TranscriptMessage& message);
void append_call(std::string& out, const model::ModelCall& call, const model::Trajectory& trajectory);

/// Reads a record back: equal to what was written. Derived fields are ignored.
/// Errors: k_bad_format, naming the field.
[[nodiscard]] base::Result<model::Trajectory> read_record(const json::Value& object);

}  // namespace trajectory::record
