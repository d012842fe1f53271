#pragma once

#include "model/trajectory.h"

/// The fields of a record, declared once for the reader and the writer. An archive offers:
///   text(key, string)        absent when empty        kept_text(key, string)   always there
///   json(key, string)        JSON text, absent when empty
///   number(key, optional), cost(key, optional), flag(key, bool)                absent when unset
///   time(key, optional)      ISO 8601 text, absent when unset
///   choice(key, enum, names) name of an enumerator    real(key, double), count(key, integer): always there
///   object(key, value), optional_object(key, optional)                         values with fields of their own
///   list(key, vector)        of such values, absent when empty                 kept_list(key, vector)    always there
///   ranges(key, vector)      places, half-open        place(key, optional)     null when unset
///   variants(key, map)       by place                 calls(key, vector)       tool calls, in OpenAI's form
///   optional_text, optional_calls(key, optional)      absent when unset, there when empty
///   tools(key, vector)       names of the tools, with the ranges of their definitions beside them
namespace trajectory::record {

template <class Archive>
void fields(Archive& a, model::Origin& v) {
  a.text("run_id", v.run_id);
  a.text("field", v.field);
  a.choice("kind", v.kind, model::k_origin_names);
}

template <class Archive>
void fields(Archive& a, model::ToolRun& v) {
  a.text("run_id", v.run_id);
  a.text("raw_output_sha256", v.raw_output_sha256);
  a.time("start_time", v.start_time);
  a.time("end_time", v.end_time);
  a.flag("linked_by_order", v.linked_by_order);
}

/// What a model reads of a message, and whether it may be trained on.
template <class Archive>
void message_fields(Archive& a, model::TranscriptMessage& v) {
  a.choice("role", v.message.role, model::k_role_names);
  a.kept_text("content", v.message.content);
  a.json("parts", v.message.parts);
  a.calls("tool_calls", v.message.tool_calls);
  a.text("tool_call_id", v.message.tool_call_id);
  a.text("name", v.message.name);
  a.text("reasoning", v.message.reasoning);
  a.text("error", v.message.error);
  a.choice("trainable_status", v.trainable, model::k_trainable_names);
}

/// Where a message came from.
template <class Archive>
void provenance_fields(Archive& a, model::TranscriptMessage& v) {
  a.text("original_role", v.message.original_role);
  a.time("time", v.time);
  a.object("origin", v.origin);
  a.flag("seen_only_as_input", v.seen_only_as_input);
  a.flag("unanswered_calls", v.unanswered_calls);
  a.flag("cut", v.cut);
  a.optional_object("tool_run", v.tool_run);
}

template <class Archive>
void fields(Archive& a, model::TranscriptMessage& v) {
  message_fields(a, v);
  provenance_fields(a, v);
}

template <class Archive>
void fields(Archive& a, model::Usage& v) {
  a.number("prompt_tokens", v.prompt_tokens);
  a.number("completion_tokens", v.completion_tokens);
  a.number("total_tokens", v.total_tokens);
  a.number("cache_read_tokens", v.cache_read_tokens);
  a.number("cache_creation_tokens", v.cache_creation_tokens);
  a.number("reasoning_tokens", v.reasoning_tokens);
  a.cost("cost", v.cost);
}

/// What a variant shows otherwise than the message beside text and parts.
template <class Archive>
void fields(Archive& a, model::Variant& v) {
  a.optional_calls("tool_calls", v.tool_calls);
  a.optional_text("tool_call_id", v.tool_call_id);
  a.optional_text("name", v.name);
  a.optional_text("reasoning", v.reasoning);
  a.optional_text("error", v.error);
}

template <class Archive>
void fields(Archive& a, model::ModelCall& v) {
  a.ranges("context", v.context);
  a.place("answer", v.answer);
  a.variants("variants", v.variants);
  a.text("model", v.model);
  a.json("parameters", v.parameters);
  a.tools("tools", v.tools);
  a.object("usage", v.usage);
  a.text("finish_reason", v.finish_reason);
  a.text("run_id", v.run_id);
  a.text("trace_id", v.trace_id);
  a.text("agent", v.agent);
  a.text("error", v.error);
  a.time("start_time", v.start_time);
  a.time("end_time", v.end_time);
  a.flag("incomplete_context", v.incomplete_context);
}

template <class Archive>
void fields(Archive& a, model::Alternative& v) {
  a.count("at_message", v.at_message);
  a.text("reason", v.reason);
  a.kept_list("messages", v.messages);
  a.kept_list("calls", v.calls);
}

template <class Archive>
void fields(Archive& a, model::Lane& v) {
  a.text("parent_tool_call_id", v.parent_tool_call_id);
  a.text("name", v.name);
  a.kept_list("messages", v.messages);
  a.kept_list("calls", v.calls);
  a.list("subagents", v.subagents);
  a.list("alternatives", v.alternatives);
}

template <class Archive>
void fields(Archive& a, model::Event& v) {
  a.text("kind", v.kind);
  a.text("run_id", v.run_id);
  a.text("trace_id", v.trace_id);
  a.text("name", v.name);
  a.text("arguments", v.arguments);
  a.text("output", v.output);
  a.text("error", v.error);
  a.time("time", v.time);
}

template <class Archive>
void fields(Archive& a, model::RewardComponent& v) {
  a.kept_text("name", v.name);
  a.real("value", v.value);
  a.count("count", v.count);
}

template <class Archive>
void fields(Archive& a, model::Reward& v) {
  a.real("aggregated_value", v.aggregated_value);
  a.kept_list("components", v.components);
}

}  // namespace trajectory::record
