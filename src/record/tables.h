#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "columnar/rows.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// What one row of a table stands for.
enum class RowKind : std::uint8_t {
  k_trajectory,  ///< the columns of a dataset
  k_message,     ///< a message at its place in a line
  k_call,        ///< a model call: what the model saw, what it said
};

[[nodiscard]] const std::vector<columnar::Field>& table_schema(RowKind kind);

/// A line of messages of a trajectory: a lane, or an alternative of one.
struct Line {
  const char* kind = "";  ///< main, subagent, auxiliary, alternative
  std::string id;         ///< `main`, `main/subagent-0`, `auxiliary-1`, `main/alternative-0`: unique in the trajectory
  std::string agent;      ///< name of the lane
  std::string parent_tool_call_id;
  std::span<const model::TranscriptMessage> before;  ///< an alternative's: what its lane holds before it branches off
  std::span<const model::TranscriptMessage> messages;
  std::span<const model::ModelCall> calls;

  /// The message at a place that a call's context names.
  [[nodiscard]] const model::TranscriptMessage& at(std::uint32_t place) const {
    return place < before.size() ? before[place] : messages[place - before.size()];
  }
  [[nodiscard]] std::size_t places() const { return before.size() + messages.size(); }
};

/// Every line of a trajectory: the main lane first, each lane followed by its alternatives and sub-agents.
[[nodiscard]] std::vector<Line> lines_of(const model::Trajectory& trajectory);

/// Gives the rows of one trajectory, which must outlive it, one at a time.
class RowCursor {
 public:
  RowCursor(const model::Trajectory& trajectory, RowKind kind);

  /// Writes the next row; false when there is none left.
  bool next(columnar::RowWriter& row);

 private:
  const model::Trajectory* trajectory_;
  RowKind kind_;
  std::vector<Line> lines_;
  std::size_t line_ = 0;
  std::size_t index_ = 0;
};

}  // namespace trajectory::record
