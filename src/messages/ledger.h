#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "json/value.h"
#include "messages/census.h"

namespace trajectory::messages {

/// Keys of payloads that hold no message text: identifiers, bookkeeping of the client library, repetitions of what is
/// read elsewhere. Sorted; docs/import.md publishes the list.
inline constexpr auto k_set_aside_keys = std::to_array<std::string_view>({
    "ResponseMetadata",
    "_type",
    "acknowledged_safety_checks",
    "additional_kwargs",
    "annotations",
    "artifact",
    "avgLogprobs",
    "avg_logprobs",
    "background",
    "billing",
    "cacheControl",
    "cache_control",
    "cached",
    "caller",
    "chat_history",
    "chunk_position",
    "citationMetadata",
    "citation_metadata",
    "citations",
    "closed",
    "completed_at",
    "container",
    "content_filter_offsets",
    "content_filter_result",
    "content_filter_results",
    "context_management",
    "conversation",
    "createTime",
    "create_time",
    "created",
    "createdAt",
    "created_at",
    "created_by",
    "delta",
    "done",
    "done_reason",
    "encrypted_content",
    "error",
    "eval_count",
    "eval_duration",
    "event.name",
    "example",
    "experimental_providerMetadata",
    "extras",
    "finishMessage",
    "finishReason",
    "finish_details",
    "finish_message",
    "finish_reason",
    "frequency_penalty",
    "gen_ai.message.index",
    "gen_ai.system",
    "generationInfo",
    "generation_id",
    "generation_info",
    "groundingMetadata",
    "grounding_metadata",
    "headers",
    "id",
    "incomplete_details",
    "index",
    "inference_geo",
    "instructions",
    "invalid_tool_calls",
    "isError",
    "is_error",
    "kv_transfer_params",
    "lc",
    "llmOutput",
    "llm_output",
    "load_duration",
    "log_id",
    "logprobs",
    "logprobsResult",
    "logprobs_result",
    "max_output_tokens",
    "max_tool_calls",
    "meta",
    "metadata",
    "metrics",
    "model",
    "modelId",
    "modelStatus",
    "modelVersion",
    "model_name",
    "model_request_end",
    "model_status",
    "model_usage",
    "model_version",
    "moderation",
    "namespace",
    "native_finish_reason",
    "nonce",
    "obfuscation",
    "object",
    "options",
    "output_parsed",
    "parallel_tool_calls",
    "parsed",
    "parsed_arguments",
    "parsed_output",
    "pending_safety_checks",
    "perf_metrics",
    "phase",
    "prefix",
    "presence_penalty",
    "previous_response_id",
    "processed_at",
    "promptFeedback",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_eval_count",
    "prompt_eval_duration",
    "prompt_feedback",
    "prompt_filter_result",
    "prompt_filter_results",
    "prompt_logprobs",
    "prompt_token_ids",
    "provider",
    "providerData",
    "providerExecuted",
    "providerMetadata",
    "providerOptions",
    "provider_data",
    "provider_specific_fields",
    "rawCall",
    "rawResponse",
    "reasoning_details",
    "related_questions",
    "request",
    "response",
    "responseId",
    "response_id",
    "response_metadata",
    "role",
    "run",
    "runtimeContext",
    "safetyRatings",
    "safety_identifier",
    "safety_ratings",
    "sdkHttpResponse",
    "sdk_http_response",
    "search_results",
    "seed",
    "sequence_number",
    "service_tier",
    "signature",
    "snapshot",
    "source",
    "sources",
    "state",
    "status",
    "stop",
    "stopReason",
    "stop_details",
    "stop_reason",
    "stop_sequence",
    "store",
    "system_fingerprint",
    "temperature",
    "thinking_signature",
    "thought",
    "thoughtSignature",
    "thought_signature",
    "timestamp",
    "tokenCount",
    "token_count",
    "token_ids",
    "toolCallType",
    "tool_call_chunks",
    "tool_choice",
    "tools",
    "toolsContext",
    "toolset_name",
    "top_logprobs",
    "top_p",
    "totalUsage",
    "total_duration",
    "truncation",
    "type",
    "urlContextMetadata",
    "url_context_metadata",
    "usage",
    "usageMetadata",
    "usage_breakdown",
    "usage_metadata",
    "user",
    "warnings",
    "x_groq",
});

[[nodiscard]] inline bool is_set_aside_key(std::string_view key) {
  return std::find(k_set_aside_keys.begin(), k_set_aside_keys.end(), key) != k_set_aside_keys.end();
}

/// Bytes of text in a value: every string below it, keys left out.
[[nodiscard]] inline std::uint64_t text_bytes(const json::Value& value) {
  std::uint64_t total = value.string().size();
  for (const json::Value& item : value.items()) total += text_bytes(item);
  for (const json::Member& member : value.members()) total += text_bytes(member.value);
  return total;
}

/// Books every text leaf of a payload to where it went.
class Ledger {
 public:
  explicit Ledger(Census& census) : census_(census) {}

  /// Text that has to be booked by the calls that follow.
  void expect(const json::Value& value) { census_.total_bytes += text_bytes(value); }

  /// Expects everything in `value` at once; elements read from it until `close` are part of that.
  void open(const json::Value& value) {
    expect(value);
    open_ = true;
  }
  void close() { open_ = false; }

  /// A text turned out to be JSON: its inside has to be booked in its place.
  void replace(const json::Value& text, const json::Value& inside) {
    census_.total_bytes += text_bytes(inside) - text_bytes(text);
  }

  /// A message element was read; what became of its text is `absorb`ed, or it was read by another worker as well.
  void element(const json::Value& value) {
    if (!open_) expect(value);
  }
  void absorb(const Census& booked) { census_.add(booked); }
  void forget_element(const json::Value& value) {
    if (open_) repeated("repeated_message", value);
    else census_.total_bytes -= text_bytes(value);
  }
  /// A message element was read before: only what `open` expected needs booking.
  void repeated_element(const json::Value& value) {
    if (open_) repeated("repeated_message", value);
  }
  void message(const json::Value& value) { census_.message_bytes += text_bytes(value); }
  void parameter(const json::Value& value) { census_.parameter_bytes += text_bytes(value); }

  /// A member that nothing reads: set aside when its key is on the list, else unknown.
  /// `where` names the kind of object it stands in (message, part, inputs, outputs).
  void leftover(std::string_view where, std::string_view key, const json::Value& value) {
    const std::uint64_t bytes = text_bytes(value);
    if (bytes == 0 && (is_set_aside_key(key) || value.is_null())) return;
    auto& tallies = is_set_aside_key(key) ? census_.set_aside : census_.unknown;
    const std::string name = is_set_aside_key(key) ? std::string(key) : std::string(where) + "." + std::string(key);
    tallies[name].add(bytes);
  }

  /// Text that repeats what is read elsewhere in the payload, or wraps it.
  void aside(std::string_view key, std::uint64_t bytes) { census_.set_aside[std::string(key)].add(bytes); }
  void repeated(std::string_view key, const json::Value& value) { aside(key, text_bytes(value)); }

 private:
  Census& census_;
  bool open_ = false;
};

}  // namespace trajectory::messages
