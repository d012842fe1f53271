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
  std::string thread_key;
  std::vector<PlannedTrace> traces;
  std::vector<std::uint32_t> units;  ///< of the source, that hold rows of it; sorted

  [[nodiscard]] std::uint64_t runs() const;
  /// When its first trace starts; the greatest time when none says.
  [[nodiscard]] model::Micros start() const;
};

/// What a look at the structure alone tells of a source that does not fit in memory.
struct Plan {
  std::vector<PlannedConversation> conversations;  ///< sorted by id (then project)
  /// Run ids with rows in several traces: the trace whose row counts.
  std::unordered_map<std::string, std::string> homes;
  model::ProblemTallies row_problems;

  /// Bytes in memory, roughly.
  [[nodiscard]] std::uint64_t bytes() const;
};

/// Looks over a source. What places the runs is sorted into shards by trace in the scratch file and grouped a shard at
/// a time, so that memory holds a shard and the plan. `on_figures` gets what grouping says. Errors: those of the source
/// and of the scratch file, k_interrupted.
[[nodiscard]] base::Result<Plan> make_plan(langsmith::RunSource& source, const ImportOptions& options,
                                           base::ScratchFile& scratch,
                                           const std::function<void(const build::BuildFigures&)>& on_figures,
                                           const Hooks& hooks);

/// Takes away runs whose row in another trace counts: a pass that reads only this trace cannot tell.
void drop_displaced(std::vector<messages::RunFacts>& runs, const Plan& plan, const messages::TextTable& texts);

}  // namespace trajectory::pipeline
