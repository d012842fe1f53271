#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/rows.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// The columns of a dataset. The main line's messages have columns of their own; what no column holds is in `details`,
/// the record's JSON without them.
[[nodiscard]] const std::vector<columnar::Field>& dataset_schema();

/// The text of the `details` column.
[[nodiscard]] std::string details_of(const model::Trajectory& trajectory);

/// Places of columns.
inline constexpr int k_conversation_column = 0;
inline constexpr int k_project_column = 1;

/// Writes the values of a row, without its end.
void write_row(columnar::RowWriter& row, const model::Trajectory& trajectory, std::string_view details);
/// Errors: k_bad_format.
[[nodiscard]] base::Result<model::Trajectory> read_row(columnar::RowReader& row);

}  // namespace trajectory::record
