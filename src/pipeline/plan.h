#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "base/scratch_file.h"
#include "build/build.h"
#include "langsmith/source.h"
#include "model/problem_log.h"
#include "pipeline/import.h"

namespace trajectory::pipeline {

struct PlannedTrace {
  base::Hash128 id;
  std::optional<model::Micros> start;  ///< of its root
  std::uint64_t runs = 0;
};

struct PlannedConversation {
  std::string id;
  std::string project_id;
  std::vector<PlannedTrace> traces;
  std::vector<std::uint32_t> units;  ///< of the source, that hold rows of it; sorted

  [[nodiscard]] std::uint64_t runs() const;
  /// When its first trace starts; the greatest time when none says.
  [[nodiscard]] model::Micros start() const;
};

/// What a look at the structure alone tells of a source that does not fit in memory.
struct Plan {
  std::vector<PlannedConversation> conversations;  ///< sorted by id (then project)
  /// Run ids with rows in several traces: the trace whose row counts. A pass that reads only the other must leave it
  /// out.
  std::unordered_map<std::string, std::string> homes;
  model::ProblemTallies row_problems;
};

/// Looks over a source. What places the runs is sorted into parts by trace in the scratch file and grouped a part at a
/// time, so that memory holds a part and the plan. `take` gets what grouping says. Errors: those of the source and of
/// the scratch file, k_interrupted.
[[nodiscard]] base::Result<Plan> make_plan(langsmith::RunSource& source, const ImportOptions& options,
                                           base::ScratchFile& scratch,
                                           const std::function<void(const build::BuildFigures&)>& take,
                                           const Hooks& hooks);

/// Bytes that planned conversations take, roughly.
[[nodiscard]] std::uint64_t bytes_of(const std::vector<PlannedConversation>& conversations);

}  // namespace trajectory::pipeline
