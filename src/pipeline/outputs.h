#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_folder.h"
#include "base/result.h"
#include "model/problem_log.h"
#include "pipeline/import.h"
#include "record/output.h"

namespace trajectory::pipeline {

/// The writers of all formats, below one folder that appears whole: in the folder itself for one format, in folders of
/// the formats' names for several.
class Outputs {
 public:
  /// Errors: k_exists, k_io.
  [[nodiscard]] static base::Result<Outputs> create(const OutputOptions& options, model::ProblemLog& problems);

  [[nodiscard]] base::Status add(const model::Trajectory& trajectory);
  /// Ends the outputs; `lineage` goes to the dataset's manifest.
  [[nodiscard]] base::Status finish(std::string_view lineage);
  /// Puts the folder in place, with `report.json` in it unless it is empty or the contract's form stands alone, whose
  /// folder holds nothing else.
  [[nodiscard]] base::Status commit(const std::string& report);

 private:
  explicit Outputs(base::OutputFolder folder) : folder_(std::move(folder)) {}
  base::OutputFolder folder_;
  bool takes_report_ = true;
  std::vector<std::unique_ptr<record::TrajectoryWriter>> writers_;
};

}  // namespace trajectory::pipeline
