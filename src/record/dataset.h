#pragma once

#include "columnar/table.h"
#include "record/output.h"

namespace trajectory::record {

/// The columns of a dataset. The main line's messages have columns of their own; what no column holds is in `details`,
/// the record's JSON without them.
[[nodiscard]] const std::vector<columnar::Field>& dataset_schema();

void write_row(columnar::TableWriter& table, const model::Trajectory& trajectory);
/// Errors: k_bad_format.
[[nodiscard]] base::Result<model::Trajectory> read_row(columnar::RowReader& row);

[[nodiscard]] base::Result<std::unique_ptr<TrajectoryWriter>> make_dataset_writer(const std::string& folder);
[[nodiscard]] base::Status read_dataset(const std::string& folder,
                                        const std::function<base::Result<bool>(model::Trajectory)>& consumer);
[[nodiscard]] base::Result<std::string> read_dataset_lineage(const std::string& folder);

}  // namespace trajectory::record
