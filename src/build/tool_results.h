#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "build/slots.h"
#include "build/tool_runs.h"

namespace trajectory::build {

/// The call of an answer that a tool run came of.
struct AskedBy {
  CallId call = k_none;   ///< the model call that gave the answer; none for an answer from before the recording
  std::size_t index = 0;  ///< which of the answer's tool calls
  std::string tool_call_id;
};

/// Leads the tool messages of a lane to the calls that they answer, and the calls to the tools' own runs.
class ToolResults {
 public:
  ToolResults(Work& work, ToolRuns& tool_runs) : work_(work), tool_runs_(tool_runs) {}

  /// Takes a line of messages; returns it with the results that no model saw, each behind those of its answer that one
  /// saw. Calls without an id get one by their place.
  [[nodiscard]] std::vector<SlotId> complete(const std::vector<SlotId>& order);

  /// The id of an answer's call.
  [[nodiscard]] std::string id_of(SlotId assistant, std::size_t index) const;

  /// Whether a call of the answer was never answered.
  [[nodiscard]] bool is_unanswered(SlotId assistant) const { return unanswered_.contains(assistant); }

  /// Adds to a tool message which call it answers and what the tool's run says of it.
  void describe(SlotId tool, model::TranscriptMessage& out) const;

  /// The tool runs that calls led to.
  [[nodiscard]] std::map<const messages::RunFacts*, AskedBy> take_runs() { return std::move(started_); }

 private:
  using CallPlace = std::pair<SlotId, std::size_t>;  ///< an assistant message, and which of its calls
  struct OpenCall {
    SlotId assistant;
    std::size_t index;
    bool answered = false;
  };
  using Unseen = std::unordered_map<SlotId, std::vector<SlotId>>;  ///< by assistant

  [[nodiscard]] const Slot& slot(SlotId id) const { return work_.slots[id]; }
  [[nodiscard]] const model::ToolCall& call_of(const OpenCall& open) const {
    return slot(open.assistant).entry->message.tool_calls[open.index];
  }
  /// The calls so far, and their places by id: an answer may hold tens of thousands.
  struct OpenCalls {
    std::vector<OpenCall> all;
    std::vector<std::size_t> places;
    std::unordered_map<std::string_view, std::vector<std::size_t>> by_id;
  };
  void resolve(SlotId tool, OpenCalls& open);
  void link_run(const OpenCall& open);
  [[nodiscard]] SlotId unseen_result(const OpenCall& open);
  [[nodiscard]] std::vector<SlotId> with_unseen(const std::vector<SlotId>& order, const Unseen& unseen) const;

  Work& work_;
  ToolRuns& tool_runs_;
  std::map<CallPlace, std::string> made_ids_;
  std::size_t made_ = 0;
  std::unordered_map<SlotId, CallPlace> resolved_;  ///< by tool message: the call that it answers
  std::map<CallPlace, ToolRuns::Link> runs_;
  std::unordered_set<SlotId> unanswered_;
  std::map<const messages::RunFacts*, AskedBy> started_;
};

}  // namespace trajectory::build
