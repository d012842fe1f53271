#include "pipeline/convert.h"

#include "pipeline/outputs.h"

namespace trajectory::pipeline {

base::Result<ConvertReport> convert(const std::string& from, const OutputOptions& output, const Hooks& hooks) {
  TJ_TRY(keep_apart(output.folder, {from}));
  auto lineage = record::read_lineage(from);
  if (!lineage) return std::move(lineage).error();
  model::ProblemLog problems;
  auto outputs = Outputs::create(output, problems);
  if (!outputs) return std::move(outputs).error();
  ConvertReport report;
  TJ_TRY(record::read_trajectories(from, [&](const model::Trajectory& trajectory) -> base::Result<bool> {
    if (hooks.interrupted()) return base::Error(base::ErrorCode::k_interrupted, "interrupted: nothing was written");
    if (base::Status added = outputs->add(trajectory); !added.ok()) return std::move(added).error();
    ++report.trajectories;
    if (hooks.progress) hooks.progress("converting", report.trajectories, 0);
    return true;
  }));
  TJ_TRY(outputs->finish(lineage->empty() ? "{}" : *lineage));
  TJ_TRY(outputs->commit({}));
  report.problems = problems.tallies();
  return report;
}

}  // namespace trajectory::pipeline
