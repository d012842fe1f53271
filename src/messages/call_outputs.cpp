#include <algorithm>
#include <array>
#include <utility>

#include "json/write.h"
#include "messages/call_reader.h"
#include "messages/event_streams.h"
#include "messages/parts.h"
#include "messages/streamed_answers.h"

namespace trajectory::messages {

namespace {

using json::Value;

/// Keys of outputs that hold an answer when no known shape does, best first.
constexpr auto k_answer_keys = std::to_array<std::string_view>(
    {"output",      "outputs",       "answer",         "response",          "completion",
     "result",      "text",          "generated_text", "content",           "reply",
     "prediction",  "message",       "final_answer",   "final_output",      "generation",
     "output_text", "response_text", "assistant",      "gen_ai.completion", "output.value",
     "value"});

/// The finish reason, wherever a client keeps it.
std::string_view finish_reason(const Value& v) {
  for (const std::string_view key : {"finish_reason", "stop_reason", "finishReason", "stopReason"}) {
    if (v[key].is_string()) return v[key].text();
    if (v[key]["unified"].is_string()) return v[key]["unified"].text();
  }
  if (v["object"].string() == "response") return v["status"].string();
  return {};
}

class OutputsReader {
 public:
  OutputsReader(const CallSettings& settings, ReadTools& tools, std::vector<CallFacts>& calls)
      : settings_(settings), tools_(tools), calls_(calls) {
    context_.bare_role = model::Role::k_assistant;
    context_.nested_json = !settings.client_library;
  }

  void read(const Value& outputs) {
    tools_.ledger.open();
    if (outputs.is_object()) read_object(outputs);
    else if (outputs.is_array()) read_list(outputs);
    else if (!outputs.is_null()) add_text(outputs, calls_[0], {});
    tools_.ledger.close();
    settle(outputs);
  }

 private:
  /// What the outputs hold is in the answers that came of them; messages in lists were booked one by one.
  void settle(const Value& outputs) {
    HeldTexts held;
    for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
      for (const Answer& answer : call->answers) {
        held.add(tools_.tables.messages.get(answer.message).message);
        for (const MessageId id : answer.results) held.add(tools_.tables.messages.get(id).message);
      }
    }
    tools_.report(tools_.ledger.settle(outputs, "outputs", k_response, held));
  }

  CallFacts& first() { return calls_[0]; }

  void book_others(const Value& object, std::initializer_list<std::string_view> read) {
    // A Response repeats its request's settings and, in some SDKs, its own text.
    const bool response = object["object"].string() == "response";
    for (const json::Member& member : object.members()) {
      if (std::find(read.begin(), read.end(), member.key) != read.end()) continue;
      if (response && (member.key == "reasoning" || member.key == "text" || member.key == "output_text"))
        tools_.ledger.aside(member.key, member.value);
      else tools_.ledger.leftover("outputs", member.value);
    }
  }

  void add_answer(std::vector<MessageId> messages, CallFacts& call, std::string_view finish, std::uint64_t id = 0) {
    if (messages.empty()) return;
    const auto& entry = tools_.tables.messages.get(messages.front());
    const model::Message& m = entry.message;
    const bool empty = m.content.empty() && m.tool_calls.empty() && m.reasoning.empty() && m.parts.empty();
    if (empty && settings_.failed) return;  // a failed call's placeholder
    Answer answer;
    answer.message = messages.front();
    answer.results.assign(messages.begin() + 1, messages.end());
    answer.finish_reason = tools_.tables.texts.add(finish);
    answer.id = id;
    call.answers.push_back(std::move(answer));
  }

  void add_text(const Value& text, CallFacts& call, std::string_view finish) {
    if (names_an_object(text.string())) return tools_.ledger.aside("object_name", text);
    add_answer(tools_.messages.read(text, context_).messages, call, finish);
  }

  void add_message(const Value& message, CallFacts& call, std::string_view finish) {
    if (finish.empty()) finish = finish_reason(message);
    Element element = tools_.messages.read(message, context_);
    add_answer(std::move(element.messages), call, finish, element.id);
  }

  /// A list that is one answer in pieces: Responses items, or a message followed by its tools' results.
  void add_pieces(const Value& list, CallFacts& call, std::string_view finish) {
    ReadContext context = context_;
    context.one_answer = true;
    std::vector<MessageId> read;
    tools_.messages.read_list(list, context, read);
    add_answer(std::move(read), call, finish);
  }

  void read_object(const Value& outputs) {
    const Value& usage = !outputs["usage_metadata"].is_null() ? outputs["usage_metadata"] : outputs["usageMetadata"];
    read_usage(usage, first().usage);
    read_usage(outputs["usage"], first().usage);
    read_usage(outputs["usage"]["tokens"], first().usage);  // Cohere
    read_usage(outputs["meta"]["tokens"], first().usage);
    if (outputs["eval_count"].is_number()) read_usage(outputs, first().usage);  // Ollama
    if (first().model == 0) first().model = tools_.tables.texts.add(outputs["model"].string());
    if (outputs["id"].is_string()) first().response_id = tools_.tables.texts.add(outputs["id"].text());

    if (is_embedding(outputs)) return set_aside_embedding(outputs);
    if (is_event_stream(outputs)) return read_events(outputs);
    if (outputs["generations"].is_array()) return read_generations(outputs);
    if (outputs["choices"].is_array()) return read_choices(outputs);
    if (outputs["candidates"].is_array()) return read_candidates(outputs);
    if (outputs["object"].string() == "response" && outputs["output"].is_array()) {  // empty while in the background
      read_list(outputs["output"], finish_reason(outputs));
      return book_others(outputs, {"output"});
    }
    if (looks_like_message(outputs)) return read_message_object(outputs);
    if (outputs["model_request_end"].is_object()) return read_model_request(outputs);
    for (const std::string_view key : {"message", "llm_output"}) {  // the latter: LangSmith's AISDKExporter
      const Value& message = outputs[key];
      if (!message.is_object() || !looks_like_message(message)) continue;
      add_message(message, first(), finish_reason(outputs));
      first().text_lost = key == "llm_output";
      read_usage(message["usage_metadata"], first().usage);
      read_usage(message["token_usage"], first().usage);
      return book_others(outputs, {key});
    }
    for (const std::string_view key : {"messages", "output_messages", "gen_ai.output.messages", "llm.output_messages",
                                       "events", "all_messages_events"}) {
      const Value& list = inside(outputs[key]);
      if (!list.is_array()) continue;
      read_message_list(list, finish_reason(outputs));
      return book_others(outputs, {key});
    }
    // Bedrock Converse: {output: {message}}; the AI SDK: {content, ...} without a role.
    if (looks_like_message(outputs["output"]["message"])) {
      add_message(outputs["output"]["message"], first(), finish_reason(outputs));
      book_others(outputs["output"], {"message"});
      return book_others(outputs, {"output"});
    }
    if (outputs["content"].is_array() || outputs["tool_calls"].is_array()) return read_message_object(outputs);
    read_plain(outputs);
  }

  /// The outputs are the message itself (Anthropic, Vercel, Gemini's wrapper, hand-made): one object, one answer.
  void read_message_object(const Value& outputs) {
    ReadContext context = context_;
    context.is_response = true;
    Element element = tools_.messages.read(outputs, context);
    add_answer(std::move(element.messages), first(), finish_reason(outputs), element.id);
    read_usage(outputs["message"]["usage_metadata"], first().usage);
    read_usage(outputs["response_metadata"]["usage"], first().usage);
  }

  void read_plain(const Value& outputs) {
    // What says something first: texts, lists, known shapes; then scalars and structured answers.
    for (const bool any : {false, true}) {
      for (const std::string_view key : k_answer_keys) {
        if (outputs[key].is_null() || !read_plain_value(outputs[key], finish_reason(outputs), any)) continue;
        return book_others(outputs, {key});
      }
    }
    // A bare object as the answer (structured output): its JSON text is what the model said.
    const bool nothing = outputs.has("output") || outputs.has("outputs");
    if (outputs.members().empty() || settings_.failed || nothing) return book_others(outputs, {});
    add_structured(outputs, {});
  }

  bool read_plain_value(const Value& written, std::string_view finish, bool any) {
    const Value& value = inside(written);
    if (value.is_array()) {
      read_list(value, finish);
      return value.size() > 0;
    }
    if (value.is_object() && is_known(value)) {
      read_object(value);
      return true;
    }
    if (!value.is_string() && (!any || settings_.failed)) return false;
    if (value.is_object()) add_structured(value, finish);
    else add_text(value, first(), finish);
    return true;
  }

  void add_structured(const Value& object, std::string_view finish) {
    model::Message message;
    message.role = model::Role::k_assistant;
    const bool one_text = object.members().size() == 1 && object.members().front().value.is_string();
    if (one_text) message.content = object.members().front().value.text();
    else json::append_compact(message.content, object);
    tools_.ledger.message(object);
    add_answer({tools_.tables.messages.add(std::move(message))}, first(), finish);
  }

  /// A provider's response as it is.
  static bool is_response(const Value& v) {
    return v["generations"].is_array() || v["choices"].is_array() || v["candidates"].is_array() ||
           v["messages"].is_array();
  }

  /// Whether an object is read by shape, or holds a text beside nothing but bookkeeping.
  static bool is_known(const Value& v) {
    if (is_response(v) || v["tool_calls"].is_array()) return true;
    if (looks_like_message(v) || looks_like_message(v["message"]) || looks_like_message(v["output"]["message"]) ||
        v["content"].is_array() || v["output"].is_array())
      return true;
    const auto is_answer = [](std::string_view key) {
      return std::find(k_answer_keys.begin(), k_answer_keys.end(), key) != k_answer_keys.end();
    };
    bool text = false;
    for (const json::Member& member : v.members()) {
      if (is_answer(member.key) && member.value.is_string()) text = true;
      else if (!is_set_aside_key(member.key, k_response)) return false;
    }
    return text;
  }

  /// OpenTelemetry attributes hold JSON text: the value it stands for, when that is a known shape.
  const Value& inside(const Value& value) {
    const std::string_view text = value.string();
    if (settings_.client_library || !(text.starts_with('{') || text.starts_with('['))) return value;
    const auto parsed = tools_.parser.parse(text);
    if (!parsed) return value;
    const auto items = (*parsed)->items();
    const auto is_message = [](const Value& v) { return looks_like_message(v) && (v.has("role") || v.has("message")); };
    const auto is_part = [](const Value& v) { return looks_like_part(v) && v["type"].is_string(); };
    const bool known = (*parsed)->is_object()
                           ? is_response(**parsed) || is_message(**parsed)
                           : !items.empty() && (std::all_of(items.begin(), items.end(), is_message) ||
                                                std::all_of(items.begin(), items.end(), is_part));
    if (!known) return value;
    tools_.ledger.replace(value, **parsed);
    return **parsed;
  }

  static bool is_embedding(const Value& outputs) {
    return outputs["embeddings"].is_array() || outputs["embedding"].is_array() ||
           outputs["data"][0]["embedding"].is_array() || outputs["data"][0]["object"].string() == "embedding";
  }

  /// A call that made vectors is no model call of a conversation.
  void set_aside_embedding(const Value& outputs) {
    tools_.ledger.aside("embedding", outputs);
    for (CallFacts& call : calls_) call.input.clear();
  }

  /// A list as the whole answer: items, message objects, streamed chunks or pieces of text.
  void read_list(const Value& list, std::string_view finish = {}) {
    if (list.items().empty()) return;
    const Value& head = list[0];
    const auto all = [&](auto&& holds) { return std::all_of(list.items().begin(), list.items().end(), holds); };
    if (looks_like_message(list)) return add_message(list, first(), finish);                  // ["assistant", "text"]
    if (list.size() == 1 && head["object"].string() == "response") return read_object(head);  // Agents SDK, streamed
    if (is_event_stream(list)) return read_events(list);
    if (head["choices"].is_array()) return read_streamed(join_choices(list, first().usage), list);
    if (all([](const Value& v) { return v["candidates"].is_array(); }))
      return read_streamed({join_candidates(list, first().usage)}, list);
    if (all(is_message_event)) return read_streamed({join_messages(list, first().usage)}, list);
    const bool items = std::any_of(list.items().begin(), list.items().end(), [](const Value& v) {
      const std::string_view type = v["type"].string();
      return type == "message" || type == "reasoning" || type.ends_with("_call") || type.ends_with("_call_output");
    });
    if (items || all(is_message_chunk)) return add_pieces(list, first(), finish);
    if (looks_like_message(head)) return read_message_list(list, finish);
    if (all(is_text_piece)) return read_streamed({join_texts(list)}, list);
    // Content blocks without a message around them.
    if (!head["type"].is_null() || !head["text"].is_null()) {
      Draft draft;
      draft.message.role = model::Role::k_assistant;
      read_content(list, draft, tools_.ledger);
      draft.message.tool_calls = std::move(draft.part_calls);
      if (draft.rich) draft.message.parts = "[" + draft.parts + "]";
      return add_answer({tools_.tables.messages.add(std::move(draft.message))}, first(), finish);
    }
    model::Message message;
    message.role = model::Role::k_assistant;
    json::append_compact(message.content, list);
    tools_.ledger.message(list);
    add_answer({tools_.tables.messages.add(std::move(message))}, first(), finish);
  }

  /// Claude Managed Agents: a message a block of the answer, and the raw events' view of it.
  void read_model_request(const Value& outputs) {
    add_pieces(outputs["messages"], first(), {});
    for (const std::string_view key : {"content", "tool_calls"}) tools_.ledger.repeated(key, outputs[key]);
    book_others(outputs, {"messages", "content", "tool_calls"});
  }

  /// A stream's events: what they add up to is read in their place.
  void read_events(const Value& events) {
    const auto joined = tools_.parser.parse(join_events(events));
    if (!joined) return tools_.ledger.repeated("events", events);
    tools_.ledger.replace_stream(events, **joined);
    read_object(**joined);
  }

  void read_streamed(std::vector<StreamedAnswer> answers, const Value& chunks) {
    tools_.ledger.pieces(chunks);
    for (StreamedAnswer& answer : answers)
      add_answer({tools_.tables.messages.add(std::move(answer.message))}, first(), answer.finish_reason);
  }

  [[nodiscard]] bool is_answer(MessageId id) const {
    return tools_.tables.messages.get(id).message.role == model::Role::k_assistant;
  }
  [[nodiscard]] bool same(MessageId a, MessageId b) const {
    return tools_.tables.messages.get(a).identity == tools_.tables.messages.get(b).identity;
  }

  /// What a list holds beyond the messages that the input holds too.
  std::vector<MessageId> read_new(const Value& list) {
    std::vector<MessageId> read;
    tools_.messages.read_list(list, context_, read);
    const auto& input = first().input;
    std::size_t from = 0;
    while (from < read.size() && from < input.size() && same(read[from], input[from])) ++from;
    goes_on_ = from == input.size();
    // An input recorded late holds the answer too.
    if (from > 0 && from == read.size() && is_answer(read.back())) --from;
    read.erase(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(from));
    return read;
  }

  /// Messages behind one another: the answer is the assistant message behind what the input held.
  void read_message_list(const Value& list, std::string_view finish) {
    for (const Value& item : list.items()) read_usage(item["usage_metadata"], first().usage);
    const auto ended = [&](const Value& item) {
      return !finish_reason(item).empty() &&
             (item["id"].is_null() || item["id"].string() != list[0]["id"].string() || &item == &list[0]);
    };
    const bool one_each = std::all_of(list.items().begin(), list.items().end(), ended);
    if (one_each && list.size() > 1) {  // OpenTelemetry: a message a candidate
      for (const Value& item : list.items()) add_message(item, first(), {});
      return;
    }
    if (finish.empty() && list.size() > 0) finish = finish_reason(list.items().back());
    add_steps(read_new(list), finish);
  }

  /// What stands before the first answer was shown to the model, whether the inputs say so or not. A list that holds
  /// the whole input says where its messages stand; of others, what is new goes behind the input.
  void add_before_answer(std::vector<MessageId> before) {
    std::vector<MessageId>& input = first().input;
    if (goes_on_) {
      input.insert(input.end(), before.begin(), before.end());
      return;
    }
    std::size_t found = 0;
    for (const MessageId id : before) found += found < input.size() && same(id, input[found]) ? 1 : 0;
    if (found == input.size() && found > 0) {
      input = std::move(before);
      return;
    }
    for (const MessageId id : before)
      if (std::none_of(input.begin(), input.end(), [&](MessageId known) { return same(id, known); }))
        input.push_back(id);
  }

  /// What a run gave that hides several model calls: each assistant message answers what stood before it.
  void add_steps(const std::vector<MessageId>& messages, std::string_view finish) {
    const auto answer = std::find_if(messages.begin(), messages.end(), [&](MessageId id) { return is_answer(id); });
    add_before_answer({messages.begin(), answer});
    if (answer == messages.end()) return;
    const auto more = std::count_if(answer, messages.end(), [&](MessageId id) { return is_answer(id); }) - 1;
    if (more == 0 || calls_.size() > 1 || first().is_stateful())
      return add_answer({answer, messages.end()}, first(), finish);

    std::vector<MessageId> context = first().input;
    const CallFacts request = first();
    for (auto message = answer; message != messages.end(); ++message) {
      if (is_answer(*message)) {
        if (message != answer) {
          CallFacts& next = calls_.emplace_back();
          next.tools = request.tools;
          next.parameters = request.parameters;
          next.model = request.model;
          next.late_recording = request.late_recording;
        }
        calls_.back().input = context;
        auto end = std::find_if(message + 1, messages.end(), [&](MessageId id) { return is_answer(id); });
        const bool last = end == messages.end();
        add_answer(last ? std::vector<MessageId>(message, end) : std::vector<MessageId>{*message}, calls_.back(),
                   last ? finish : std::string_view());
      }
      context.push_back(*message);
    }
    std::swap(calls_.front().response_id, calls_.back().response_id);
  }

  void read_generations(const Value& outputs) {
    const auto batches = outputs["generations"].items();
    for (std::size_t k = 0; k < batches.size(); ++k) {
      CallFacts& call = calls_[std::min(k, calls_.size() - 1)];
      const Value& batch = batches[k];
      const auto candidates = batch.is_array() ? batch.items() : std::span<const Value>(&batch, 1);
      for (const Value& candidate : candidates) read_generation(candidate, call);
    }
    for (const std::string_view key : {"llm_output", "llmOutput"}) {
      const Value& llm = outputs[key];
      for (const std::string_view usage :
           {"token_usage", "tokenUsage", "usage", "usage_metadata", "estimatedTokenUsage"})
        read_usage(llm[usage], first().usage);
      if (llm["id"].is_string() && first().response_id == 0)
        first().response_id = tools_.tables.texts.add(llm["id"].text());
    }
    book_others(outputs, {"generations"});
  }

  void read_generation(const Value& outer, CallFacts& call) {
    const Value& candidate = outer["kwargs"].is_object() ? outer["kwargs"] : outer;
    const Value& info =
        candidate["generation_info"].is_object() ? candidate["generation_info"] : candidate["generationInfo"];
    std::string_view finish = finish_reason(info);
    const Value& message = candidate["message"];
    if (message.is_object()) {
      const Value& body = message["kwargs"].is_object() ? message["kwargs"]
                          : message["data"].is_object() ? message["data"]
                                                        : message;
      if (finish.empty()) finish = finish_reason(body["response_metadata"]);
      read_usage(body["usage_metadata"], call.usage);
      const Value& metadata = body["response_metadata"];
      for (const std::string_view usage : {"token_usage", "tokenUsage", "usage"})
        read_usage(metadata[usage], call.usage);
      if (call.response_id == 0)
        call.response_id =
            tools_.tables.texts.add(metadata["id"].string().empty() ? body["id"].string() : metadata["id"].string());
      add_message(message, call, finish);
      tools_.ledger.repeated("generations.text", candidate["text"]);
    } else {
      add_text(candidate["text"], call, finish);
    }
    for (const json::Member& member : candidate.members())
      if (member.key != "message" && member.key != "text") tools_.ledger.leftover("generation", member.value);
    if (&candidate != &outer)
      for (const json::Member& member : outer.members())
        if (member.key != "kwargs") tools_.ledger.leftover("generation", member.value);
  }

  void read_choices(const Value& outputs) {
    if (outputs["messages"].is_array()) add_history(read_new(outputs["messages"]));
    // Completions of several prompts: the choices of each stand together.
    const std::size_t of_each = std::max<std::size_t>(outputs["choices"].size() / calls_.size(), 1);
    for (std::size_t i = 0; i < outputs["choices"].size(); ++i) {
      const Value& choice = outputs["choices"].items()[i];
      CallFacts& call = calls_[std::min<std::size_t>(
          static_cast<std::size_t>(choice["index"].integer(static_cast<std::int64_t>(i))) / of_each,
          calls_.size() - 1)];
      const Value& message = choice["message"].is_object() ? choice["message"] : choice["delta"];
      if (message.is_object()) add_message(message, call, finish_reason(choice));
      else if (choice["text"].is_string()) add_text(choice["text"], call, finish_reason(choice));
      if (message.is_object()) tools_.ledger.repeated("choice.text", choice["text"]);
      for (const json::Member& member : choice.members())
        if (&member.value != &message && member.key != "text") tools_.ledger.leftover("choice", member.value);
    }
    tools_.ledger.repeated("completion", outputs["completion"]);  // the last chunk of a joined stream
    book_others(outputs, {"choices", "completion", outputs["messages"].is_array() ? "messages" : "choices"});
  }

  /// OpenTelemetry's events put the history's assistant and tool messages into the outputs, and leave the user's in the
  /// inputs: each run of them up to an answer without calls goes behind the next user message.
  void add_history(const std::vector<MessageId>& history) {
    std::vector<MessageId>& input = first().input;
    const auto is_user = [&](MessageId id) {
      return tools_.tables.messages.get(id).message.role == model::Role::k_user;
    };
    auto at = std::find_if(input.begin(), input.end(), is_user);
    for (const MessageId id : history) {
      if (at != input.end()) ++at;
      at = input.insert(at, id);
      if (is_answer(id) && tools_.tables.messages.get(id).message.tool_calls.empty())
        at = std::find_if(at, input.end(), is_user);
    }
  }

  void read_candidates(const Value& outputs) {
    // Automatic function calling: the client's one call was several of the model's.
    std::string_view history_key = "automatic_function_calling_history";
    if (outputs[history_key].is_null()) history_key = "automaticFunctionCallingHistory";
    std::vector<MessageId> steps;
    if (outputs[history_key].is_array()) steps = read_new(outputs[history_key]);
    for (const Value& candidate : outputs["candidates"].items()) {
      const Value& content = candidate["content"];
      if (content.is_object() && steps.empty()) add_message(content, first(), finish_reason(candidate));
      else if (content.is_object()) {
        for (const MessageId id : tools_.messages.read(content, context_).messages) steps.push_back(id);
        add_steps(std::exchange(steps, {}), finish_reason(candidate));
      }
      for (const json::Member& member : candidate.members())
        if (member.key != "content") tools_.ledger.leftover("candidate", member.value);
    }
    book_others(outputs, {"candidates", history_key});
  }

  const CallSettings& settings_;
  ReadTools& tools_;
  std::vector<CallFacts>& calls_;
  ReadContext context_;
  bool goes_on_ = false;  ///< the list that was read last begins with the whole input
};

}  // namespace

void read_outputs(const json::Value& outputs, const CallSettings& settings, ReadTools& tools,
                  std::vector<CallFacts>& calls) {
  OutputsReader(settings, tools, calls).read(outputs);
  read_usage(tools.messages.open((*settings.metadata)["usage_metadata"], json::Parser::k_max_depth), calls[0].usage);
}

}  // namespace trajectory::messages
