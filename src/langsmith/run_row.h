#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>

#include "columnar/cells.h"
#include "json/value.h"
#include "model/run.h"

namespace trajectory::langsmith {

/// Names of the columns of one row that hold something that is no time; the others are empty.
using UnreadableTimes = std::array<std::string_view, 2>;

/// The run in one row of a table, with columns as in `k_run_columns`; its texts belong to the batch.
[[nodiscard]] model::Run run_from_row(const columnar::RowBatch& batch, std::size_t row, UnreadableTimes& unreadable);

/// The run in one object of the REST API, v1 or v2; its texts belong to the value's parser and to `kept`.
[[nodiscard]] model::Run run_from_json(const json::Value& object, std::deque<std::string>& kept,
                                       UnreadableTimes& unreadable);

}  // namespace trajectory::langsmith
