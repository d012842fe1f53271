#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/message.h"
#include "model/run.h"

namespace trajectory::model {

/// What the manifest of a dataset says it is.
inline constexpr std::string_view k_dataset_format = "trajectory-dataset";

/// Half-open range of transcript places.
using Range = std::pair<std::uint32_t, std::uint32_t>;

/// The places of ranges, one by one.
[[nodiscard]] inline std::vector<std::uint32_t> places_in(const std::vector<Range>& ranges) {
  std::size_t count = 0;
  for (const auto& [begin, end] : ranges) count += end - std::min(begin, end);
  std::vector<std::uint32_t> out;
  out.reserve(count);
  for (const auto& [begin, end] : ranges)
    for (std::uint32_t place = begin; place < end; ++place) out.push_back(place);
  return out;
}

enum class TrainableStatus : std::uint8_t { k_trainable, k_not_trainable, k_superseded, k_summarization_boundary };

inline constexpr std::array<std::string_view, 4> k_trainable_names{"trainable", "not_trainable", "superseded",
                                                                   "summarization_boundary"};

[[nodiscard]] constexpr std::string_view trainable_name(TrainableStatus status) {
  return k_trainable_names[static_cast<std::size_t>(status)];
}

enum class OriginKind : std::uint8_t { k_verbatim, k_normalised, k_inferred };

inline constexpr std::array<std::string_view, 3> k_origin_names{"verbatim", "normalised", "inferred"};

/// Where a message came from.
struct Origin {
  std::string run_id;
  std::string field;  ///< `inputs`, `outputs`, `error`
  OriginKind kind = OriginKind::k_verbatim;
  bool operator==(const Origin&) const = default;
};

/// What the tool's own run adds to a tool message.
struct ToolRun {
  std::string run_id;
  std::string raw_output_sha256;  ///< hex; empty when the tool's output is what the model saw
  std::optional<Micros> start_time;
  std::optional<Micros> end_time;
  bool linked_by_order = false;  ///< no id led here: name, arguments and order did
  bool operator==(const ToolRun&) const = default;
};

/// A message at its place in a transcript.
struct TranscriptMessage {
  Message message;
  TrainableStatus trainable = TrainableStatus::k_not_trainable;
  std::optional<Micros> time;
  Origin origin;
  bool seen_only_as_input = false;  ///< history from before the recording
  bool unanswered_calls = false;    ///< assistant: a tool call of it was never answered
  bool cut = false;                 ///< assistant: the stream broke off here
  std::optional<ToolRun> tool_run;
  bool operator==(const TranscriptMessage&) const = default;
};

/// Tokens and money of one model call.
struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<std::int64_t> total_tokens;
  std::optional<std::int64_t> cache_read_tokens;
  std::optional<std::int64_t> cache_creation_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  std::optional<Picos> cost;
  bool operator==(const Usage&) const = default;
};

/// Another form of a message in one call's context. What may be absent is as it stands in the message.
struct Variant {
  std::string content;  ///< text
  std::string parts;    ///< JSON array when there is more than text, else empty
  std::optional<std::vector<ToolCall>> tool_calls{};
  std::optional<std::string> tool_call_id{};
  std::optional<std::string> name{};
  std::optional<std::string> reasoning{};
  std::optional<std::string> error{};
  bool operator==(const Variant&) const = default;
};

/// The message as the call saw it.
[[nodiscard]] inline Message in_form(Message message, const Variant& variant) {
  message.content = variant.content;
  message.parts = variant.parts;
  if (variant.tool_calls) message.tool_calls = *variant.tool_calls;
  if (variant.tool_call_id) message.tool_call_id = *variant.tool_call_id;
  if (variant.name) message.name = *variant.name;
  if (variant.reasoning) message.reasoning = *variant.reasoning;
  if (variant.error) message.error = *variant.error;
  return message;
}

/// One model call: what the model saw, and where its answer stands.
struct ModelCall {
  std::vector<Range> context;                 ///< over the transcript, in the order the model saw
  std::optional<std::uint32_t> answer;        ///< transcript place; none when the call failed
  std::map<std::uint32_t, Variant> variants;  ///< by transcript place
  std::string model;
  std::string parameters;            ///< JSON object, empty when none
  std::vector<std::uint32_t> tools;  ///< indices into `Trajectory::tool_definitions`
  Usage usage;
  std::string finish_reason;
  std::string run_id;
  std::string trace_id;
  std::string agent;  ///< agent name, where the recording says it
  std::string error;
  std::optional<Micros> start_time;
  std::optional<Micros> end_time;
  bool incomplete_context = false;  ///< a stateful call whose chain is not in the recording
  bool operator==(const ModelCall&) const = default;
};

/// A path that was not continued: a retry's first answer, an edited turn, an unchosen candidate.
struct Alternative {
  std::uint32_t at_message = 0;  ///< the path stood after `messages[:at_message]` of its lane
  std::string reason;            ///< retry, regeneration, candidate, partial
  std::vector<TranscriptMessage> messages;
  std::vector<ModelCall> calls;  ///< their places run over `messages[:at_message]` followed by this path's own
  bool operator==(const Alternative&) const = default;
};

/// One agent's line of model calls.
struct Lane {
  std::string parent_tool_call_id;  ///< the call that started a sub-agent; empty when none did
  std::string name;
  std::vector<TranscriptMessage> messages;
  std::vector<ModelCall> calls;
  std::vector<Lane> subagents;
  std::vector<Alternative> alternatives;
  bool operator==(const Lane&) const = default;
};

/// A tool run by plain code: no model asked for it.
struct Event {
  std::string kind;  ///< tool_run
  std::string run_id;
  std::string trace_id;
  std::string name;
  std::string arguments;
  std::string output;
  std::string error;
  std::optional<Micros> time;
  bool operator==(const Event&) const = default;
};

struct RewardComponent {
  std::string name;
  double value = 0;
  std::int64_t count = 1;  ///< how many scores the value averages
  bool operator==(const RewardComponent&) const = default;
};

/// Feedback as a reward: `aggregated_value` is the mean of the components' values.
struct Reward {
  double aggregated_value = 0;
  std::vector<RewardComponent> components;
  bool operator==(const Reward&) const = default;
};

/// The training record of one conversation.
struct Trajectory {
  std::string conversation_id;
  std::string project_id;
  std::string thread_key;  ///< the metadata key that named the conversation; empty: the trace id did
  Lane main;
  std::vector<Lane> auxiliary;
  std::vector<std::string> tool_definitions;  ///< distinct definitions, JSON text, in order of first appearance
  std::vector<Event> events;
  std::vector<std::string> trace_ids;       ///< roots in order; their number is the number of turns
  std::vector<std::string> source_run_ids;  ///< every run used, sorted
  std::optional<Reward> reward;
  std::string error;  ///< of the last turn, when it failed
  std::optional<Micros> start_time;
  std::optional<Micros> end_time;
  // Derived figures, each model call counted once over all lanes.
  Usage usage;
  std::int64_t failed_calls = 0;
  /// The contract's form as JSON, each message once, where somebody changed it: it counts in place of the derived one.
  std::string contract;
  bool operator==(const Trajectory&) const = default;
};

}  // namespace trajectory::model
