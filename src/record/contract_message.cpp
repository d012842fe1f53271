#include "record/contract_message.h"

#include "base/time.h"

namespace trajectory::record {

namespace {

Tree usage_tree(const model::Usage& usage) {
  if (!usage.prompt_tokens && !usage.completion_tokens && !usage.total_tokens) return {};
  Tree out = Tree::object();
  out.add("prompt_tokens", Tree::integer(usage.prompt_tokens));
  out.add("completion_tokens", Tree::integer(usage.completion_tokens));
  out.add("total_tokens", Tree::integer(usage.total_tokens));
  if (usage.cache_read_tokens) out.add("cache_read_tokens", Tree::integer(usage.cache_read_tokens));
  if (usage.cache_creation_tokens) out.add("cache_creation_tokens", Tree::integer(usage.cache_creation_tokens));
  if (usage.reasoning_tokens) out.add("reasoning_tokens", Tree::integer(usage.reasoning_tokens));
  return out;
}

}  // namespace

MessageRenderer::MessageRenderer(Line line, const std::vector<std::string>& tool_definitions)
    : line_(std::move(line)), answered_by_(line_.places(), nullptr) {
  const std::vector<std::uint32_t>* offered = nullptr;
  for (const model::ModelCall& call : line_.calls) {
    if (!call.answer || *call.answer >= line_.places()) continue;
    answered_by_[*call.answer] = &call;
    if (offered == nullptr ? !call.tools.empty() : *offered != call.tools) shows_tools_.insert(*call.answer);
    offered = &call.tools;
  }
  for (const std::string& definition : tool_definitions) definitions_.push_back(definition_tree(definition));
}

RenderedMessage MessageRenderer::render(std::uint32_t place, const model::Variant* variant) {
  RenderedMessage out;
  const Tree tree = message_tree(place, variant);
  tree.write_indented(out.indented, 4);
  tree.write_canonical(out.canonical);
  return out;
}

Tree MessageRenderer::parse(std::string_view json_text) {
  const auto parsed = parser_.parse(json_text, json::Parser::k_record_depth);
  return parsed ? Tree::from(**parsed) : Tree();
}

/// The object; the text where it is none that Python's `json.loads` reads: it wants no byte order mark either.
Tree MessageRenderer::arguments(const std::string& text) {
  if (text.starts_with("\xEF\xBB\xBF")) return Tree::text(text);
  const auto parsed = parser_.parse(text, json::Parser::k_record_depth);
  if (!parsed || !(*parsed)->is_object() || has_long_integer(**parsed)) return Tree::text(text);
  return Tree::from(**parsed);
}

Tree MessageRenderer::definition_tree(const std::string& text) {
  const auto parsed = parser_.parse(text, json::Parser::k_record_depth);
  if (!parsed) return {};
  const json::Value& tool = **parsed;
  const json::Value& function = tool["function"].is_object() ? tool["function"] : tool;
  Tree out = Tree::object();
  out.add("name", Tree::text(function["name"].is_string() ? function["name"].text() : function["type"].string()));
  out.add("description", Tree::text(function["description"].string()));
  out.add("parameters", function["parameters"].is_object() ? Tree::from(function["parameters"]) : Tree::object());
  return out;
}

/// The call that a tool message answers: the latest before it with that id.
const model::ToolCall* MessageRenderer::call_of(std::uint32_t place) const {
  const std::string& id = line_.at(place).message.tool_call_id;
  for (std::uint32_t at = place; at-- > 0;)
    for (const model::ToolCall& call : line_.at(at).message.tool_calls)
      if (call.id == id) return &call;
  return nullptr;
}

Tree MessageRenderer::metadata(const model::TranscriptMessage& message, const model::Message& form,
                               const model::ModelCall* call) {
  Tree out = Tree::object();
  out.add("run_id", Tree::text_or_null(message.origin.run_id));
  if (message.time) out.add("time", Tree::text(base::format_time(*message.time)));
  if (call != nullptr && !call->model.empty()) out.add("model", Tree::text(call->model));
  if (!form.original_role.empty()) out.add("original_role", Tree::text(form.original_role));
  if (!form.parts.empty()) out.add("parts", parse(form.parts));
  if (message.seen_only_as_input) out.add("seen_only_as_input", Tree::boolean(true));
  if (message.cut) out.add("cut", Tree::boolean(true));
  if (message.unanswered_calls) out.add("unanswered_calls", Tree::boolean(true));
  return out;
}

Tree MessageRenderer::message_tree(std::uint32_t place, const model::Variant* variant) {
  const model::TranscriptMessage& message = line_.at(place);
  model::Message other;
  if (variant != nullptr) other = model::in_form(message.message, *variant);
  const model::Message& m = variant != nullptr ? other : message.message;
  const model::ModelCall* call = answered_by_[place];
  const bool is_tool = m.role == model::Role::k_tool;
  Tree out = Tree::object();
  out.add("role", Tree::text(model::role_name(m.role)));
  out.add("content", is_tool || (m.content.empty() && !m.tool_calls.empty()) ? Tree() : Tree::text(m.content));
  Tree calls;
  if (!m.tool_calls.empty()) {
    calls = Tree::array();
    for (const model::ToolCall& tool_call : m.tool_calls) {
      Tree one = Tree::object();
      one.add("name", Tree::text(tool_call.name));
      one.add("arguments", arguments(tool_call.arguments));
      one.add("id", Tree::text_or_null(tool_call.id));
      calls.add(std::move(one));
    }
  }
  out.add("tool_calls", std::move(calls));
  out.add("tool_response", is_tool ? tool_response(place, m) : Tree());
  Tree definitions;
  if (call != nullptr && shows_tools_.contains(place) && !call->tools.empty()) {
    definitions = Tree::array();
    for (const std::uint32_t tool : call->tools) definitions.add(definitions_[tool]);
  }
  out.add("tool_definitions", std::move(definitions));
  out.add("usage", call == nullptr ? Tree() : usage_tree(call->usage));
  out.add("finish_reason", call == nullptr ? Tree() : Tree::text_or_null(call->finish_reason));
  out.add("metadata", metadata(message, m, call));
  out.add("reasoning", Tree::text_or_null(m.reasoning));
  out.add("trainable_status", Tree::text(model::trainable_name(message.trainable)));
  return out;
}

Tree MessageRenderer::tool_response(std::uint32_t place, const model::Message& message) {
  const model::ToolCall* call = call_of(place);
  Tree out = Tree::object();
  out.add("id", Tree::text(message.tool_call_id));
  out.add("name", Tree::text(message.name));
  out.add("arguments", call == nullptr ? Tree::object() : arguments(call->arguments));
  out.add("response", Tree::text(message.content));
  out.add("error", Tree::text_or_null(message.error));
  out.add("metadata", Tree());
  return out;
}

}  // namespace trajectory::record
