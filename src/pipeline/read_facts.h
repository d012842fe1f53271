#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "langsmith/source.h"
#include "messages/extract.h"
#include "pipeline/import.h"

namespace trajectory::pipeline {

/// What one reading of a source gave.
struct Facts {
  std::vector<messages::RunFacts> runs;
  messages::Census census;
  std::uint64_t bytes = 0;            ///< rough memory of runs and tables
  bool too_large = false;             ///< stopped: the limit was reached after `read_rows`
  std::uint64_t read_rows = 0;
};

enum class Depth : std::uint8_t { k_structure, k_everything };

/// Reads the runs of a source into facts on several threads. `wanted(trace_id)` may leave traces out. Reading ends early,
/// with `too_large` set, when the memory passes `memory_limit` (0: none).
[[nodiscard]] base::Result<Facts> read_facts(langsmith::RunSource& source, messages::Tables& tables, const ImportOptions& options, Depth depth, std::uint64_t memory_limit,
                                             const std::function<bool(std::string_view trace_id)>& wanted, const Hooks& hooks, model::ProblemLog& problems);

}  // namespace trajectory::pipeline
