#include "messages/message_shape.h"

#include <array>
#include <string>

#include "base/text.h"

namespace trajectory::messages {

namespace {

using json::Value;
using model::Role;

struct RoleName {
  std::string_view name;
  Role role;
};

/// Role names and LangChain classes and types.
constexpr auto k_roles = std::to_array<RoleName>({
    {"system", Role::k_system},
    {"developer", Role::k_system},
    {"SystemMessage", Role::k_system},
    {"user", Role::k_user},
    {"human", Role::k_user},
    {"HumanMessage", Role::k_user},
    {"UserMessage", Role::k_user},
    {"assistant", Role::k_assistant},
    {"ai", Role::k_assistant},
    {"model", Role::k_assistant},
    {"chatbot", Role::k_assistant},
    {"bot", Role::k_assistant},
    {"gpt", Role::k_assistant},
    {"agent", Role::k_assistant},
    {"AssistantMessage", Role::k_assistant},
    {"AIMessage", Role::k_assistant},
    {"AIMessageChunk", Role::k_assistant},
    {"tool", Role::k_tool},
    {"function", Role::k_tool},
    {"tool_result", Role::k_tool},
    {"toolResult", Role::k_tool},
    {"ToolMessage", Role::k_tool},
    {"FunctionMessage", Role::k_tool},
    {"FunctionExecutionResultMessage", Role::k_tool},
});

bool is_envelope(const Value& v) { return v.has("lc") && v["kwargs"].is_object(); }

std::string_view class_of(const Value& envelope) {
  const auto path = envelope["id"].items();
  return path.empty() ? std::string_view() : path.back().string();
}

/// The role as a client may name it: OpenAI's key, ShareGPT's, OpenInference's flat attribute, those of hand-made logs.
std::string_view stated_role(const Value& v) {
  for (const std::string_view key : {"role", "from", "message.role", "sender", "speaker", "author"})
    if (v[key].is_string()) return v[key].text();
  return v["author"]["role"].string();
}

}  // namespace

std::optional<Role> role_of(std::string_view name) {
  if (name.ends_with("Chunk") && name != "AIMessageChunk") name.remove_suffix(5);
  for (const RoleName& entry : k_roles)
    if (entry.name == name) return entry.role;
  const std::string lower = base::lower_ascii(name);
  if (lower == name) return std::nullopt;
  for (const RoleName& entry : k_roles)
    if (entry.name == lower) return entry.role;
  return std::nullopt;
}

bool names_an_object(std::string_view text) {
  if (text == "NOT_GIVEN") return true;
  if (!text.starts_with('<') || !text.ends_with('>') || text.find('\n') != std::string_view::npos) return false;
  const auto holds = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  return holds(" object at 0x") || holds("APIResponse [") || (text.starts_with("<function ") && holds(" at 0x")) ||
         text.starts_with("<class '");
}

bool is_answer_item(std::string_view type) {
  return type == "reasoning" || (type.ends_with("_call") && type != "tool_call") || type == "mcp_list_tools" ||
         type == "mcp_approval_request" || type == "compaction" || type == "item_reference";
}

bool is_result_item(std::string_view type) {
  return type.ends_with("_call_output") || type.ends_with("_call_result") || type == "tool_search_output";
}

bool is_user_item(std::string_view type) { return type == "mcp_approval_response"; }

bool is_text_key(std::string_view key) { return key == "text" || key == "message" || key == "value"; }

MessageShape shape_of(const Value& v) {
  if (is_envelope(v)) {
    MessageShape shape{&v["kwargs"], class_of(v)};
    // ChatMessage, and envelopes that wrap another (a generation in an envelope of its own).
    if (shape.role == "ChatMessage" || shape.role == "ChatMessageChunk") shape.role = v["kwargs"]["role"].string();
    if (is_envelope(v["kwargs"]["message"])) return shape_of(v["kwargs"]["message"]);
    return shape;
  }
  if (v["data"].is_object() && v["type"].is_string() && !v.has("role")) return {&v["data"], v["type"].string()};
  if (!v.has("role") && !v.has("content") && v["message"].is_object()) return shape_of(v["message"]);
  MessageShape shape{&v, stated_role(v)};
  const std::string_view type = v["type"].string();
  if (shape.role.empty() || shape.role == "chat") shape.role = type;
  shape.typed_item = type == "message" && !v["role"].is_null();
  return shape;
}

bool looks_like_message(const Value& v) {
  if (v.is_array())
    return v.size() == 2 && v[0].is_string() && role_of(v[0].text()).has_value() &&
           (v[1].is_string() || v[1].is_array());
  if (!v.is_object()) return false;
  if (is_envelope(v))
    return role_of(class_of(v)).has_value() || class_of(v).starts_with("ChatMessage") ||
           class_of(v).starts_with("RemoveMessage");
  if (v["data"].is_object()) return role_of(v["type"].string()).has_value();
  const bool plain = v["text"].is_string() || v["message"].is_string() || v["value"].is_string();
  const bool filled = v.has("content") || v.has("parts") || v.has("tool_calls") || v.has("function_call") ||
                      v.has("blocks") || v.has("tool_results") || v.has("message.content") ||
                      v.has("message.tool_calls");
  if (role_of(stated_role(v))) return filled || plain;
  if (v.has("role") || v.has("message.role")) return filled;
  const std::string_view type = v["type"].string();
  if (is_answer_item(type) || is_result_item(type) || is_user_item(type)) return true;
  if (role_of(type) && filled) return true;
  return !v.has("content") && v["message"].is_object() && looks_like_message(v["message"]);
}

}  // namespace trajectory::messages
