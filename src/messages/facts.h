#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/tables.h"
#include "model/run.h"
#include "model/trajectory.h"

namespace trajectory::messages {

/// One candidate answer of a model call.
struct Answer {
  MessageId message = 0;
  std::vector<MessageId> results;  ///< tool messages that the payload holds behind the answer
  TextId finish_reason = 0;
  std::uint64_t id = 0;  ///< hash of the message's own id, where it has one
};

/// One model call as its run records it. A run with several prompts holds one per prompt.
struct CallFacts {
  std::vector<MessageId> input;   ///< what the recording shows as the context, in order
  std::uint64_t last_answer = 0;  ///< `Answer::id` of the input's last assistant message
  std::vector<Answer> answers;    ///< candidates; empty when the call failed
  std::vector<TextId> tools;      ///< definitions offered, JSON text
  TextId parameters = 0;          ///< JSON object
  TextId model = 0;
  TextId response_id = 0;
  TextId previous_response_id = 0;  ///< the response that the call goes on from: `input` holds only what is new
  TextId conversation = 0;          ///< the provider's store of earlier turns: `input` holds only what is new
  std::string_view shape;           ///< name of the payload shape, a string literal
  model::Usage usage;
  bool text_lost = false;       ///< the client leaves out what was said beside tool calls
  bool late_recording = false;  ///< the client may have recorded the input after the answer

  /// Whether the provider kept what was said before.
  [[nodiscard]] bool is_stateful() const { return previous_response_id != 0 || conversation != 0; }
};

/// A tool's own run.
struct ToolFacts {
  TextId name = 0;
  TextId arguments = 0;  ///< JSON text
  TextId output = 0;     ///< text as a model would be shown it
  bool output_is_object = false;
  TextId tool_call_id = 0;
};

/// The root's (or sub-agent's) role that a run's metadata claims (`ls_agent_type`).
enum class AgentMark : std::uint8_t { k_none, k_subagent, k_helper };

/// Everything that assembling needs to know of one run; the payload itself is gone.
struct RunFacts {
  TextId id = 0;
  TextId trace_id = 0;
  TextId parent_id = 0;
  TextId project_id = 0;
  TextId name = 0;
  TextId dotted_order = 0;
  TextId error = 0;
  TextId agent_name = 0;          ///< from metadata or an agent span
  TextId node = 0;                ///< langgraph_node
  TextId agent_path = 0;          ///< langgraph checkpoint namespace: tells parallel instances apart
  std::vector<TextId> ancestors;  ///< parent_run_ids, root first, where recorded
  std::vector<std::pair<std::uint8_t, TextId>> thread_keys;  ///< (place in the list of keys, value)
  model::RunType type = model::RunType::k_other;
  std::optional<model::Micros> start_time;
  std::optional<model::Micros> end_time;
  std::vector<CallFacts> calls;
  /// Of tool runs; without run types also of chains, until grouping tells which is which.
  std::optional<ToolFacts> tool;
  std::vector<std::uint64_t> output_texts;  ///< roots: `text_identity` of every text leaf of the outputs, sorted
  std::uint64_t text_bytes = 0;             ///< text in inputs and outputs
  /// System text of the model calls below, where only their parent's run shows it.
  std::optional<MessageId> instructions;
  TextId feedback = 0;  ///< JSON text of feedback_stats
  model::Place place;
  AgentMark mark = AgentMark::k_none;
  bool handoff = false;  ///< the OpenAI Agents SDK: one agent passes the conversation to another
  bool pushed = false;   ///< LangGraph: started by a Send
  bool failed = false;
  bool pending = false;
};

}  // namespace trajectory::messages
