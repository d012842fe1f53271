#include "messages/message_reader.h"

#include <optional>

#include "json/write.h"
#include "messages/message_body.h"
#include "messages/message_shape.h"
#include "messages/parts.h"

namespace trajectory::messages {

using json::Value;
using model::Role;

std::string result_text(const Value& value) {
  if (value.is_string()) return std::string(value.text());
  if (value.is_null()) return {};
  if (value.is_array() && !value.items().empty()) {
    std::string joined;
    bool texts = true;
    for (const Value& item : value.items()) {
      const std::string_view type = item["type"].string();
      const bool is_text = item.is_object() && item["text"].is_string() &&
                           (type.empty() || type == "text" || type == "input_text" || type == "output_text");
      const bool is_json =
          item.is_object() && item.members().size() == 1 && !item["json"].is_null();  // Bedrock's {"json": value}
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

namespace {

/// One piece of an answer in the Responses API: reasoning, a call, a server tool's call.
Draft read_answer_item(const Value& item, std::string_view type, Ledger& ledger) {
  Draft draft;
  draft.message.role = Role::k_assistant;
  if (type == "reasoning") {
    read_content(item, draft, ledger);
  } else if (type == "function_call" || type == "custom_tool_call") {
    draft.message.tool_calls.push_back(read_call(item, ledger));
  } else if (item["call_id"].is_string() || item["callId"].is_string()) {
    // The client's to answer: the computer, shells, patches. The type says which.
    ledger.message(item);
    model::ToolCall& call = draft.message.tool_calls.emplace_back();
    call.id = (item["call_id"].is_string() ? item["call_id"] : item["callId"]).text();
    call.name = type.substr(0, type.size() - std::string_view("_call").size());
    for (const std::string_view key : {"action", "operation", "arguments"})
      if (call.arguments.empty() && !item[key].is_null()) call.arguments = arguments_text(item[key]);
    if (call.arguments.empty()) call.arguments = R"({"actions":)" + arguments_text(item["actions"]) + "}";
  } else {
    ledger.message(item);
    add_media(draft, item);
  }
  return draft;
}

/// Whether an answer that holds such an item is not over with it.
bool goes_on_after(const Value& item, std::string_view type) {
  if (type == "message") return item["phase"].string() == "commentary";
  return is_answer_item(type) && item["call_id"].is_null() && item["callId"].is_null() &&
         type != "mcp_approval_request";
}

Draft read_result_item(const Value& item, Ledger& ledger) {
  Draft draft;
  draft.message.role = Role::k_tool;
  for (const std::string_view key : {"call_id", "callId", "id"})
    if (draft.message.tool_call_id.empty()) draft.message.tool_call_id = item[key].string();
  draft.message.name = item["name"].string();
  const Value& tools = item["tools"];  // of a search for tools
  const Value& content = item["content"].is_null() ? tools : item["content"];
  const Value& output = item["output"].is_null() ? content : item["output"];
  fill_result(output, draft.message, output["type"].is_string() && looks_like_part(output));
  for (const json::Member& member : item.members()) {
    const bool read = member.key == "call_id" || member.key == "callId" || member.key == "output" ||
                      member.key == "content" || member.key == "type" || member.key == "name";
    if (read || &member.value == &tools) ledger.message(member.value);
    else ledger.leftover("item", member.value);
  }
  return draft;
}

/// What LangChain's Gemini clients put around a result: in Python, an object goes as it is, all else under `output`; in
/// JavaScript, every text goes under `result`, a failed tool's under `error`.
void wrap_result(model::Message& m, std::string_view key) {
  const bool failed = key == "result" && !m.error.empty();
  json::Parser parser;
  const auto value = parser.parse(m.content);
  if (key == "output" && value && (*value)->is_object()) return;
  std::string wrapped = failed ? R"({"error":{"details":)" : "{\"" + std::string(key) + "\":";
  json::append_string(wrapped, m.content);
  m.content = wrapped + (failed ? "}}" : "}");
}

/// LangSmith's AISDKExporter writes a result's typed form as JSON text.
void unfold_result(model::Message& m) {
  if (!m.content.starts_with(R"({"type":)")) return;
  json::Parser parser;
  const std::string text = m.content;
  if (const auto value = parser.parse(text)) fill_typed_result(**value, m);
}

}  // namespace

const Value& MessageReader::open(const Value& value, int depth) {
  const auto opened = parser_.expand(value, depth);
  if (opened) return **opened;
  refuse(opened.error());
  static const Value nothing;
  return nothing;
}

/// Several readers may look into the same value: it counts once.
void MessageReader::refuse(const base::Error& error) {
  model::Problem problem{"invalid_json", model::Severity::k_refused, std::string(place_), error.text()};
  const auto is_same = [&](const model::Problem& other) {
    return other.kind == problem.kind && other.place == problem.place && other.detail == problem.detail;
  };
  if (problems_.empty() || !is_same(problems_.back())) problems_.push_back(std::move(problem));
}

const Element& MessageReader::read(const Value& element, const ReadContext& context) {
  return read(element, base::hash128(element.raw()), context);
}

const Element& MessageReader::read(const Value& element, base::Hash128 hash, const ReadContext& context) {
  const base::Hash128 salt{static_cast<std::uint64_t>(context.bare_role),
                           (context.nested_json ? 2U : 0U) + (context.is_response ? 4U : 0U)};
  const base::Hash128 raw = base::combine(base::combine(hash, salt), base::hash128(context.result_key));
  if (const Element* known = tables_.find(raw)) {
    ledger_.repeated_element(element);
    return *known;
  }

  const auto opened = parser_.expand(element);
  if (!opened) {
    refuse(opened.error());
    static const Element nothing;
    return nothing;
  }
  // Another worker may be reading the same bytes: what is booked counts for the one that is first to remember.
  Census census;
  Ledger ledger(census);
  std::vector<model::Problem> problems;
  const auto [kept, first] = tables_.remember(raw, parse(**opened, context, ledger, problems));
  if (first) {
    ledger_.element(**opened, census);
    problems_.insert(problems_.end(), std::make_move_iterator(problems.begin()),
                     std::make_move_iterator(problems.end()));
  } else {
    ledger_.repeated_element(**opened);
  }
  return *kept;
}

/// What was said in turn, without roles: ["question", "answer"], {"user": "...", "assistant": "..."}.
bool MessageReader::read_turn(const Value& v, Ledger& ledger, Element& out) {
  std::vector<std::pair<Role, const Value*>> said;
  if (v.is_array()) {
    if (v.size() != 2 || !v[0].is_string() || role_of(v[0].text()) || !(v[1].is_string() || v[1].is_null()))
      return false;
    said = {{Role::k_user, &v[0]}, {Role::k_assistant, &v[1]}};
  } else {
    for (const json::Member& member : v.members()) {
      const auto role = member.key == "question" ? Role::k_user
                        : member.key == "answer" ? Role::k_assistant
                                                 : role_of(member.key);
      if (!role || !(member.value.is_string() || member.value.is_null())) return false;
      said.emplace_back(*role, &member.value);
    }
    if (said.empty()) return false;
  }
  HeldTexts held;
  for (const auto& [role, text] : said) {
    ledger.message(*text);
    held.add(text->text());
    if (text->is_null()) continue;
    model::Message message;
    message.role = role;
    message.content = text->text();
    out.messages.push_back(tables_.add(std::move(message)));
  }
  (void)ledger.settle(v, "message", k_message, held);
  return true;
}

Element MessageReader::parse(const json::Value& v, const ReadContext& context, Ledger& ledger,
                             std::vector<model::Problem>& problems) {
  const auto problem = [&](std::string kind, std::string detail) {
    problems.push_back({std::move(kind), model::Severity::k_warning, std::string(place_), std::move(detail)});
  };
  const unsigned levels = context.is_response ? k_message | k_response : k_message;
  Element out;
  if (read_turn(v, ledger, out)) return out;
  Draft draft;
  const MessageShape shape = v.is_object() ? shape_of(v) : MessageShape{};
  const std::string_view type = v["type"].string();
  if (v.is_array() && looks_like_message(v)) {
    draft.message.role = *role_of(v[0].text());
    draft.message.original_role = v[0].text() == model::role_name(draft.message.role) ? "" : v[0].text();
    ledger.aside("role", v[0]);
    read_content(v[1], draft, ledger);
  } else if (!v.is_object()) {
    draft.message.role = context.bare_role;
    read_content(v, draft, ledger);
  } else if (shape.role == type && is_answer_item(type) && v["role"].is_null()) {
    draft = read_answer_item(v, type, ledger);
    out.item = true;
    out.goes_on = goes_on_after(v, type);
  } else if (shape.role == type && is_result_item(type)) {
    draft = read_result_item(v, ledger);
  } else if (shape.role == type && is_user_item(type)) {
    ledger.message(v);
    add_media(draft, v);
  } else if (shape.role == "reasoning") {
    Draft inside;
    inside.message.role = Role::k_assistant;
    read_content(v["content"], inside, ledger);
    draft.message.role = Role::k_assistant;
    append_reasoning(draft.message,
                     inside.message.reasoning.empty() ? inside.message.content : inside.message.reasoning);
    out.item = out.goes_on = true;
  } else if (shape.role == "remove" || shape.role.starts_with("RemoveMessage")) {
    ledger.aside("remove", v);
    HeldTexts nothing;
    (void)ledger.settle(v, "message", k_message, nothing);
    return out;
  } else {
    const auto role = role_of(shape.role);
    draft.message.role = role.value_or(context.bare_role);
    const std::string_view written = v["role"].is_string() && shape.body == &v ? v["role"].text() : shape.role;
    if (written != model::role_name(draft.message.role) && !written.ends_with("Message") &&
        !written.ends_with("MessageChunk") && written != "message")
      draft.message.original_role = written;
    if (!role && !shape.role.empty() && shape.role != "message") problem("unknown_role", std::string(shape.role));
    read_body(*shape.body, draft, ledger, context.nested_json ? &parser_ : nullptr, levels);
    out.item = shape.typed_item && draft.message.role == Role::k_assistant;
    out.goes_on = out.item && goes_on_after(v, type);
    const std::string_view id = (*shape.body)["id"].string();
    if (!id.empty() && draft.message.role == Role::k_assistant) out.id = base::hash64(id);
    out.has_text = true;
  }
  for (const std::string& unknown : draft.unknown_types) problem("unknown_part_type", unknown);
  for (const std::string& name : close_draft(draft, v, levels, ledger)) problem("unknown_key", name);
  if (draft.message.role == Role::k_tool && shape.body != nullptr && shape.body == &v["data"])
    unfold_result(draft.message);
  if (draft.message.role == Role::k_tool && !context.result_key.empty()) wrap_result(draft.message, context.result_key);

  const bool only_results = !draft.results.empty() && draft.is_empty() && draft.message.role != Role::k_assistant;
  const bool results_last = draft.message.role == Role::k_assistant;
  if (results_last) out.messages.push_back(tables_.add(std::move(draft.message)));
  for (model::Message& result : draft.results) out.messages.push_back(tables_.add(std::move(result)));
  if (!results_last && !only_results) out.messages.push_back(tables_.add(std::move(draft.message)));
  return out;
}

/// Makes the last message of `out` and the piece one message. `group` identifies what the last message is made of.
void MessageReader::join(std::vector<MessageId>& out, base::Hash128& group, MessageId piece, base::Hash128 raw) {
  group = base::combine(group, raw);
  if (const Element* known = tables_.find(group)) {
    out.back() = known->messages.front();
    return;
  }
  model::Message joined = tables_.get(out.back()).message;
  const model::Message& more = tables_.get(piece).message;
  append_text(joined, more.content);
  append_reasoning(joined, more.reasoning);
  joined.tool_calls.insert(joined.tool_calls.end(), more.tool_calls.begin(), more.tool_calls.end());
  if (!more.parts.empty())
    joined.parts = joined.parts.empty() ? more.parts
                                        : joined.parts.substr(0, joined.parts.size() - 1) + "," + more.parts.substr(1);
  out.back() = tables_.add(std::move(joined));
  tables_.remember(group, Element{{out.back()}});
}

std::uint64_t MessageReader::read_list(const Value& list, const ReadContext& context, std::vector<MessageId>& out) {
  std::uint64_t last_answer = 0;
  base::Hash128 group;
  bool open = false;
  bool open_has_text = false;
  std::uint64_t id = 0;
  base::Hash128 last;    // bytes of the element before
  bool goes_on = false;  // reasoning, tools at the provider and commentary belong to the answer that follows
  out.reserve(out.size() + list.size());
  for (const Value& value : list.items()) {
    const base::Hash128 raw = base::hash128(value.raw());
    const Element& element = read(value, raw, context);
    if (element.messages.empty()) continue;
    const bool assistant = tables_.get(element.messages.front()).message.role == Role::k_assistant;
    const bool same_id =
        assistant && element.id != 0 && element.id == id && !(raw == last);  // one answer that arrived in pieces
    const bool joins =
        open && element.messages.size() == 1 &&
        (context.one_answer || goes_on || same_id ? assistant : element.item && !(element.has_text && open_has_text));
    id = element.id;
    if (assistant) last_answer = element.id;
    last = raw;
    goes_on = element.goes_on;
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
  return last_answer;
}

}  // namespace trajectory::messages
