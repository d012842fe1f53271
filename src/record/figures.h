#pragma once

#include <cstdint>
#include <optional>

#include "model/trajectory.h"

namespace trajectory::record {

/// Figures that every form of the record shows, derived from it.
struct Figures {
  std::int64_t num_turns = 0;
  std::int64_t num_steps = 0;
  std::int64_t tool_calls = 0;          ///< asked for on the main line
  std::int64_t tool_failures = 0;       ///< tool messages with an error
  std::int64_t tool_response_none = 0;  ///< tool messages without any text
  double tool_error_rate = 0;
  std::optional<std::int64_t> total_tokens;  ///< absent when 0
  std::optional<std::int64_t> tokens_generated;
  std::optional<double> total_cost;  ///< US dollars
  std::optional<double> llm_time;    ///< seconds in model calls, over all lanes
  std::optional<double> env_time;    ///< seconds in tools of the main line
  std::optional<double> total_time;  ///< seconds from first start to last end
};

[[nodiscard]] Figures figures_of(const model::Trajectory& trajectory, std::size_t num_steps);

}  // namespace trajectory::record
