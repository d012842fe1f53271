#include "messages/message_body.h"

#include <algorithm>

#include "messages/message_shape.h"

namespace trajectory::messages {

namespace {

using json::Value;
using model::Role;

/// Reads one message object's members into a draft.
class BodyReader {
 public:
  BodyReader(Draft& draft, Ledger& ledger, json::Parser* nested, unsigned levels)
      : draft_(draft), ledger_(ledger), nested_(nested), levels_(levels) {}

  void read(const Value& body) {
    model::Message& m = draft_.message;
    for (const json::Member& member : body.members()) {
      const Value& value = member.value;
      std::string_view key = member.key;
      if (key.starts_with("message.")) key.remove_prefix(8);  // OpenInference's flat attributes
      if (key == "content" || key == "parts" || key == "content_blocks" || key == "contents" || key == "blocks" ||
          (is_text_key(key) && value.is_string() && !body.has("content"))) {
        if (key == "content" || draft_.message.content.empty()) read_body_content(value);
        else ledger_.repeated(key, value);
      } else if (key == "from" || key == "sender" || key == "speaker" || key == "author") {
        ledger_.aside("role", value);
      } else if (repeats_member(key, value, body)) {
        ledger_.repeated(key, value);
      } else if (key == "tool_calls" || key == "toolCalls") {
        for (const Value& call : value.items())
          if (call.is_object()) calls_.push_back(read_call(call, ledger_));
      } else if (key == "invalid_tool_calls") {
        for (const Value& call : value.items())
          if (call.is_object()) invalid_.push_back(read_call(call, ledger_));
      } else if (key == "function_call") {
        if (value.is_object()) legacy_.push_back(read_call(value, ledger_));
      } else if (key == "additional_kwargs") {
        additional_ = &value;
      } else if (key == "tool_call_id" || key == "toolCallId" || key == "tool_use_id") {
        m.tool_call_id = value.string();
        ledger_.message(value);
      } else if (key == "name" || key == "tool_name" || key == "toolName") {
        m.name = value.string();
        ledger_.message(value);
      } else if (key == "reasoning" || key == "reasoning_content" || key == "thinking" || key == "reasoning_text" ||
                 key == "thinking_blocks") {
        read_reasoning(key, value);
      } else if (key == "thought" && value.is_string()) {
        // AutoGen: what was said beside calls; beside a text, what was thought.
        if (body["content"].is_array()) append_text(m, value.text());
        else append_reasoning(m, value.text());
        ledger_.message(value);
      } else if (key == "tool_plan" && value.is_string()) {  // Cohere: what was said beside calls
        append_text(m, value.text());
        ledger_.message(value);
      } else if (key == "refusal") {
        if (value.is_string()) refusal_ = &value;
      } else if (key == "toolInvocations") {
        for (const Value& call : value.items()) read_content(call, draft_, ledger_);
      } else if (key == "audio" && value.is_object()) {
        append_text(m, value["transcript"].string());
        add_media(draft_, key, value);
        ledger_.message(value);
      } else if (key == "tool_results" || (key == "images" && value.is_array())) {
        // Cohere's first API; what a model drew, as OpenRouter and LiteLLM give it.
        read_content(value, draft_, ledger_);
      } else if (key == "is_error" || key == "isError" || (key == "status" && value.string() == "error")) {
        failed_ = failed_ || value.is_true() || value.is_string();
        ledger_.leftover("message", value);
      } else if (key == "error" && m.role == Role::k_tool && value.is_string()) {
        m.error = value.text();
        ledger_.message(value);
      } else if (key == "reasoning_details") {
        details_ = &value;
      } else if (key == "source" && value.is_string() && m.name.empty()) {
        m.name = value.text();  // AutoGen: who said it
        ledger_.message(value);
      } else if (key == "metadata" && value.is_object() && !is_set_aside_key(key, levels_)) {
        for (const json::Member& remark : value.members()) ledger_.leftover("metadata", remark.value);
      } else {
        ledger_.leftover("message", value);
        if (!is_set_aside_key(key, levels_) && value.is_string()) spare_.push_back(value.text());
      }
    }
    finish();
  }

 private:
  /// wrapAISDK's answer beside the AI SDK 4's own, the Anthropic wrapper's joined stream, a text under two keys.
  static bool repeats_member(std::string_view key, const Value& value, const Value& body) {
    return (key == "toolCalls" && body["tool_calls"].is_array()) || (key == "output" && body.has("content")) ||
           (key == "text" && value.is_string() && body["content"].is_string() &&
            value.text() == body["content"].text());
  }

  void read_body_content(const Value& value) {
    const std::string_view text = value.string();
    if (nested_ != nullptr && (text.starts_with("[{") || text == "[]") && draft_.message.role != Role::k_tool) {
      const auto parsed = nested_->parse(text);
      if (parsed && std::all_of((*parsed)->items().begin(), (*parsed)->items().end(), looks_like_part)) {
        ledger_.replace(value, **parsed);
        read_content(**parsed, draft_, ledger_);
        return;
      }
    }
    read_content(value, draft_, ledger_);
  }

  void read_reasoning(std::string_view key, const Value& value) {
    if (value.is_string()) {
      if (draft_.message.reasoning.empty()) {
        append_reasoning(draft_.message, value.text());
        ledger_.message(value);
        return;
      }
    } else if (value.is_array() || value.is_object()) {
      Draft inside;
      inside.message.role = Role::k_assistant;
      Census unbooked;
      Ledger ignored(unbooked);
      read_content(value, inside, ignored);
      append_reasoning(draft_.message,
                       inside.message.reasoning.empty() ? inside.message.content : inside.message.reasoning);
      ledger_.message(value);
      return;
    }
    ledger_.repeated(key, value);
  }

  void finish() {
    model::Message& m = draft_.message;
    if (additional_ != nullptr) read_additional(*additional_);
    if (details_ != nullptr) read_details(*details_);
    if (refusal_ != nullptr) {
      if (m.content.empty()) append_text(m, refusal_->text());
      else if (m.content != refusal_->text()) add_beside(draft_, "refusal", *refusal_);
      ledger_.message(*refusal_);
    }
    // `tool_calls` is what clients clean up; parts add only what is not there, older places only count without both.
    if (calls_.empty()) calls_ = std::move(draft_.part_calls);
    else
      for (model::ToolCall& call : draft_.part_calls)
        if (!call.id.empty() &&
            std::none_of(calls_.begin(), calls_.end(), [&](const auto& c) { return c.id == call.id || c.id.empty(); }))
          calls_.push_back(std::move(call));
    calls_.insert(calls_.end(), invalid_.begin(), invalid_.end());
    if (calls_.empty()) calls_ = std::move(older_);
    if (calls_.empty()) calls_ = std::move(legacy_);
    m.tool_calls = std::move(calls_);
    if (failed_ && m.role == Role::k_tool && m.error.empty()) m.error = m.content.empty() ? "tool_error" : m.content;
    if (m.content.empty() && m.tool_calls.empty() && m.reasoning.empty() && draft_.results.empty() && !draft_.rich)
      for (const std::string_view text : spare_) append_text(m, text);
  }

  void read_additional(const Value& additional) {
    for (const json::Member& member : additional.members()) {
      const auto& [key, value] = member;
      if (key == "tool_calls") {
        Census unbooked;
        Ledger ignored(unbooked);
        for (const Value& call : value.items())
          if (call.is_object()) older_.push_back(read_call(call, ignored));
        ledger_.repeated("additional_kwargs", value);
      } else if (key == "function_call" && value.is_object()) {
        Census unbooked;
        Ledger ignored(unbooked);
        legacy_.push_back(read_call(value, ignored));
        ledger_.repeated("additional_kwargs", value);
      } else if ((key == "reasoning_content" || key == "reasoning") && draft_.message.reasoning.empty()) {
        if (value.is_string()) append_reasoning(draft_.message, value.text());
        else
          for (const Value& item : value["summary"].items()) append_reasoning(draft_.message, item["text"].string());
        ledger_.message(value);
      } else if (key == "refusal" && value.is_string() && refusal_ == nullptr) {
        refusal_ = &value;
      } else {
        ledger_.leftover("message", value);
      }
    }
  }

  /// OpenRouter: the reasoning once more, in pieces with their signatures.
  void read_details(const Value& details) {
    const bool is_new = draft_.message.reasoning.empty();
    for (const Value& item : details.items()) {
      if (is_new)
        append_reasoning(draft_.message, (item["text"].is_string() ? item["text"] : item["summary"]).string());
      for (const json::Member& member : item.members()) {
        if (member.key == "text" || member.key == "summary") ledger_.repeated("reasoning_details", member.value);
        else if (member.key == "format" || member.key == "data") ledger_.aside("reasoning_details", member.value);
      }
    }
  }

  Draft& draft_;
  Ledger& ledger_;
  json::Parser* nested_;
  unsigned levels_;
  std::vector<model::ToolCall> calls_;
  std::vector<model::ToolCall> invalid_;
  std::vector<model::ToolCall> older_;
  std::vector<model::ToolCall> legacy_;
  std::vector<std::string_view> spare_;
  const Value* additional_ = nullptr;
  const Value* refusal_ = nullptr;
  const Value* details_ = nullptr;
  bool failed_ = false;
};

}  // namespace

void read_body(const Value& body, Draft& draft, Ledger& ledger, json::Parser* nested, unsigned levels) {
  BodyReader(draft, ledger, nested, levels).read(body);
}

}  // namespace trajectory::messages
