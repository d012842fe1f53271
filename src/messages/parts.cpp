#include "messages/parts.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "json/write.h"
#include "messages/message_reader.h"
#include "messages/message_shape.h"

namespace trajectory::messages {

namespace {

using json::Value;
using Names = std::initializer_list<std::string_view>;

enum class PartKind { k_text, k_reasoning, k_call, k_result, k_media, k_server, k_nothing };

struct PartType {
  std::string_view type;
  PartKind kind;
};

/// Every part type that clients are known to write. Sources: the providers' API references, LangChain's content blocks,
/// the AI SDK's parts, OpenTelemetry's GenAI conventions, Bedrock Converse.
constexpr auto k_part_types = std::to_array<PartType>({
    {"text", PartKind::k_text},
    {"input_text", PartKind::k_text},
    {"output_text", PartKind::k_text},
    {"summary_text", PartKind::k_text},
    {"text-plain", PartKind::k_text},
    {"refusal", PartKind::k_text},
    {"reasoning", PartKind::k_reasoning},
    {"reasoning_text", PartKind::k_reasoning},
    {"reasoning_content", PartKind::k_reasoning},
    {"reasoningContent", PartKind::k_reasoning},
    {"thinking", PartKind::k_reasoning},
    {"redacted_thinking", PartKind::k_nothing},
    {"redacted-reasoning", PartKind::k_nothing},
    {"tool_use", PartKind::k_call},
    {"tool-call", PartKind::k_call},
    {"tool_call", PartKind::k_call},
    {"function_call", PartKind::k_call},
    {"functionCall", PartKind::k_call},
    {"toolUse", PartKind::k_call},
    {"non_standard_tool_call", PartKind::k_call},
    {"tool_result", PartKind::k_result},
    {"tool-result", PartKind::k_result},
    {"tool-error", PartKind::k_result},
    {"tool_call_response", PartKind::k_result},
    {"function_response", PartKind::k_result},
    {"functionResponse", PartKind::k_result},
    {"toolResult", PartKind::k_result},
    {"image", PartKind::k_media},
    {"image_url", PartKind::k_media},
    {"input_image", PartKind::k_media},
    {"audio", PartKind::k_media},
    {"input_audio", PartKind::k_media},
    {"audio_url", PartKind::k_media},
    {"video", PartKind::k_media},
    {"video_url", PartKind::k_media},
    {"file", PartKind::k_media},
    {"input_file", PartKind::k_media},
    {"document", PartKind::k_media},
    {"computer_screenshot", PartKind::k_media},
    {"media", PartKind::k_media},
    {"image-url", PartKind::k_media},
    {"audio-url", PartKind::k_media},
    {"video-url", PartKind::k_media},
    {"document-url", PartKind::k_media},
    {"binary", PartKind::k_media},
    {"blob", PartKind::k_media},
    {"uri", PartKind::k_media},
    {"inlineData", PartKind::k_media},
    {"inline_data", PartKind::k_media},
    {"fileData", PartKind::k_media},
    {"file_data", PartKind::k_media},
    {"source", PartKind::k_server},
    {"source-url", PartKind::k_server},
    {"custom", PartKind::k_server},
    {"server_tool_use", PartKind::k_server},
    {"server_tool_call", PartKind::k_server},
    {"server_tool_result", PartKind::k_server},
    {"server_tool_call_response", PartKind::k_server},
    {"web_search_tool_result", PartKind::k_server},
    {"web_fetch_tool_result", PartKind::k_server},
    {"code_execution_tool_result", PartKind::k_server},
    {"bash_code_execution_tool_result", PartKind::k_server},
    {"text_editor_code_execution_tool_result", PartKind::k_server},
    {"mcp_tool_use", PartKind::k_server},
    {"mcp_tool_result", PartKind::k_server},
    {"search_result", PartKind::k_server},
    {"executable_code", PartKind::k_server},
    {"executableCode", PartKind::k_server},
    {"code_execution_result", PartKind::k_server},
    {"codeExecutionResult", PartKind::k_server},
    {"container_upload", PartKind::k_server},
    {"non_standard", PartKind::k_server},
    {"step-start", PartKind::k_nothing},
    {"tool-approval-request", PartKind::k_nothing},
    {"tool-approval-response", PartKind::k_nothing},
    {"input_json_delta", PartKind::k_nothing},
    {"cachePoint", PartKind::k_nothing},
});

const PartType* find_type(std::string_view type) {
  for (const PartType& entry : k_part_types)
    if (entry.type == type) return &entry;
  return nullptr;
}

const Value& first_of(const Value& object, Names names) {
  for (const std::string_view name : names) {
    const Value& found = object[name];
    if (!found.is_null()) return found;
  }
  return object[""];
}

bool among(std::string_view name, Names names) {
  for (const std::string_view other : names)
    if (name == other) return true;
  return false;
}

/// Books the members of a part: those read as message text, the others as left over.
void book(const Value& part, Names read, Ledger& ledger) {
  for (const json::Member& member : part.members()) {
    if (among(member.key, read)) ledger.message(member.value);
    else ledger.leftover("part", member.value);
  }
}

/// A part without the members that hold nothing: they come and go with the client's way of writing.
void append_given(std::string& out, const Value& value) {
  const bool object = value.is_object();
  if (!object && !value.is_array()) return json::append_compact(out, value);
  const std::size_t begin = out.size();
  const auto next = [&] { out.push_back(out.size() > begin ? ',' : object ? '{' : '['); };
  for (const Value& item : value.items()) {
    next();
    append_given(out, item);
  }
  for (const json::Member& member : value.members()) {
    if (member.value.is_null()) continue;
    next();
    json::append_string(out, member.key);
    append_given(out.append(":"), member.value);
  }
  if (out.size() == begin) next();
  out.push_back(object ? '}' : ']');
}

/// The part inside a wrapper such as {"functionCall": {...}} or {"type": "function_call", "function_call": {...}}.
const Value& inner_of(const Value& part, std::string_view type) {
  for (const std::string_view name : {type, std::string_view("toolInvocation")})
    if (part[name].is_object()) return part[name];
  return part;
}

void add_part(Draft& draft, const Value& part) {
  if (!draft.parts.empty()) draft.parts.push_back(',');
  append_given(draft.parts, part);
}

std::string_view part_text(const Value& part) {
  const Value& text = first_of(part, {"text", "refusal", "content", "message_content.text"});
  return text.is_object() ? text["value"].string() : text.string();
}

void read_text(const Value& part, Draft& draft, Ledger& ledger) {
  append_text(draft.message, part_text(part));
  book(part, {"text", "refusal", "content", "type", "block_type", "message_content.text", "message_content.type"},
       ledger);
  add_part(draft, part);
}

void read_reasoning(const Value& part, std::string_view type, Draft& draft, Ledger& ledger) {
  const Value& inner = inner_of(part, type);
  const Value& text = first_of(inner, {"thinking", "reasoning", "text", "reasoningText"});
  append_reasoning(draft.message, text.is_object() ? text["text"].string() : text.string());
  for (const Value& item : text.items()) append_reasoning(draft.message, item["text"].string());  // Mistral
  for (const std::string_view list : {std::string_view("summary"), std::string_view("content")}) {
    append_reasoning(draft.message, inner[list].string());
    for (const Value& item : inner[list].items())
      append_reasoning(draft.message, item.is_string() ? item.text() : item["text"].string());
    if (!draft.message.reasoning.empty() && !inner[list].items().empty()) break;
  }
  book(part,
       {"thinking", "reasoning", "text", "reasoningText", "reasoningContent", "reasoning_content", "summary", "content",
        "type"},
       ledger);
}

void read_call_part(const Value& part, std::string_view type, Draft& draft, Ledger& ledger) {
  const Value& inner = inner_of(part, type);
  draft.part_calls.push_back(read_call(inner, ledger));
  if (&inner == &part) return;
  for (const json::Member& member : part.members()) {
    if (&member.value != &inner) ledger.leftover("part", member.value);
  }
}

/// Cohere's first API repeats the call beside its result: the arguments are in the message that asked.
void book_asked(const Value& call, Ledger& ledger) {
  for (const json::Member& member : call.members()) {
    if (member.key == "name") ledger.message(member.value);
    else if (member.key == "parameters") ledger.aside("arguments", member.value);
    else ledger.leftover("call", member.value);
  }
}

void read_result(const Value& part, std::string_view type, Draft& draft, Ledger& ledger) {
  const Value& inner = inner_of(part, type);
  model::Message result;
  result.role = model::Role::k_tool;
  result.tool_call_id =
      first_of(inner, {"tool_use_id", "toolCallId", "toolUseId", "tool_call_id", "call_id", "id"}).string();
  const Value& asked = inner["call"];
  result.name = first_of(asked.is_object() ? asked : inner, {"toolName", "name", "tool_name"}).string();
  const Value& content = first_of(inner, {"content", "output", "result", "response", "error", "value", "outputs"});
  const bool failed = inner["is_error"].is_true() || inner["isError"].is_true() ||
                      inner["status"].string() == "error" || type == "tool-error";
  // Up to AI SDK 4 a result stands under `result`, and the providers send it as JSON.
  if (type == "tool-result" && content.is_string() && &content == &inner["result"])
    json::append_string(result.content, content.text());
  else if (!fill_typed_result(content, result)) fill_result(content, result);
  if (failed) result.error = result.content.empty() ? "tool_error" : result.content;
  for (const Value* object : {&part, &inner}) {
    for (const json::Member& member : object->members()) {
      if (&member.value == &content || among(member.key, {"tool_use_id", "toolCallId", "toolUseId", "tool_call_id",
                                                          "call_id", "toolName", "name", "tool_name"}))
        ledger.message(member.value);
      else if (member.key == "input" || member.key == "args") ledger.repeated("arguments", member.value);
      else if (&member.value == &asked) book_asked(asked, ledger);
      else if (&member.value != &inner) ledger.leftover("part", member.value);
    }
    if (&part == &inner) break;
  }
  draft.results.push_back(std::move(result));
}

/// The type of a part that has none: by the one key that tells.
std::string_view infer_type(const Value& part) {
  for (const std::string_view key : {"functionCall",
                                     "function_call",
                                     "functionResponse",
                                     "function_response",
                                     "toolUse",
                                     "toolResult",
                                     "inlineData",
                                     "inline_data",
                                     "fileData",
                                     "file_data",
                                     "reasoningContent",
                                     "executableCode",
                                     "executable_code",
                                     "codeExecutionResult",
                                     "code_execution_result",
                                     "image_url",
                                     "image",
                                     "document",
                                     "video",
                                     "cachePoint"})
    if (!part[key].is_null()) return key;
  if (part["name"].is_string() && !first_of(part, {"arguments", "args"}).is_null()) return "tool_call";  // AutoGen
  if (part["call_id"].is_string() && !part["content"].is_null()) return "tool_result";
  if (part["call"].is_object() && part["outputs"].is_array()) return "tool_result";  // Cohere's first API
  if (part["text"].is_string()) return part["thought"].is_true() ? "thinking" : "text";
  return {};
}

std::string_view type_of(const Value& part) {
  const std::string_view type = first_of(part, {"type", "block_type", "message_content.type"}).string();
  if (type == "text" && part["thought"].is_true()) return "thinking";
  if (!type.empty() && !(type == "text" && !part["text"].is_string())) return type;
  const std::string_view inferred = infer_type(part);
  return inferred.empty() ? type : inferred;
}

void read_part(const Value& outer, Draft& draft, Ledger& ledger) {
  const Value& part = outer["message_content"].is_object() ? outer["message_content"] : outer;  // OpenInference
  if (part.is_string()) {
    append_text(draft.message, part.text());
    ledger.message(part);
    return;
  }
  const std::string_view type = type_of(part);
  // The AI SDK's UI messages name the tool in the type: tool-get_weather.
  const bool ui_tool = type == "tool-invocation" ||
                       (type.starts_with("tool-") && find_type(type) == nullptr && !part["toolCallId"].is_null());
  if (ui_tool) {
    const Value& inner = inner_of(part, "toolInvocation");
    Census unbooked;
    Ledger ignored(unbooked);
    ledger.message(part);
    model::ToolCall call = read_call(inner, ignored);
    if (call.name.empty() && type != "tool-invocation") call.name = type.substr(5);
    draft.part_calls.push_back(std::move(call));
    if (!first_of(inner, {"result", "output", "errorText"}).is_null()) {
      model::Message result;
      result.role = model::Role::k_tool;
      result.tool_call_id = inner["toolCallId"].string();
      result.name = draft.part_calls.back().name;
      result.content = result_text(first_of(inner, {"result", "output", "errorText"}));
      if (!inner["errorText"].is_null()) result.error = result.content;
      draft.results.push_back(std::move(result));
    }
    return;
  }
  const PartType* known = find_type(type);
  switch (known == nullptr ? PartKind::k_server : known->kind) {
    case PartKind::k_text:
      return read_text(part, draft, ledger);
    case PartKind::k_reasoning:
      return read_reasoning(part, type, draft, ledger);
    case PartKind::k_call:
      return read_call_part(part, type, draft, ledger);
    case PartKind::k_result:
      return read_result(part, type, draft, ledger);
    case PartKind::k_media:
      ledger.message(part);
      // Cohere's tool results: {"type": "document", "document": {"data": text or object}}.
      if (draft.message.role == model::Role::k_tool && !part["document"]["data"].is_null())
        return append_text(draft.message, result_text(part["document"]["data"]));
      return add_media(draft, part);
    case PartKind::k_nothing:
      for (const json::Member& member : part.members()) {
        if (among(member.key, {"data", "input", "partial_json", known->type})) ledger.aside(known->type, member.value);
        else ledger.leftover("part", member.value);
      }
      return;
    case PartKind::k_server:
      break;
  }
  if (known == nullptr && !is_answer_item(type) && !is_result_item(type)) {
    draft.unknown_types.emplace_back(type);
    append_text(draft.message, part_text(part));
  }
  ledger.message(part);
  add_media(draft, part);
}

}  // namespace

bool fill_typed_result(const Value& output, model::Message& result) {
  const std::string_view kind = output["type"].string();
  if (!output.has("value") || !among(kind, {"text", "json", "error-text", "error-json", "content", "execution-denied"}))
    return false;
  result.content = result_text(output["value"]);
  if (among(kind, {"error-text", "error-json", "execution-denied"}))
    result.error = result.content.empty() ? "tool_error" : result.content;
  return true;
}

void fill_result(const Value& content, model::Message& result, bool one_part) {
  if (content.is_array() || one_part) {
    Draft inside;
    inside.message.role = model::Role::k_tool;
    Census unbooked;  // the caller books the whole
    Ledger ignored(unbooked);
    read_content(content, inside, ignored);
    if (inside.part_calls.empty() && inside.results.empty() && inside.unknown_types.empty()) {
      result.content = inside.message.content;
      if (inside.rich) result.parts = "[" + inside.parts + "]";
      return;
    }
  }
  result.content = result_text(content);
}

void add_media(Draft& draft, const Value& part) {
  if (!draft.parts.empty()) draft.parts.push_back(',');
  append_media(draft.parts, part, "");
  draft.rich = true;
}

void add_media(Draft& draft, std::string_view type, const Value& media) {
  draft.parts.append(draft.parts.empty() ? "" : ",").append(R"({"type":)");
  json::append_string(draft.parts, type);
  draft.parts.push_back(',');
  json::append_string(draft.parts, type);
  draft.parts.push_back(':');
  append_media(draft.parts, media, "");
  draft.parts.push_back('}');
  draft.rich = true;
}

void add_beside(Draft& draft, std::string_view type, const Value& said) {
  if (draft.parts.empty() && !draft.message.content.empty())
    draft.parts.append(R"({"type":"text","text":)").append(json::quoted(draft.message.content)).append("}");
  add_media(draft, type, said);
}

void append_text(model::Message& message, std::string_view text) {
  if (text.empty()) return;
  if (!message.content.empty() && message.role != model::Role::k_assistant) message.content.push_back('\n');
  message.content.append(text);
}

void append_reasoning(model::Message& message, std::string_view text) {
  if (text.empty()) return;
  if (!message.reasoning.empty()) message.reasoning.push_back('\n');
  message.reasoning.append(text);
}

void read_content(const Value& content, Draft& draft, Ledger& ledger) {
  if (content.is_array()) {
    for (const Value& part : content.items()) read_part(part, draft, ledger);
  } else if (content.is_object()) {
    read_part(content, draft, ledger);
  } else if (content.is_string()) {
    append_text(draft.message, content.text());
    ledger.message(content);
  } else if (!content.is_null()) {
    append_text(draft.message, content.raw());
  }
}

bool looks_like_part(const Value& value) { return value.is_object() && find_type(type_of(value)) != nullptr; }

model::ToolCall read_call(const Value& outer, Ledger& ledger) {
  const Value& call = outer["tool_call"].is_object() ? outer["tool_call"] : outer;  // OpenInference
  // OpenAI: {"type": "function", "function": {...}}, custom tools {"type": "custom", "custom": {"name", "input"}}.
  const Value& function = call["function"].is_object() ? call["function"]
                          : call["custom"].is_object() ? call["custom"]
                                                       : call;
  model::ToolCall out;
  out.id =
      first_of(call, {"call_id", "callId", "toolCallId", "tool_call_id", "toolUseId", "id", "tool_call.id"}).string();
  out.name = first_of(function, {"name", "toolName", "tool_name", "tool_call.function.name"}).string();
  // What a stream brought of the arguments before it broke off (LangSmith's JavaScript wrapper).
  // LangChain joins a stream's pieces there, beside the empty input that the first one had.
  const Value& partial = first_of(call, {"_partial_json", "partial_json"});
  out.arguments = arguments_text(partial.is_string() ? partial
                                                     : first_of(function, {"arguments", "args", "input", "parameters",
                                                                           "tool_call.function.arguments"}));
  for (const Value* object : {&outer, &call, &function}) {
    for (const json::Member& member : object->members()) {
      if (among(member.key, {"tool_call.id", "tool_call.function.name", "tool_call.function.arguments", "name",
                             "toolName", "tool_name", "arguments", "args", "input", "parameters", "call_id", "callId",
                             "toolCallId", "tool_call_id", "toolUseId", "id", "_partial_json", "partial_json"}))
        ledger.message(member.value);
      else if (&member.value != &call && &member.value != &function) ledger.leftover("call", member.value);
    }
  }
  return out;
}

}  // namespace trajectory::messages
