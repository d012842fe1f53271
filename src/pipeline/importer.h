#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "langsmith/source.h"
#include "model/trajectory.h"
#include "pipeline/import.h"
#include "pipeline/report.h"
#include "record/output.h"

namespace trajectory::pipeline {

/// Where trajectories go: `prepare` on any thread (empty: nothing is to be prepared), `take` in order.
struct Sink {
  std::function<base::Result<std::vector<record::Prepared>>(const model::Trajectory&)> prepare;
  std::function<base::Status(const model::Trajectory&, std::vector<record::Prepared>)> take;
};

/// Builds what the options select of a source and hands it to a sink: at once where it fits in memory, else in passes
/// over the source. `scratch`: the folder for what does not fit. Returns the report without its times. Errors: those of
/// the source, the sink and the scratch file, k_interrupted.
[[nodiscard]] base::Result<ImportReport> run_import(const ImportOptions& options, const Hooks& hooks, const Sink& sink,
                                                    langsmith::RunSource& source, const std::string& scratch);

}  // namespace trajectory::pipeline
