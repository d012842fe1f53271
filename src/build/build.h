#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/facts.h"
#include "model/problem.h"
#include "model/trajectory.h"

namespace trajectory::build {

/// The runs of one trace.
struct Trace {
  std::string id;
  std::vector<messages::RunFacts> runs;  ///< sorted by start time, then dotted order, then id
  std::size_t root = 0;                  ///< place of the root among `runs` (the earliest run when the root is missing)
};

/// The traces of one conversation, in order.
struct Conversation {
  std::string id;
  std::string project_id;
  std::string thread_key;  ///< name of the metadata key; empty when the trace id names the conversation
  std::vector<Trace> traces;
};

/// What became of the runs, and how faithful the result is.
struct BuildFigures {
  std::map<std::string, std::uint64_t> runs_used;       ///< by use: model_call, tool_run, structure
  std::map<std::string, std::uint64_t> runs_set_aside;  ///< by rule
  std::map<std::string, std::uint64_t> calls_by_shape;
  std::map<std::string, std::uint64_t> replayed_by_shape;
  std::uint64_t text_without_model_call = 0;  ///< bytes of text in roots of traces without any model call
  std::uint64_t incomplete_chains = 0;        ///< stateful calls whose chain is not in the recording
  std::vector<model::Problem> problems;
};

/// Groups runs into conversations, sorted by conversation id (then project). Duplicate runs, orphans, cycles and
/// traces without root are settled here, each under a named rule in `figures`. Pure: neither the order of `runs` nor
/// the number of threads matters.
[[nodiscard]] std::vector<Conversation> group_runs(std::vector<messages::RunFacts> runs,
                                                   const std::vector<std::string>& thread_keys,
                                                   const messages::Tables& tables, BuildFigures& figures,
                                                   unsigned threads);

/// Builds the training record of one conversation. Pure; may be called from several threads.
[[nodiscard]] model::Trajectory build_trajectory(const Conversation& conversation, const messages::Tables& tables,
                                                 BuildFigures& figures);

}  // namespace trajectory::build
