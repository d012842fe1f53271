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
  /// Errors: k_exists (also when `force` would remove something that is not ours), k_usage, k_io.
  [[nodiscard]] static base::Result<Outputs> create(const OutputOptions& options, model::ProblemLog& problems);

  /// Does the work for a trajectory that does not depend on the others, one result a writer. Thread-safe. Errors: k_io.
  [[nodiscard]] base::Result<std::vector<record::Prepared>> prepare(const model::Trajectory& trajectory);
  /// Takes the next trajectory with what was prepared of it. Errors: k_io.
  [[nodiscard]] base::Status add(const model::Trajectory& trajectory, std::vector<record::Prepared> prepared);
  [[nodiscard]] base::Status add(const model::Trajectory& trajectory);
  /// Ends the outputs; `lineage` goes to the dataset's manifest.
  [[nodiscard]] base::Status finish(std::string_view lineage);
  /// Puts the folder in place, with `report.json` in it unless it is empty or the contract's form stands alone, whose
  /// folder holds nothing else.
  [[nodiscard]] base::Status commit(const std::string& report);

 private:
  Outputs(base::OutputFolder folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}
  /// An error of the system names the folder that the caller knows, and not the working one.
  [[nodiscard]] base::Status named(base::Status status) const;

  base::OutputFolder folder_;
  std::string name_;
  bool takes_report_ = true;
  std::vector<std::unique_ptr<record::TrajectoryWriter>> writers_;
};

/// What replaces the output must not be what it is made from. Errors: k_usage when a source is the folder or lies in
/// it.
[[nodiscard]] base::Status keep_apart(const std::string& folder, const std::vector<std::string>& sources);

}  // namespace trajectory::pipeline
