#include "messages/streamed_answers.h"

#include <map>

#include "messages/call_reader.h"
#include "messages/parts.h"

namespace trajectory::messages {

namespace {

using json::Value;

const Value& text_of(const Value& piece) {
  for (const std::string_view key : {"content", "text", "token", "delta", "chunk"})
    if (piece[key].is_string()) return piece[key];
  const Value& delta = piece["delta"];
  return delta["content"].is_string() ? delta["content"] : delta["text"];
}

}  // namespace

std::vector<StreamedAnswer> join_choices(const Value& chunks, model::Usage& usage) {
  struct Joined {
    StreamedAnswer answer;
    std::map<std::int64_t, model::ToolCall> calls;
  };
  std::map<std::int64_t, Joined> choices;
  for (const Value& chunk : chunks.items()) {
    read_usage(chunk["usage"], usage);
    for (const Value& choice : chunk["choices"].items()) {
      Joined& joined = choices[choice["index"].integer()];
      const Value& delta = choice["delta"].is_object() ? choice["delta"] : choice["message"];
      model::Message& message = joined.answer.message;
      message.content.append(delta["content"].string())
          .append(delta["refusal"].string())
          .append(delta["audio"]["transcript"].string());
      message.content.append(choice["text"].string());  // the completions endpoint
      message.reasoning.append(
          (delta["reasoning_content"].is_string() ? delta["reasoning_content"] : delta["reasoning"]).string());
      const auto extend = [](model::ToolCall& call, const Value& function) {
        call.name.append(function["name"].string());
        call.arguments.append(function["arguments"].string()).append(function["input"].string());
      };
      for (const Value& part : delta["tool_calls"].items()) {
        model::ToolCall& call = joined.calls[part["index"].integer()];
        if (part["id"].is_string()) call.id = part["id"].text();
        extend(call, part["custom"].is_object() ? part["custom"] : part["function"]);
      }
      if (delta["function_call"].is_object()) extend(joined.calls[0], delta["function_call"]);
      if (choice["finish_reason"].is_string()) joined.answer.finish_reason = choice["finish_reason"].text();
    }
  }
  std::vector<StreamedAnswer> out;
  for (auto& [index, joined] : choices) {
    joined.answer.message.role = model::Role::k_assistant;
    for (auto& [place, call] : joined.calls) {
      if (call.arguments.empty()) call.arguments = "{}";
      joined.answer.message.tool_calls.push_back(std::move(call));
    }
    out.push_back(std::move(joined.answer));
  }
  return out;
}

StreamedAnswer join_candidates(const Value& chunks, model::Usage& usage) {
  Draft draft;
  draft.message.role = model::Role::k_assistant;
  StreamedAnswer out;
  for (const Value& chunk : chunks.items()) {
    const Value& candidate = chunk["candidates"][0];
    Census unbooked;  // the caller books the list as one
    Ledger ignored(unbooked);
    read_content(candidate["content"]["parts"], draft, ignored);
    for (const std::string_view key : {"finish_reason", "finishReason"})
      if (candidate[key].is_string()) out.finish_reason = candidate[key].text();
  }
  // Every chunk counts what came so far: the last one says most.
  for (auto chunk = chunks.items().rbegin(); chunk != chunks.items().rend(); ++chunk)
    for (const std::string_view key : {"usage_metadata", "usageMetadata"}) read_usage((*chunk)[key], usage);
  draft.message.tool_calls = std::move(draft.part_calls);
  if (draft.rich) draft.message.parts = "[" + draft.parts + "]";
  out.message = std::move(draft.message);
  return out;
}

bool is_message_event(const Value& value) { return value["message"].is_object() && value["done"].is_bool(); }

StreamedAnswer join_messages(const Value& events, model::Usage& usage) {
  StreamedAnswer out;
  out.message.role = model::Role::k_assistant;
  Census unbooked;  // the caller books the list as one
  Ledger ignored(unbooked);
  for (const Value& event : events.items()) {
    const Value& piece = event["message"];
    out.message.content.append(piece["content"].string());
    out.message.reasoning.append(piece["thinking"].string());
    for (const Value& call : piece["tool_calls"].items()) out.message.tool_calls.push_back(read_call(call, ignored));
    if (event["done_reason"].is_string()) out.finish_reason = event["done_reason"].text();
    read_usage(event, usage);
  }
  return out;
}

bool is_text_piece(const Value& value) {
  return value.is_string() || (value["type"].is_null() && value["role"].is_null() && text_of(value).is_string());
}

StreamedAnswer join_texts(const Value& pieces) {
  StreamedAnswer out;
  out.message.role = model::Role::k_assistant;
  for (const Value& piece : pieces.items())
    out.message.content.append(piece.is_string() ? piece.text() : text_of(piece).text());
  return out;
}

bool is_message_chunk(const Value& value) {
  const auto path = value["id"].items();
  return value["type"].string() == "AIMessageChunk" || (!path.empty() && path.back().string() == "AIMessageChunk");
}

}  // namespace trajectory::messages
