#pragma once

#include <unordered_map>
#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// The tool calls of an answer that the client recorded blank, told from the tools that ran right after it. Ids are
/// left empty. None when no tool ran.
[[nodiscard]] std::vector<model::ToolCall> calls_of_tools_run(const Work& work, CallId call);

/// The results of the tools that a call's answer asked for, in the order of its calls, as messages in Gemini's form
/// ({"result": ...}); used where the recording lost them.
[[nodiscard]] std::vector<const messages::MessageEntry*> results_of_answer(Work& work, const Call& call);

/// Leads from tool calls to the tools' own runs, by id, else by name, arguments and order. A run is given away once.
class ToolRuns {
 public:
  explicit ToolRuns(const Work& work);

  struct Link {
    const messages::RunFacts* run = nullptr;
    bool by_order = false;
  };
  /// The run of one call of an answer. `answer_of` is none for answers from before the recording: only ids count then.
  [[nodiscard]] Link take(const model::ToolCall& tool_call, CallId answer_of);

  /// Runs that no call led to, in order: tools run by plain code.
  [[nodiscard]] std::vector<const messages::RunFacts*> untaken() const;

 private:
  struct Run {
    const messages::RunFacts* facts;
    std::uint32_t trace;
    std::uint32_t scope;
    bool taken = false;
  };
  void index_by_name();

  const Work& work_;
  std::vector<Run> runs_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_id_;
  using Index = std::unordered_map<base::Hash128, std::vector<std::size_t>, base::Hash128Hasher>;
  // Made for the first call that no id leads from: most recordings have ids.
  Index by_name_;       ///< by trace, scope, name: in order of time
  Index by_arguments_;  ///< the same, and canonical arguments
};

}  // namespace trajectory::build
