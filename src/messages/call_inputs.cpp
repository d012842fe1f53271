#include <algorithm>
#include <array>

#include "json/write.h"
#include "messages/call_reader.h"
#include "messages/parts.h"
#include "messages/tool_definition.h"

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
    {"messages", "input", "contents", "input_messages", "gen_ai.input.messages", "llm.input_messages", "gen_ai.prompt",
     "prompts", "prompt", "input.value", "tool_results"});

/// Keys of inputs that hold what was said before the request beside them.
constexpr auto k_history_keys = std::to_array<std::string_view>(
    {"chat_history", "history", "message_history", "conversation_history", "previous_messages", "past_messages"});

/// Keys of inputs that hold messages or a whole request only when they look like it.
constexpr auto k_request_keys =
    std::to_array<std::string_view>({"inputs", "request", "body", "payload", "params", "kwargs", "data", "json",
                                     "value", "conversation", "chat", "dialogue", "events", "all_messages_events"});

/// Keys of hand-made inputs that hold what the user said, best first.
constexpr auto k_text_keys = std::to_array<std::string_view>(
    {"question", "query",      "user_input", "user_message", "user_prompt", "human_input", "message",
     "text",     "input_text", "content",    "request",      "task",        "instruction", "utterance",
     "msg",      "user",       "human",      "inputs",       "data",        "value",       "q"});

/// Keys that hold a system text beside the messages.
constexpr auto k_system_keys = std::to_array<std::string_view>(
    {"system", "instructions", "system_instruction", "systemInstruction", "system_prompt", "systemPrompt",
     "system_message", "systemMessage", "system_instructions", "gen_ai.system_instructions", "preamble",
     "system_prompts"});

template <std::size_t N>
bool among(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

class InputsReader {
 public:
  InputsReader(const CallSettings& settings, ReadTools& tools, CallInputs& out)
      : settings_(settings), tools_(tools), out_(out) {
    context_.nested_json = !settings.client_library;
  }

  void read(const Value& inputs) {
    if (inputs.is_string()) {
      read_text(inputs, "text");
    } else if (inputs.is_array()) {
      read_source("", inputs);
    } else {
      read_object(written(inputs));
    }
    read_settings();
    std::for_each(out_.prompts.begin(), out_.prompts.end(), [&](std::vector<MessageId>& prompt) { tidy(prompt); });
    if (!system_.empty())
      for (auto& prompt : out_.prompts) prompt.insert(prompt.begin(), system_.begin(), system_.end());
    if (out_.prompts.empty() && !system_.empty()) out_.prompts.push_back(system_);
    if (out_.shape.empty()) out_.shape = "empty";
  }

 private:
  const Value& open(const Value& value, int depth) { return tools_.messages.open(value, depth); }
  const Value& open(const Value& value) { return open(value, json::Parser::k_max_depth); }

  /// The members that were written down: a client that names an object in a member's place gave the model nothing.
  const Value& written(const Value& inputs) {
    const auto only_named = [](const json::Member& member) { return names_an_object(member.value.string()); };
    if (std::none_of(inputs.members().begin(), inputs.members().end(), only_named)) return inputs;
    std::string text;
    for (const json::Member& member : inputs.members()) {
      if (only_named(member)) tools_.ledger.repeated_input("object_name", member.value);
      else
        text.append(text.empty() ? "{" : ",").append(json::quoted(member.key)).append(":").append(member.value.raw());
    }
    const auto parsed = tools_.parser.parse(text.empty() ? "{}" : text.append("}"));
    return parsed ? **parsed : inputs;
  }

  /// Takes out a system text that only names an object (a client's "not given" put in its place), and joins the
  /// pieces of a streamed answer that Gemini's chats keep as contents of their own.
  void tidy(std::vector<MessageId>& prompt) {
    const auto message = [&](MessageId id) -> const model::Message& { return tools_.tables.messages.get(id).message; };
    std::erase_if(prompt, [&](MessageId id) {
      return message(id).role == model::Role::k_system && names_an_object(message(id).content);
    });
    for (std::size_t i = 1; i < prompt.size(); ++i) {
      if (message(prompt[i]).original_role != "model" || message(prompt[i - 1]).original_role != "model") continue;
      if (!message(prompt[i]).parts.empty() || !message(prompt[i - 1]).parts.empty()) continue;
      model::Message joined = message(prompt[i - 1]);
      joined.content += message(prompt[i]).content;
      const auto& calls = message(prompt[i]).tool_calls;
      joined.tool_calls.insert(joined.tool_calls.end(), calls.begin(), calls.end());
      prompt[i - 1] = tools_.tables.messages.add(std::move(joined));
      prompt.erase(prompt.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }

  /// Everything below a value, for text that is not a message list.
  void book_parameter(std::string_view key, const Value& value) {
    const Value& opened = open(value);
    tools_.ledger.parameter(opened);
    append_parameter(out_.parameters, key, opened);
  }

  void book_repeated(std::string_view key, const Value& value) { tools_.ledger.repeated_input(key, open(value)); }

  void read_text(const Value& text, std::string_view shape) {
    out_.prompts.push_back(tools_.messages.read(text, context_).messages);
    out_.shape = shape;
  }

  void read_object(const Value& inputs) {
    const Value& args = open(inputs["args"], 2);
    const auto is_asked = [&](std::string_view key) { return !inputs[key].is_null(); };
    if (!args.is_array() || std::any_of(k_message_keys.begin(), k_message_keys.end(), is_asked))
      return read_members(inputs);
    // A traced function's arguments: one holds the request, the others are options of the call.
    const auto list = args.items();
    const auto holds = [&](const Value& value) { return holds_request(value); };
    auto request = std::find_if(list.begin(), list.end(), holds);
    const Value& named = open(inputs["kwargs"], 2);
    if (request == list.end() && !holds_request(named))
      request = std::find_if(list.begin(), list.end(), [](const Value& value) { return value.is_string(); });
    for (auto value = list.begin(); value != list.end(); ++value) {
      if (value != request) book_parameter("options", *value);
      else if (value->is_object() && !looks_like_message(open(*value, 2))) read_members(open(*value, 2));
      else read_source("args", *value);
    }
    if (named.is_object()) read_members(named);
    else if (!named.is_null()) book_parameter("kwargs", named);
    for (const json::Member& member : inputs.members())  // options by name, beside `*args`
      if (member.key != "args" && member.key != "kwargs") read_member(member.key, member.value);
  }

  bool is_empty_list(const Value& value) { return value.is_array() && open(value, 1).size() == 0; }

  /// Whether a value is a message, a list of them, or an object that has one under a known key.
  bool holds_request(const Value& value) {
    if (value.is_array()) return !is_empty_list(value) && looks_like_message(open(open(value, 1)[0]));
    if (!value.is_object()) return false;
    const Value& opened = open(value, 2);
    if (looks_like_message(opened)) return true;
    return std::any_of(k_message_keys.begin(), k_message_keys.end(),
                       [&](std::string_view key) { return !opened[key].is_null(); }) ||
           std::any_of(k_request_keys.begin(), k_request_keys.end(),
                       [&](std::string_view key) { return opened[key].is_object() && holds_request(opened[key]); });
  }

  /// One member holds the messages, others what was said before, system texts, tools; the rest are parameters.
  void read_members(const Value& params) {
    // Claude Managed Agents write each block of an answer as a message, and all events that led to it.
    const bool managed = !params["model_request_start"].is_null();
    context_.one_answer = managed;
    const std::size_t before = out_.prompts.size();
    std::string_view source;
    std::string_view empty;
    for (const std::string_view key : k_message_keys) {
      const Value& value = params[key];
      if (is_empty_list(value)) empty = empty.empty() ? key : empty;
      else if (!value.is_null() && source.empty() && read_source(key, value)) source = key;
    }
    for (const std::string_view key : k_request_keys) {
      if (!source.empty() || !holds_request(params[key])) continue;
      if (params[key].is_object() && !looks_like_message(open(params[key], 2))) read_members(open(params[key], 2));
      else read_source(key, params[key]);
      source = key;
    }
    // Bedrock's invoke_model takes the provider's request as JSON text.
    if (source.empty() && params["body"].is_string() && read_nested_json("body", params["body"])) source = "body";
    if (source.empty()) source = read_plain_keys(params);
    if (source.empty() && !empty.empty()) {
      out_.prompts.emplace_back();
      source = empty;
    }
    const std::string_view request = read_request_beside(params, before, source);
    if (out_.shape.empty() && !source.empty())
      out_.shape = source == "contents" ? "gemini" : source == "input" ? "responses" : "messages";
    const std::string_view past = read_history(params, before);
    // LiteLLM's callback logs the request and everything around it, the answer too.
    const bool logged = !params["litellm_call_id"].is_null();
    for (const json::Member& member : params.members())
      if (logged && member.key != source && member.key != "model" && member.key != "model_parameters")
        book_repeated("litellm", member.value);
      else if (managed && (member.key == "events" || member.key == "model_request_start"))
        book_repeated(member.key, member.value);
      else if (member.key != source && member.key != past && member.key != request)
        read_member(member.key, member.value);
  }

  /// A list that ends with an answer, or holds instructions alone, is the past: a text beside it is the request.
  /// Returns the text's key.
  std::string_view read_request_beside(const Value& params, std::size_t prompt, std::string_view source) {
    if (!params[source].is_array() || out_.prompts.size() != prompt + 1 || out_.prompts[prompt].empty()) return {};
    std::vector<MessageId>& said = out_.prompts[prompt];
    const auto role = [&](MessageId id) { return tools_.tables.messages.get(id).message.role; };
    const bool instructions =
        std::all_of(said.begin(), said.end(), [&](MessageId id) { return role(id) == model::Role::k_system; });
    if (role(said.back()) != model::Role::k_assistant && !instructions) return {};
    const auto is_text = [&](std::string_view key) { return key != source && !params[key].string().empty(); };
    std::string_view found;
    for (const std::string_view key : {std::string_view("input"), std::string_view("prompt")})
      if (found.empty() && is_text(key)) found = key;
    for (const std::string_view key : k_text_keys)
      if (found.empty() && is_text(key)) found = key;
    if (!found.empty())
      for (const MessageId id : tools_.messages.read(params[found], context_).messages) said.push_back(id);
    return found;
  }

  /// What was said before goes before the request, unless the request says it again. Returns the member's key.
  std::string_view read_history(const Value& params, std::size_t prompt) {
    for (const std::string_view key : k_history_keys) {
      const Value& value = params[key];
      if (!value.is_array() || is_empty_list(value)) continue;
      std::vector<MessageId> past;
      tools_.messages.read_list(open(value, 1), context_, past);
      if (out_.prompts.size() == prompt) out_.prompts.emplace_back();
      std::vector<MessageId>& said = out_.prompts[prompt];
      const auto same = [&](MessageId a, MessageId b) {
        return tools_.tables.messages.get(a).identity == tools_.tables.messages.get(b).identity;
      };
      const bool repeated = said.size() >= past.size() && std::equal(past.begin(), past.end(), said.begin(), same);
      const bool holds_it = said.size() == 1 && !past.empty() && same(past.back(), said.front());
      if (holds_it) said = std::move(past);
      else if (!repeated) said.insert(said.begin(), past.begin(), past.end());
      if (out_.shape.empty()) out_.shape = "messages";
      return key;
    }
    return {};
  }

  void read_member(std::string_view key, const Value& value) {
    if (among(key, k_system_keys)) {
      add_system(value);
    } else if (key == "tools" || key == "functions" || key == "gen_ai.tool.definitions") {
      read_tools(key, open(value));
    } else if (key == "config" || key == "extra_body" || key == "model_parameters") {
      const Value& config = open(value);
      if (!config.is_object()) return book_parameter(key, config);
      for (const json::Member& member : config.members()) read_member(member.key, member.value);
    } else {
      if (key == "model" || key == "modelId" || key == "model_id") out_.model = value.string();
      if (key == "previous_response_id") out_.previous_response_id = value.string();
      if (key == "thread") out_.previous_response_id = open(value)["previous_message_id"].string();
      if (key == "conversation")
        out_.conversation = open(value).is_object() ? open(value)["id"].string() : value.string();
      book_parameter(key, value);
    }
  }

  /// Definitions become what a provider is sent; what is no definition stays a parameter.
  void read_tools(std::string_view key, const Value& list) {
    const std::size_t before = out_.tools.size();
    read_tool_definitions(list, tools_.parser, tools_.tables.texts, out_.tools);
    const auto is_definition = [](const Value& tool) { return tool.is_object(); };
    const bool all = std::all_of(list.items().begin(), list.items().end(), is_definition);
    const std::size_t parameters = out_.parameters.size();
    if (!all || (out_.tools.size() == before && !list.is_array())) append_parameter(out_.parameters, key, list);
    HeldTexts held;
    for (const TextId tool : out_.tools) held.add(tools_.tables.texts.get(tool));
    held.add(std::string_view(out_.parameters).substr(parameters));
    tools_.report(tools_.ledger.settle_tools(list, held));
  }

  /// A system text beside the messages. It goes first, unless the messages begin with the same.
  void add_system(const Value& closed) {
    if (closed.is_null()) return;
    const Value& value = open(closed);
    std::vector<MessageId> read;
    const ReadContext context{.bare_role = model::Role::k_system};
    const Value& parts = value["parts"];
    if (value.is_array() && !value.items().empty() && looks_like_message(value[0])) {
      tools_.messages.read_list(value, context, read);
    } else if (value.is_array() || parts.is_array()) {
      // Text blocks of one system text.
      std::string content;
      for (const Value& block : (parts.is_array() ? parts : value).items())
        content.append(content.empty() ? "" : "\n")
            .append(block.is_string()           ? block.text()
                    : block["text"].is_string() ? block["text"].text()
                                                : block["content"].string());
      tools_.ledger.message(value);
      Draft draft;
      draft.message.role = model::Role::k_system;
      draft.message.content = content;
      tools_.report(close_draft(draft, value, k_part, tools_.ledger));
      if (!draft.is_empty()) read.push_back(tools_.tables.messages.add(std::move(draft.message)));
    } else {
      if (value.is_string() && value.text().empty()) return;
      read = tools_.messages.read(value, context).messages;
    }
    for (const MessageId id : read) {
      const base::Hash128 identity = tools_.tables.messages.get(id).identity;
      const auto said = [&](const std::vector<MessageId>& ids) {
        return std::any_of(ids.begin(), ids.end(),
                           [&](MessageId other) { return tools_.tables.messages.get(other).identity == identity; });
      };
      if (!said(system_) && std::none_of(out_.prompts.begin(), out_.prompts.end(), said)) system_.push_back(id);
    }
  }

  void read_prompt(const Value& list) {
    std::vector<MessageId>& prompt = out_.prompts.emplace_back();
    out_.last_answers.resize(out_.prompts.size());
    out_.last_answers.back() = tools_.messages.read_list(list, context_, prompt);
  }

  /// Reads a value that may hold the messages. False when it does not.
  bool read_source(std::string_view key, const Value& value) {
    if (value.is_string()) {
      if (!read_nested_json(key, value)) read_text(value, "text");
      return true;
    }
    if (key == "contents") out_.shape = "gemini";
    if (key == "contents") return read_contents(open(value));
    if (value.is_object()) {
      const Value& opened = open(value, 2);
      if (looks_like_message(opened)) {
        out_.prompts.push_back(tools_.messages.read(opened, context_).messages);
        return true;
      }
      const auto has = [&](std::string_view name) { return !opened[name].is_null(); };
      if (!holds_request(opened) && std::none_of(k_text_keys.begin(), k_text_keys.end(), has)) return false;
      read_members(opened);
      return true;
    }
    if (!value.is_array()) return false;
    const Value& list = open(value, 1);
    if (looks_like_message(list)) {  // ["user", "text"]
      out_.prompts.push_back(tools_.messages.read(list, context_).messages);
      return true;
    }
    if (list[0].is_array()) {
      const Value& first = open(list[0], 1);
      const bool turn = first.size() == 2 && first[0].is_string();
      if (!turn && !looks_like_message(first)) {  // batches
        const bool langchain = list[0].raw().find("\"lc\"") != std::string_view::npos;
        if (langchain && (*settings_.metadata)["ls_provider"].string().starts_with("google")) {
          const bool javascript = list[0].raw().find("\"langchain_core\"") != std::string_view::npos;
          context_.result_key = javascript ? "result" : "output";
        }
        for (const Value& batch : list.items()) {
          read_prompt(open(batch, 1));
        }
        out_.shape = langchain ? "langchain" : "messages";
        return true;
      }
    }
    if (list[0].is_string() && key.starts_with("prompt")) {  // texts, one a call
      for (const Value& text : list.items()) out_.prompts.push_back(tools_.messages.read(text, context_).messages);
      out_.shape = "prompt";
      return true;
    }
    const bool bare = list[0].is_object() && list[0].raw().find("\"role\"") == std::string_view::npos;
    if (bare && !looks_like_message(open(list[0])) && looks_like_part(open(list[0]))) return read_contents(open(value));
    read_prompt(list);
    if (list[0].raw().find("\"lc\"") < 12) out_.shape = "langchain";
    return true;
  }

  /// Gemini's contents, or bare parts: content objects, or texts and bare parts, of which neighbours make one user
  /// message.
  bool read_contents(const Value& contents) {
    std::vector<MessageId>& prompt = out_.prompts.emplace_back();
    Draft draft;
    const auto close = [&] {
      if (draft.rich) draft.message.parts = "[" + draft.parts + "]";
      if (!draft.is_empty()) prompt.push_back(tools_.tables.messages.add(std::move(draft.message)));
      draft = {};
    };
    for (const Value& item : contents.is_array() ? contents.items() : std::span(&contents, 1)) {
      if (item.has("parts") || item.has("role")) {
        close();
        for (const MessageId id : tools_.messages.read(item, context_).messages) prompt.push_back(id);
        continue;
      }
      Draft piece;
      read_content(item, piece, tools_.ledger);
      tools_.report(close_draft(piece, item, k_part, tools_.ledger));
      if (!piece.results.empty() || !piece.part_calls.empty() || !piece.message.reasoning.empty()) {
        close();  // no text of the user's
        for (model::Message& result : piece.results) prompt.push_back(tools_.tables.messages.add(std::move(result)));
        piece.message.tool_calls = std::move(piece.part_calls);
        if (!piece.message.tool_calls.empty() || !piece.message.reasoning.empty())
          piece.message.role = model::Role::k_assistant;
        if (!piece.is_empty()) prompt.push_back(tools_.tables.messages.add(std::move(piece.message)));
        continue;
      }
      append_text(draft.message, piece.message.content);
      const std::string_view parts =
          piece.message.parts.empty() ? std::string_view(piece.parts)
                                      : std::string_view(piece.message.parts).substr(1, piece.message.parts.size() - 2);
      draft.parts.append(draft.parts.empty() || parts.empty() ? "" : ",").append(parts);
      draft.rich = draft.rich || piece.rich;
    }
    close();
    return true;
  }

  /// OpenTelemetry attributes hold messages as JSON text inside JSON, and so do some exports under `input`.
  bool read_nested_json(std::string_view key, const Value& text) {
    if (settings_.client_library && key != "input" && key != "body") return false;
    const std::string_view inside = text.text();
    const bool names_one =
        inside.find("\"content\"") != std::string_view::npos || inside.find("\"parts\"") != std::string_view::npos;
    if (inside.size() < 2 || (inside.front() != '[' && inside.front() != '{') || !names_one) return false;
    const auto parsed = tools_.parser.parse(inside);
    if (!parsed) return false;
    const Value& value = **parsed;
    const Value& messages = value["messages"].is_array() ? value["messages"] : value["contents"];
    const Value& list = value.is_array() ? value : messages;
    if (looks_like_message(value)) return read_source("", value);
    if (list.items().empty() || !std::all_of(list.items().begin(), list.items().end(), looks_like_message))
      return false;
    if (value.is_array()) return read_source("", value);
    read_members(value);
    return true;
  }

  /// Hand-made inputs: one key holds what the user said, the others are settings. Returns that key. Of keys that no
  /// list knows, the one with the longest text; none of them beside a history, which tells enough.
  std::string_view read_plain_keys(const Value& params) {
    const auto rank = [](std::string_view key) {
      return std::find(k_text_keys.begin(), k_text_keys.end(), key) - k_text_keys.begin();
    };
    const json::Member* best = nullptr;
    const bool beside_history = std::any_of(k_history_keys.begin(), k_history_keys.end(),
                                            [&](std::string_view key) { return params[key].is_array(); });
    for (const json::Member& member : params.members()) {
      const bool known = among(member.key, k_text_keys);
      const bool text = member.value.is_string() ? !member.value.text().empty()
                                                 : known && (member.value.is_number() || member.value.is_bool());
      if (!text || member.key == "model" || among(member.key, k_system_keys) || (beside_history && !known)) continue;
      if (best != nullptr && rank(member.key) > rank(best->key)) continue;
      if (best != nullptr && rank(member.key) == rank(best->key) &&
          member.value.text().size() <= best->value.text().size())
        continue;
      best = &member;
    }
    if (best == nullptr) return {};
    if (best->value.is_string() && read_nested_json(best->key, best->value)) return best->key;
    read_text(best->value, "plain-keys");
    return best->key;
  }

  /// LangChain keeps parameters and tools beside the inputs, in `extra.invocation_params`: no part of the census.
  void read_settings() {
    const Value& invocation = *settings_.invocation;
    const base::Hash128 text = base::hash128(invocation.raw());
    const InvocationSettings* known = tools_.memo.find(text);
    if (known == nullptr) {
      const Value& opened = open(invocation);
      const bool refused = opened.kind() != invocation.kind();
      if (!refused) known = &tools_.memo.keep(text, read_invocation(opened));
    }
    if (known != nullptr) {
      if (out_.tools.empty()) out_.tools = known->tools;
      if (!out_.parameters.empty() && !known->parameters.empty()) out_.parameters.push_back(',');
      out_.parameters += known->parameters;
      if (out_.model.empty()) out_.model = known->model;
      add_system(invocation["instructions"]);
    }
    if (out_.model.empty()) out_.model = (*settings_.metadata)["ls_model_name"].string();
  }

  InvocationSettings read_invocation(const Value& invocation) {
    InvocationSettings out;
    for (const auto& [key, value] : invocation.members()) {
      if (key == "tools" || key == "functions") {
        if (out.tools.empty()) read_tool_definitions(value, tools_.parser, tools_.tables.texts, out.tools);
      } else if (key != "instructions") {
        append_parameter(out.parameters, key, value);
        if (out.model.empty() && (key == "model" || key == "model_name" || key == "model_id" || key == "modelId"))
          out.model = value.string();
      }
    }
    return out;
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
