#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>

#include "columnar/parquet_reader.h"
#include "json/value.h"
#include "model/run.h"

namespace trajectory::langsmith {

/// The export's columns that a run is made of; their places index `RowBatch::columns`.
inline constexpr auto k_run_columns = std::to_array<std::string_view>({"id",
                                                                       "trace_id",
                                                                       "parent_run_id",
                                                                       "session_id",
                                                                       "name",
                                                                       "status",
                                                                       "error",
                                                                       "dotted_order",
                                                                       "run_type",
                                                                       "start_time",
                                                                       "end_time",
                                                                       "first_token_time",
                                                                       "inputs",
                                                                       "outputs",
                                                                       "extra",
                                                                       "events",
                                                                       "tags",
                                                                       "parent_run_ids",
                                                                       "feedback_stats",
                                                                       "prompt_tokens",
                                                                       "completion_tokens",
                                                                       "total_tokens",
                                                                       "prompt_cost",
                                                                       "completion_cost",
                                                                       "total_cost"});

/// The run in one row of a Parquet export; its texts belong to the batch.
[[nodiscard]] model::Run run_from_row(const columnar::RowBatch& batch, std::size_t row);

/// The run in one object of the REST API, v1 or v2; its texts belong to the value's parser and to `kept`.
[[nodiscard]] model::Run run_from_json(const json::Value& object, std::deque<std::string>& kept);

}  // namespace trajectory::langsmith
