#include "messages/message_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include "json/write.h"
#include "messages/parts.h"

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

std::optional<Role> role_of(std::string_view name) {
  if (name.ends_with("Chunk") && name != "AIMessageChunk") name.remove_suffix(5);
  for (const RoleName& entry : k_roles)
    if (entry.name == name) return entry.role;
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (lower == name) return std::nullopt;
  for (const RoleName& entry : k_roles)
    if (entry.name == lower) return entry.role;
  return std::nullopt;
}

bool is_envelope(const Value& v) { return v.has("lc") && v["kwargs"].is_object(); }

std::string_view class_of(const Value& envelope) {
  const auto path = envelope["id"].items();
  return path.empty() ? std::string_view() : path.back().string();
}

/// Responses items that are pieces of an answer, and those that are results.
bool is_answer_item(std::string_view type) {
  return type == "reasoning" || type == "function_call" || type == "custom_tool_call" ||
         (type.ends_with("_call") && type != "tool_call") || type == "mcp_list_tools" || type == "mcp_approval_request";
}

bool is_result_item(std::string_view type) { return type.ends_with("_call_output") || type == "mcp_approval_response"; }

/// The role as a client may name it: OpenAI's key, ShareGPT's, OpenInference's flat attribute, those of hand-made logs.
std::string_view stated_role(const Value& v) {
  for (const std::string_view key : {"role", "from", "message.role", "sender", "speaker", "author"})
    if (v[key].is_string()) return v[key].text();
  return v["author"]["role"].string();
}

/// Keys that hold the text of messages that have no `content`.
bool is_text_key(std::string_view key) { return key == "text" || key == "message" || key == "value"; }

/// A message object taken apart: where its members stand and what says its role.
struct Shape {
  const Value* body = nullptr;
  std::string_view role;
  bool typed_item = false;  ///< a Responses item {"type": "message", ...}
};

Shape shape_of(const Value& v) {
  if (is_envelope(v)) {
    Shape shape{&v["kwargs"], class_of(v)};
    // ChatMessage, and envelopes that wrap another (a generation in an envelope of its own).
    if (shape.role == "ChatMessage" || shape.role == "ChatMessageChunk") shape.role = v["kwargs"]["role"].string();
    if (is_envelope(v["kwargs"]["message"])) return shape_of(v["kwargs"]["message"]);
    return shape;
  }
  if (v["data"].is_object() && v["type"].is_string() && !v.has("role")) return {&v["data"], v["type"].string()};
  if (!v.has("role") && !v.has("content") && v["message"].is_object()) return shape_of(v["message"]);
  Shape shape{&v, stated_role(v)};
  const std::string_view type = v["type"].string();
  if (shape.role.empty() || shape.role == "chat") shape.role = type;
  shape.typed_item = type == "message" && !v["role"].is_null();
  return shape;
}

}  // namespace

std::string result_text(const Value& value) {
  if (value.is_string()) return std::string(value.text());
  if (value.is_null()) return {};
  if (value.is_array() && !value.items().empty()) {
    std::string joined;
    bool texts = true;
    for (const Value& item : value.items()) {
      const std::string_view type = item["type"].string();
      const bool is_text = item.is_object() && item["text"].is_string() && (type.empty() || type == "text" || type == "input_text" || type == "output_text");
      const bool is_json = item.is_object() && item.members().size() == 1 && !item["json"].is_null();  // Bedrock's {"json": value}
      texts = texts && (is_text || is_json);
      if (!joined.empty()) joined.push_back('\n');
      if (is_json) json::append_compact(joined, item["json"]);
      else joined.append(item["text"].string());
    }
    if (texts) return joined;
  }
  std::string out;
  json::append_compact(out, value);
  return out;
}

std::string arguments_text(const Value& value) {
  if (value.is_string()) return value.text().empty() ? "{}" : std::string(value.text());
  if (value.is_null()) return "{}";
  std::string out;
  json::append_compact(out, value);
  return out;
}

bool looks_like_message(const Value& v) {
  if (v.is_array()) return v.size() == 2 && v[0].is_string() && role_of(v[0].text()).has_value() && (v[1].is_string() || v[1].is_array());
  if (!v.is_object()) return false;
  if (is_envelope(v)) return role_of(class_of(v)).has_value() || class_of(v).starts_with("ChatMessage") || class_of(v).starts_with("RemoveMessage");
  if (v["data"].is_object()) return role_of(v["type"].string()).has_value();
  const bool plain = v["text"].is_string() || v["message"].is_string() || v["value"].is_string();
  const bool filled = v.has("content") || v.has("parts") || v.has("tool_calls") || v.has("function_call") || v.has("blocks") || v.has("message.content") || v.has("message.tool_calls");
  if (v.has("role") || v.has("message.role")) return filled || plain;
  if (role_of(stated_role(v))) return filled || plain;
  const std::string_view type = v["type"].string();
  if (is_answer_item(type) || is_result_item(type)) return true;
  if (role_of(type) && filled) return true;
  return !v.has("content") && v["message"].is_object() && looks_like_message(v["message"]);
}

namespace {

/// Reads one message object's members into a draft.
class BodyReader {
 public:
  BodyReader(Draft& draft, Ledger& ledger, json::Parser* nested) : draft_(draft), ledger_(ledger), nested_(nested) {}

  void read(const Value& body) {
    model::Message& m = draft_.message;
    for (const json::Member& member : body.members()) {
      const Value& value = member.value;
      std::string_view key = member.key;
      if (key.starts_with("message.")) key.remove_prefix(8);  // OpenInference's flat attributes
      if (key == "content" || key == "parts" || key == "content_blocks" || key == "contents" || key == "blocks" || (is_text_key(key) && value.is_string() && !body.has("content"))) {
        if (key == "content" || draft_.message.content.empty()) read_body_content(value);
        else ledger_.repeated(key, value);
      } else if (key == "from" || key == "sender" || key == "speaker" || key == "author") {
        ledger_.repeated("role", value);
      } else if (key == "tool_calls" || key == "toolCalls") {
        for (const Value& call : value.items())
          if (call.is_object()) calls_.push_back(read_call(call, ledger_));
      } else if (key == "invalid_tool_calls") {
        for (const Value& call : value.items()) invalid_.push_back(read_call(call, ledger_));
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
      } else if (key == "reasoning" || key == "reasoning_content" || key == "thinking" || key == "reasoning_text") {
        read_reasoning(key, value);
      } else if (key == "refusal") {
        if (value.is_string()) refusal_ = &value;
      } else if (key == "output" && body.has("content")) {
        ledger_.repeated(key, value);  // the Anthropic wrapper's joined stream
      } else if (key == "toolInvocations") {
        for (const Value& call : value.items()) read_content(call, draft_, ledger_);
      } else if (key == "audio" && value.is_object()) {
        append_text(m, value["transcript"].string());
        ledger_.message(value);
      } else if (key == "is_error" || key == "isError" || (key == "status" && value.string() == "error")) {
        failed_ = failed_ || value.is_true() || value.is_string();
        ledger_.leftover("message", key, value);
      } else {
        ledger_.leftover("message", key, value);
        if (!is_known_bookkeeping(key) && value.is_string()) spare_.push_back(value.text());
      }
    }
    finish();
  }

 private:
  static bool is_known_bookkeeping(std::string_view key) { return is_set_aside_key(key); }

  void read_body_content(const Value& value) {
    const std::string_view text = value.string();
    if (nested_ != nullptr && text.starts_with("[{") && draft_.message.role != Role::k_tool) {
      const auto parsed = nested_->parse(text);
      if (parsed && std::all_of((*parsed)->items().begin(), (*parsed)->items().end(), looks_like_part)) {
        Census unbooked;  // the text is booked as one
        Ledger ignored(unbooked);
        read_content(**parsed, draft_, ignored);
        ledger_.message(value);
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
      append_reasoning(draft_.message, inside.message.reasoning.empty() ? inside.message.content : inside.message.reasoning);
      ledger_.message(value);
      return;
    }
    ledger_.repeated(key, value);
  }

  void finish() {
    model::Message& m = draft_.message;
    if (additional_ != nullptr) read_additional(*additional_);
    if (refusal_ != nullptr) {
      if (m.content.empty()) append_text(m, refusal_->text());
      ledger_.message(*refusal_);
    }
    // `tool_calls` is what clients clean up; parts add only what is not there, older places only count without both.
    if (calls_.empty()) calls_ = std::move(draft_.part_calls);
    else
      for (model::ToolCall& call : draft_.part_calls)
        if (!call.id.empty() && std::none_of(calls_.begin(), calls_.end(), [&](const auto& c) { return c.id == call.id || c.id.empty(); })) calls_.push_back(std::move(call));
    calls_.insert(calls_.end(), invalid_.begin(), invalid_.end());
    if (calls_.empty()) calls_ = std::move(older_);
    if (calls_.empty()) calls_ = std::move(legacy_);
    m.tool_calls = std::move(calls_);
    if (failed_ && m.role == Role::k_tool) m.error = m.content.empty() ? "tool_error" : m.content;
    if (m.content.empty() && m.tool_calls.empty() && m.reasoning.empty() && draft_.results.empty() && !draft_.rich)
      for (const std::string_view text : spare_) append_text(m, text);
  }

  void read_additional(const Value& additional) {
    for (const json::Member& member : additional.members()) {
      const auto& [key, value] = member;
      if (key == "tool_calls") {
        Census unbooked;
        Ledger ignored(unbooked);
        for (const Value& call : value.items()) older_.push_back(read_call(call, ignored));
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
        ledger_.repeated("additional_kwargs", value);
      }
    }
  }

  Draft& draft_;
  Ledger& ledger_;
  json::Parser* nested_;
  std::vector<model::ToolCall> calls_;
  std::vector<model::ToolCall> invalid_;
  std::vector<model::ToolCall> older_;
  std::vector<model::ToolCall> legacy_;
  std::vector<std::string_view> spare_;
  const Value* additional_ = nullptr;
  const Value* refusal_ = nullptr;
  bool failed_ = false;
};

/// One piece of an answer in the Responses API: reasoning, a call, a server tool's call.
Draft read_answer_item(const Value& item, std::string_view type, Ledger& ledger) {
  Draft draft;
  draft.message.role = Role::k_assistant;
  if (type == "reasoning") {
    read_content(item, draft, ledger);
  } else if (type == "function_call" || type == "custom_tool_call") {
    draft.message.tool_calls.push_back(read_call(item, ledger));
  } else {
    ledger.message(item);
    draft.parts.clear();
    json::append_compact(draft.parts, item);
    draft.rich = true;
  }
  return draft;
}

Draft read_result_item(const Value& item, Ledger& ledger) {
  Draft draft;
  draft.message.role = Role::k_tool;
  draft.message.tool_call_id = item["call_id"].is_string() ? item["call_id"].text() : item["id"].string();
  draft.message.content = result_text(item["output"].is_null() ? item["content"] : item["output"]);
  for (const json::Member& member : item.members()) {
    if (member.key == "call_id" || member.key == "output" || member.key == "content" || member.key == "type") ledger.message(member.value);
    else ledger.leftover("item", member.key, member.value);
  }
  return draft;
}

bool is_empty(const Draft& draft) {
  const model::Message& m = draft.message;
  return m.content.empty() && m.tool_calls.empty() && m.reasoning.empty() && !draft.rich;
}

/// What clients with text-only results put around them: an object goes as it is, all else under `output`.
void wrap_result(model::Message& m) {
  json::Parser parser;
  const auto value = parser.parse(m.content);
  if (value && (*value)->is_object()) return;
  std::string wrapped = R"({"output":)";
  json::append_string(wrapped, m.content);
  m.content = wrapped + "}";
}

}  // namespace

Element MessageReader::read(const Value& element, const ReadContext& context) {
  const base::Hash128 salt{static_cast<std::uint64_t>(context.bare_role), (context.wrap_results ? 1U : 0U) + (context.nested_json ? 2U : 0U)};
  const base::Hash128 raw = base::combine(base::hash128(element.raw()), salt);
  if (auto known = tables_.find(raw)) {
    ledger_.repeated_element(element);
    return *std::move(known);
  }

  const auto opened = parser_.expand(element);
  if (!opened) {
    problems_.push_back({"invalid_json", model::Severity::k_warning, std::string(place_), opened.error().text()});
    return {};
  }
  // Another worker may be reading the same bytes: what is booked counts for the one that is first to remember.
  Census census;
  Ledger ledger(census);
  std::vector<model::Problem> problems;
  Element out = parse(**opened, context, ledger, problems);
  ledger_.element(**opened);
  if (tables_.remember(raw, out)) {
    ledger_.absorb(census);
    problems_.insert(problems_.end(), std::make_move_iterator(problems.begin()), std::make_move_iterator(problems.end()));
  } else {
    ledger_.forget_element(**opened);
  }
  return out;
}

/// What was said in turn, without roles: ["question", "answer"], {"user": "...", "assistant": "..."}.
bool MessageReader::read_turn(const Value& v, Ledger& ledger, Element& out) {
  std::vector<std::pair<Role, const Value*>> said;
  if (v.is_array()) {
    if (v.size() != 2 || !v[0].is_string() || role_of(v[0].text()) || !(v[1].is_string() || v[1].is_null())) return false;
    said = {{Role::k_user, &v[0]}, {Role::k_assistant, &v[1]}};
  } else {
    for (const json::Member& member : v.members()) {
      const auto role = member.key == "question" ? Role::k_user : member.key == "answer" ? Role::k_assistant : role_of(member.key);
      if (!role || !(member.value.is_string() || member.value.is_null())) return false;
      said.emplace_back(*role, &member.value);
    }
    if (said.empty()) return false;
  }
  for (const auto& [role, text] : said) {
    ledger.message(*text);
    if (text->is_null()) continue;
    model::Message message;
    message.role = role;
    message.content = text->text();
    out.messages.push_back(tables_.add(std::move(message)));
  }
  return true;
}

Element MessageReader::parse(const json::Value& v, const ReadContext& context, Ledger& ledger, std::vector<model::Problem>& problems) {
  const auto problem = [&](std::string kind, std::string detail) {
    problems.push_back({std::move(kind), model::Severity::k_warning, std::string(place_), std::move(detail)});
  };
  Element out;
  if (read_turn(v, ledger, out)) return out;
  Draft draft;
  const Shape shape = v.is_object() ? shape_of(v) : Shape{};
  const std::string_view type = v["type"].string();
  if (v.is_array() && looks_like_message(v)) {
    draft.message.role = *role_of(v[0].text());
    draft.message.original_role = v[0].text() == model::role_name(draft.message.role) ? "" : v[0].text();
    ledger.repeated("role", v[0]);
    read_content(v[1], draft, ledger);
  } else if (!v.is_object()) {
    draft.message.role = context.bare_role;
    read_content(v, draft, ledger);
  } else if (shape.role == type && is_answer_item(type) && v["role"].is_null()) {
    draft = read_answer_item(v, type, ledger);
    out.item = true;
  } else if (shape.role == type && is_result_item(type)) {
    draft = read_result_item(v, ledger);
  } else if (shape.role == "reasoning") {
    Draft inside;
    inside.message.role = Role::k_assistant;
    read_content(v["content"], inside, ledger);
    draft.message.role = Role::k_assistant;
    append_reasoning(draft.message, inside.message.reasoning.empty() ? inside.message.content : inside.message.reasoning);
    ledger.repeated("role", v["role"]);
    out.item = true;
  } else if (shape.role == "remove" || shape.role.starts_with("RemoveMessage")) {
    ledger.repeated("remove", v);
    return out;
  } else {
    const auto role = role_of(shape.role);
    draft.message.role = role.value_or(context.bare_role);
    const std::string_view written = v["role"].is_string() && shape.body == &v ? v["role"].text() : shape.role;
    if (written != model::role_name(draft.message.role) && !written.ends_with("Message") && !written.ends_with("MessageChunk") && written != "message")
      draft.message.original_role = written;
    if (!role && !shape.role.empty() && shape.role != "message") problem("unknown_role", std::string(shape.role));
    if (shape.body != &v) ledger.aside("envelope", text_bytes(v) - text_bytes(*shape.body));
    BodyReader(draft, ledger, context.nested_json ? &parser_ : nullptr).read(*shape.body);
    out.item = shape.typed_item && draft.message.role == Role::k_assistant;
    out.has_text = true;
  }
  for (const std::string& unknown : draft.unknown_types) problem("unknown_part_type", unknown);
  if (draft.rich) draft.message.parts = "[" + draft.parts + "]";
  if (draft.message.role == Role::k_tool && context.wrap_results) wrap_result(draft.message);

  const bool only_results = !draft.results.empty() && is_empty(draft) && draft.message.role != Role::k_assistant;
  const bool results_last = draft.message.role == Role::k_assistant;
  if (results_last) out.messages.push_back(tables_.add(std::move(draft.message)));
  for (model::Message& result : draft.results) out.messages.push_back(tables_.add(std::move(result)));
  if (!results_last && !only_results) out.messages.push_back(tables_.add(std::move(draft.message)));
  return out;
}

/// Makes the last message of `out` and the piece one message. `group` identifies what the last message is made of.
void MessageReader::join(std::vector<MessageId>& out, base::Hash128& group, MessageId piece, base::Hash128 raw) {
  group = base::combine(group, raw);
  if (const auto known = tables_.find(group)) {
    out.back() = known->messages.front();
    return;
  }
  model::Message joined = tables_.get(out.back()).message;
  const model::Message& more = tables_.get(piece).message;
  append_text(joined, more.content);
  append_reasoning(joined, more.reasoning);
  joined.tool_calls.insert(joined.tool_calls.end(), more.tool_calls.begin(), more.tool_calls.end());
  if (!more.parts.empty()) joined.parts = joined.parts.empty() ? more.parts : joined.parts.substr(0, joined.parts.size() - 1) + "," + more.parts.substr(1);
  out.back() = tables_.add(std::move(joined));
  tables_.remember(group, Element{{out.back()}});
}

void MessageReader::read_list(const Value& list, const ReadContext& context, std::vector<MessageId>& out) {
  base::Hash128 group;
  bool open = false;
  bool open_has_text = false;
  bool after_reasoning = false;  // a message of role reasoning belongs to the answer behind it
  const auto value_is_reasoning = [&](const Element& element) {
    const model::Message& m = tables_.get(element.messages.front()).message;
    return element.item && !element.has_text && m.role == Role::k_assistant && m.tool_calls.empty() && m.parts.empty();
  };
  for (const Value& value : list.items()) {
    const Element element = read(value, context);
    if (element.messages.empty()) continue;
    const base::Hash128 raw = base::hash128(value.raw());
    const bool assistant = tables_.get(element.messages.front()).message.role == Role::k_assistant;
    const bool joins = open && element.messages.size() == 1 &&
                       (context.one_answer || after_reasoning ? assistant : element.item && !(element.has_text && open_has_text));
    after_reasoning = value_is_reasoning(element);
    if (joins) {
      join(out, group, element.messages.front(), raw);
      open_has_text = open_has_text || element.has_text;
      continue;
    }
    out.insert(out.end(), element.messages.begin(), element.messages.end());
    open = assistant && element.messages.size() == 1;
    open_has_text = element.has_text;
    group = base::combine(raw, {1, 1});
  }
}

}  // namespace trajectory::messages
