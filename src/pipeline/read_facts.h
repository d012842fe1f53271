#pragma once

#include <functional>
#include <vector>

#include "langsmith/source.h"
#include "messages/extract.h"
#include "pipeline/import.h"

namespace trajectory::pipeline {

/// What is wrong with the payload of a row.
struct PayloadProblem {
  messages::TextId run = 0;
  messages::TextId trace = 0;
  model::Problem problem;
};

/// What one reading of a source gave.
struct Facts {
  std::vector<messages::RunFacts> runs;
  model::ProblemTallies row_problems;            ///< rows that are no runs
  std::vector<PayloadProblem> payload_problems;  ///< met in the runs that were read, in no particular order
  messages::Census census;
  std::uint64_t bytes = 0;  ///< rough memory of runs and tables
  std::uint64_t read_rows = 0;
  bool too_large = false;  ///< reading was stopped after `read_rows`: the limit was reached, or is going to be
};

/// A part of a source.
struct Part {
  std::function<bool(const model::Run&)> holds;  ///< whether a run is in it; called from several threads
  const std::vector<bool>* units = nullptr;      ///< that hold it (see `RunSource::unit_of`); null: any may
};

/// Reads the runs of a source, or of some units of it, as the options say, on several threads, with progress under the
/// name of the stage. Errors: those of the source and the consumer, k_interrupted.
[[nodiscard]] base::Status read_runs(langsmith::RunSource& source, const ImportOptions& options, std::string_view stage,
                                     const std::vector<bool>* units, model::ProblemLog& problems, const Hooks& hooks,
                                     const langsmith::RunConsumer& consumer);

/// Reads the runs of a source, or of a part of it, into facts. Reading ends early, with `too_large` set, when their
/// memory passes `memory_limit` bytes (0: none), or of a whole source is bound to. Errors: those of the source,
/// k_interrupted.
[[nodiscard]] base::Result<Facts> read_facts(langsmith::RunSource& source, messages::Tables& tables,
                                             const ImportOptions& options, std::uint64_t memory_limit, const Part* part,
                                             const Hooks& hooks);

}  // namespace trajectory::pipeline
