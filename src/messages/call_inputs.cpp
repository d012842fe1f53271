#include <algorithm>
#include <array>

#include "json/write.h"
#include "messages/call_reader.h"

namespace trajectory::messages {

namespace {

using json::Value;

bool starts_like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  for (const char c : pattern) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
    if (at == text.size() || text[at] != c) return false;
    ++at;
  }
  return true;
}

/// Keys of inputs that hold message lists, best first.
constexpr auto k_message_keys = std::to_array<std::string_view>(
    {"messages", "input", "contents", "input_messages", "gen_ai.input.messages", "llm.input_messages", "prompts", "prompt", "chat_history", "history"});

/// Keys of hand-made inputs that hold what the user said, best first.
constexpr auto k_text_keys = std::to_array<std::string_view>(
    {"question", "query", "text", "message", "user_input", "user_message", "content", "request", "task", "instruction", "inputs", "data"});

/// Keys that hold a system text beside the messages.
constexpr auto k_system_keys = std::to_array<std::string_view>({"system", "instructions", "system_instruction", "systemInstruction", "system_prompt", "systemPrompt"});

template <std::size_t N>
bool among(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Appends a value without the nulls that clients fill unset options with.
void append_set(std::string& out, const Value& value) {
  if (!value.is_object()) return json::append_compact(out, value);
  out.push_back('{');
  bool first = true;
  for (const json::Member& member : value.members()) {
    if (member.value.is_null()) continue;
    if (!first) out.push_back(',');
    first = false;
    json::append_string(out, member.key);
    out.push_back(':');
    append_set(out, member.value);
  }
  out.push_back('}');
}

void append_parameter(std::string& out, std::string_view key, const Value& value) {
  if (value.is_null()) return;
  if (!out.empty()) out.push_back(',');
  json::append_string(out, key);
  out.push_back(':');
  append_set(out, value);
}

/// A tool's definition in OpenAI's form, whatever the provider's.
std::string tool_definition(const Value& tool) {
  const Value& function = tool["function"].is_object() ? tool["function"] : tool;
  const Value* schema = nullptr;
  for (const std::string_view key : {"parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema", "args_schema"})
    if (schema == nullptr && !function[key].is_null()) schema = &function[key];
  std::string out;
  const bool is_function = function["name"].is_string() && (schema != nullptr || tool["type"].is_null() || tool["type"].string() == "function");
  if (!is_function) {
    append_set(out, tool);
    return out;
  }
  out.append(R"({"type":"function","function":{"name":)");
  json::append_string(out, function["name"].text());
  if (function["description"].is_string()) {
    out.append(R"(,"description":)");
    json::append_string(out, function["description"].text());
  }
  if (schema != nullptr) {
    out.append(R"(,"parameters":)");
    json::append_compact(out, *schema);
  }
  if (function["strict"].is_bool()) out.append(R"(,"strict":)").append(function["strict"].text());
  out.append("}}");
  return out;
}

class InputsReader {
 public:
  InputsReader(const CallSettings& settings, ReadTools& tools, CallInputs& out) : settings_(settings), tools_(tools), out_(out) {
    const std::string_view provider = (*settings.metadata)["ls_provider"].string();
    context_.wrap_results = provider.starts_with("google") && (*settings.metadata)["ls_integration"].string() != "google-genai";
  }

  void read(const Value& inputs) {
    if (inputs.is_string()) {
      read_text(inputs, "text");
    } else if (inputs.is_array()) {
      read_source(inputs);
    } else {
      read_object(inputs);
    }
    read_settings();
    if (!system_.empty())
      for (auto& prompt : out_.prompts) prompt.insert(prompt.begin(), system_.begin(), system_.end());
    if (out_.prompts.empty() && !system_.empty()) out_.prompts.push_back(system_);
    if (out_.shape.empty()) out_.shape = "empty";
  }

 private:
  const Value& open(const Value& value, int depth) {
    auto opened = tools_.parser.expand(value, depth);
    return opened ? **opened : value;
  }
  const Value& open(const Value& value) { return open(value, json::Parser::k_max_depth); }

  /// Everything below a value, for text that is not a message list.
  void book_parameter(std::string_view key, const Value& value) {
    const Value& opened = open(value);
    tools_.ledger.expect(opened);
    tools_.ledger.parameter(opened);
    append_parameter(out_.parameters, key, opened);
  }

  void read_text(const Value& text, std::string_view shape) {
    out_.prompts.push_back(tools_.messages.read(text, context_).messages);
    out_.shape = shape;
  }

  void read_object(const Value& inputs) {
    const Value& args = open(inputs["args"], 2);
    if (args.is_array() && !args.items().empty() && inputs.members().size() == (inputs.has("kwargs") ? 2U : 1U)) {
      // A traced function's arguments: the first holds the request, the others options of the call.
      const Value& request = args[0];
      if (request.is_object()) read_members(open(request, 2));
      else if (request.is_string()) read_text(request, "text");
      else if (request.is_array()) read_source(request);
      for (std::size_t i = 1; i < args.items().size(); ++i) book_parameter("options", args.items()[i]);
      if (!inputs["kwargs"].is_null()) read_members(open(inputs["kwargs"], 2));
      return;
    }
    read_members(inputs);
  }

  void read_members(const Value& params) {
    std::string_view source;
    for (const std::string_view key : k_message_keys) {
      const Value& value = params[key];
      if (value.is_null() || !read_source(value)) continue;
      source = key;
      if (out_.shape.empty() || key == "contents") out_.shape = key == "contents" ? "gemini" : key == "input" ? "responses" : "messages";
      break;
    }
    if (source.empty()) source = read_plain_keys(params);
    for (const json::Member& member : params.members()) {
      if (member.key == source) continue;
      read_member(member.key, member.value);
    }
  }

  void read_member(std::string_view key, const Value& value) {
    if (among(key, k_system_keys)) {
      add_system(open(value));
    } else if (key == "tools" || key == "functions") {
      const Value& list = open(value);
      tools_.ledger.expect(list);
      tools_.ledger.parameter(list);
      read_tools(list);
    } else if (key == "config") {
      const Value& config = open(value);
      if (!config.is_object()) return book_parameter(key, config);
      for (const json::Member& member : config.members()) read_member(member.key, member.value);
    } else {
      if (key == "model" || key == "modelId" || key == "model_id") out_.model = value.string();
      if (key == "previous_response_id") out_.previous_response_id = value.string();
      book_parameter(key, value);
    }
  }

  /// A system text beside the messages. It goes first, unless the messages begin with the same.
  void add_system(const Value& value) {
    if (value.is_null()) return;
    std::vector<MessageId> read;
    const ReadContext context{.bare_role = model::Role::k_system};
    const Value& parts = value["parts"];
    if (value.is_array() && !value.items().empty() && looks_like_message(value[0])) {
      tools_.messages.read_list(value, context, read);
    } else if (value.is_array() || parts.is_array()) {
      // Text blocks of one system text.
      std::string content;
      for (const Value& block : (parts.is_array() ? parts : value).items())
        content.append(content.empty() ? "" : "\n").append(block.is_string() ? block.text() : block["text"].string());
      tools_.ledger.expect(value);
      tools_.ledger.message(value);
      model::Message message;
      message.role = model::Role::k_system;
      message.content = content;
      if (!content.empty()) read.push_back(tools_.tables.messages.add(std::move(message)));
    } else {
      if (value.is_string() && value.text().empty()) return;
      read = tools_.messages.read(value, context).messages;
    }
    for (const MessageId id : read) {
      const base::Hash128 identity = tools_.tables.messages.get(id).identity;
      const auto said = [&](const std::vector<MessageId>& ids) {
        return std::any_of(ids.begin(), ids.end(), [&](MessageId other) { return tools_.tables.messages.get(other).identity == identity; });
      };
      if (!said(system_) && std::none_of(out_.prompts.begin(), out_.prompts.end(), said)) system_.push_back(id);
    }
  }

  void read_tools(const Value& list) {
    if (list.is_object()) {  // the AI SDK also writes tools by name
      for (const json::Member& member : list.members())
        if (member.value.is_object()) add_tool(member.value);
      return;
    }
    for (const Value& tool : list.items()) {
      const Value& declarations = tool["function_declarations"].is_array() ? tool["function_declarations"] : tool["functionDeclarations"];
      if (declarations.is_array()) {
        for (const Value& declaration : declarations.items()) add_tool(declaration);
      } else if (tool.is_object()) {
        add_tool(tool);
      }
    }
  }

  void add_tool(const Value& tool) {
    const TextId id = tools_.tables.texts.add(tool_definition(tool));
    if (std::find(out_.tools.begin(), out_.tools.end(), id) == out_.tools.end()) out_.tools.push_back(id);
  }

  /// Reads a value that may hold the messages. False when it does not.
  bool read_source(const Value& value) {
    if (value.is_string()) {
      if (read_nested_json(value)) return true;
      read_text(value, "text");
      return true;
    }
    if (value.is_object()) {
      const Value& opened = open(value, 2);
      if (looks_like_message(opened)) {
        out_.prompts.push_back(tools_.messages.read(opened, context_).messages);
        return true;
      }
      for (const std::string_view key : k_message_keys)
        if (opened.has(key) && read_source(opened[key])) return true;
      return false;
    }
    if (!value.is_array()) return false;
    const Value& list = open(value, 1);
    if (list.items().empty()) {
      out_.prompts.emplace_back();
      return true;
    }
    if (list[0].is_array()) {
      const Value& first = open(list[0], 1);
      if (!looks_like_message(first)) {  // batches
        for (const Value& batch : list.items()) {
          const Value& opened = open(batch, 1);
          tools_.messages.read_list(opened, context_, out_.prompts.emplace_back());
        }
        out_.shape = list[0].raw().find("\"lc\"") != std::string_view::npos ? "langchain" : "messages";
        return true;
      }
    }
    if (list[0].is_string()) {  // prompts: texts, one a call
      for (const Value& text : list.items()) out_.prompts.push_back(tools_.messages.read(text, context_).messages);
      out_.shape = "prompt";
      return true;
    }
    tools_.messages.read_list(list, context_, out_.prompts.emplace_back());
    if (list[0].raw().find("\"lc\"") < 12) out_.shape = "langchain";
    return true;
  }

  /// Some exports hold messages as JSON text inside JSON.
  bool read_nested_json(const Value& text) {
    const std::string_view inside = text.text();
    if (inside.size() < 2 || (inside.front() != '[' && inside.front() != '{') || inside.find("\"content\"") == std::string_view::npos) return false;
    const auto parsed = tools_.parser.parse(inside);
    if (!parsed) return false;
    const Value& value = **parsed;
    const Value& list = value.is_array() ? value : value["messages"];
    if (list.items().empty() || !std::all_of(list.items().begin(), list.items().end(), looks_like_message)) return false;
    tools_.messages.read_list(list, context_, out_.prompts.emplace_back());
    return true;
  }

  /// Hand-made inputs: one key holds what the user said, the others are settings. Returns that key.
  std::string_view read_plain_keys(const Value& params) {
    const json::Member* best = nullptr;
    const auto better = [&](const json::Member& member) {
      if (!member.value.is_string() || member.key == "model" || among(member.key, k_system_keys)) return false;
      if (best == nullptr) return true;
      const auto rank = [](std::string_view key) { return std::find(k_text_keys.begin(), k_text_keys.end(), key) - k_text_keys.begin(); };
      return rank(member.key) < rank(best->key);
    };
    for (const json::Member& member : params.members())
      if (better(member)) best = &member;
    if (best == nullptr) return {};
    read_text(best->value, "plain-keys");
    return best->key;
  }

  /// LangChain keeps parameters and tools beside the inputs, in `extra.invocation_params`: no part of the census.
  void read_settings() {
    const Value& invocation = *settings_.invocation;
    for (const json::Member& member : invocation.members()) {
      if (member.key == "tools" || member.key == "functions") {
        if (out_.tools.empty()) read_tools(member.value);
      } else if (member.key == "instructions") {
        add_system(member.value);
      } else {
        append_parameter(out_.parameters, member.key, member.value);
        if (out_.model.empty() && (member.key == "model" || member.key == "model_name" || member.key == "model_id" || member.key == "modelId"))
          out_.model = member.value.string();
      }
    }
    if (out_.model.empty()) out_.model = (*settings_.metadata)["ls_model_name"].string();
  }

  const CallSettings& settings_;
  ReadTools& tools_;
  CallInputs& out_;
  ReadContext context_;
  std::vector<MessageId> system_;
};

}  // namespace

int inputs_depth(std::string_view inputs) {
  if (starts_like(inputs, R"({"messages":[[)")) return 3;
  if (starts_like(inputs, R"({"args":[{)")) return 4;
  return 2;
}

CallInputs read_inputs(const json::Value& inputs, const CallSettings& settings, ReadTools& tools) {
  CallInputs out;
  InputsReader(settings, tools, out).read(inputs);
  return out;
}

}  // namespace trajectory::messages
