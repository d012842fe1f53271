#pragma once

#include <map>
#include <string>
#include <vector>

#include "build/slots.h"
#include "build/tool_results.h"

namespace trajectory::build {

/// Tool definitions of the record, each once.
class DefinitionTable {
 public:
  [[nodiscard]] std::uint32_t add(std::string_view definition);
  [[nodiscard]] std::vector<std::string> take() { return std::move(definitions_); }

 private:
  std::map<std::string, std::uint32_t, std::less<>> places_;
  std::vector<std::string> definitions_;
};

/// A lane as it will stand in the record, and what else came of its calls.
struct LaneRecord {
  model::Lane lane;
  std::vector<CallId> calls;                               ///< of `lane.calls`, in the same order
  std::vector<std::vector<CallId>> alternative_calls;      ///< of the alternatives' calls, in the same order
  std::vector<std::vector<CallId>> helpers;                ///< branches with a system text of their own: other lanes
  std::map<const messages::RunFacts*, AskedBy> tool_runs;  ///< tool runs that its calls led to
};

/// Writes the calls of one lane (in order of time) down as transcript, model calls and alternatives. Of a `helper`
/// (router, summariser) every call stands in the transcript, and nothing is trainable.
[[nodiscard]] LaneRecord record_lane(Work& work, const std::vector<CallId>& calls, bool helper, ToolRuns& tool_runs,
                                     DefinitionTable& definitions);

}  // namespace trajectory::build
