#include "messages/event_streams.h"

#include <algorithm>
#include <map>

#include "json/write.h"

namespace trajectory::messages {

namespace {

using json::quoted;
using json::Value;

bool is_anthropic(const Value& event) {
  const std::string_view type = event["type"].string();
  return type == "message_start" || type == "content_block_start" || type == "content_block_delta";
}

bool is_bedrock(const Value& event) {
  return event["messageStart"].is_object() || event["contentBlockStart"].is_object() ||
         event["contentBlockDelta"].is_object();
}

bool is_responses(const Value& event) { return event["type"].string().starts_with("response."); }

void append_member(std::string& out, std::string_view key, std::string_view json) {
  if (json.empty()) return;
  if (out.back() != '{') out.push_back(',');
  json::append_string(out, key);
  out.append(":").append(json);
}

/// Arguments that came in pieces: JSON where they are whole, else the text.
std::string arguments(std::string_view pieces, const Value& otherwise) {
  if (pieces.empty()) return otherwise.is_null() ? "{}" : std::string(otherwise.raw());
  json::Parser parser;
  return parser.parse(pieces) ? std::string(pieces) : quoted(pieces);
}

/// One content block: how it began, and what was added.
struct Block {
  const Value* start = nullptr;
  std::string text;
  std::string thinking;
  std::string input;
};

std::string anthropic_block(const Block& block) {
  static const Value k_nothing;
  const Value& start = block.start == nullptr ? k_nothing : *block.start;
  const std::string_view type = start["type"].string();
  std::string out = "{";
  const auto is_added = [](std::string_view key) {
    return key == "text" || key == "thinking" || key == "input" || key == "type";
  };
  append_member(out, "type", quoted(!type.empty() ? type : !block.thinking.empty() ? "thinking" : "text"));
  for (const json::Member& member : start.members())
    if (!is_added(member.key)) append_member(out, member.key, member.value.raw());
  if (type.ends_with("_use")) append_member(out, "input", arguments(block.input, start["input"]));
  if (!start["text"].is_null() || !block.text.empty())
    append_member(out, "text", quoted(std::string(start["text"].string()) + block.text));
  if (!start["thinking"].is_null() || !block.thinking.empty())
    append_member(out, "thinking", quoted(std::string(start["thinking"].string()) + block.thinking));
  return out + "}";
}

std::string join_anthropic(const Value& events) {
  std::map<std::int64_t, Block> blocks;
  std::string out = R"({"role":"assistant")";
  std::string usage = "{";
  for (const Value& event : events.items()) {
    const std::string_view type = event["type"].string();
    const Value& delta = event["delta"];
    if (type == "message_start") {
      for (const std::string_view key : {"id", "model"}) append_member(out, key, event["message"][key].raw());
      for (const json::Member& member : event["message"]["usage"].members())
        if (member.key != "output_tokens") append_member(usage, member.key, member.value.raw());
    } else if (type == "content_block_start") {
      blocks[event["index"].integer()].start = &event["content_block"];
    } else if (type == "content_block_delta") {
      Block& block = blocks[event["index"].integer()];
      block.text.append(delta["text"].string());
      block.thinking.append(delta["thinking"].string());
      block.input.append(delta["partial_json"].string());
    } else if (type == "message_delta") {
      append_member(out, "stop_reason", delta["stop_reason"].raw());
      append_member(usage, "output_tokens", event["usage"]["output_tokens"].raw());
    }
  }
  out.append(R"(,"content":[)");
  for (const auto& [index, block] : blocks) out.append(out.back() == '[' ? "" : ",").append(anthropic_block(block));
  return out + R"(],"usage":)" + usage + "}}";
}

std::string bedrock_block(const Block& block) {
  std::string out = "{";
  if (block.start != nullptr) {
    append_member(out, "toolUse", "{");
    for (const json::Member& member : (*block.start)["toolUse"].members())
      append_member(out, member.key, member.value.raw());
    append_member(out, "input", arguments(block.input, (*block.start)["input"]));
    out.push_back('}');
  } else if (!block.thinking.empty()) {
    append_member(out, "reasoningContent", R"({"reasoningText":{"text":)" + quoted(block.thinking) + "}}");
  } else {
    append_member(out, "text", quoted(block.text));
  }
  return out + "}";
}

std::string join_bedrock(const Value& events) {
  std::map<std::int64_t, Block> blocks;
  std::string end;
  for (const Value& event : events.items()) {
    const Value& start = event["contentBlockStart"];
    const Value& added = event["contentBlockDelta"];
    if (start["start"]["toolUse"].is_object()) blocks[start["contentBlockIndex"].integer()].start = &start["start"];
    if (added.is_object()) {
      Block& block = blocks[added["contentBlockIndex"].integer()];
      block.text.append(added["delta"]["text"].string());
      block.thinking.append(added["delta"]["reasoningContent"]["text"].string());
      block.input.append(added["delta"]["toolUse"]["input"].string());
    }
    if (!event["messageStop"]["stopReason"].is_null())
      end.append(R"(,"stopReason":)").append(event["messageStop"]["stopReason"].raw());
    if (event["metadata"]["usage"].is_object()) end.append(R"(,"usage":)").append(event["metadata"]["usage"].raw());
  }
  std::string out = R"({"output":{"message":{"role":"assistant","content":[)";
  for (const auto& [index, block] : blocks) out.append(out.back() == '[' ? "" : ",").append(bedrock_block(block));
  return out + "]}}" + end + "}";
}

/// The final event holds the response. Without it: the items that were done, and the text that had come of others.
std::string join_responses(const Value& events) {
  const auto list = events.is_array() ? events.items() : std::span(&events, 1);
  const auto ends = [](const Value& event) {
    return event["type"].string() == "response.completed" || event["type"].string() == "response.incomplete";
  };
  if (const auto end = std::find_if(list.rbegin(), list.rend(), ends);
      end != list.rend() && (*end)["response"].is_object())
    return std::string((*end)["response"].raw());
  std::map<std::int64_t, std::string> items;
  std::map<std::int64_t, std::string> texts;
  std::string id;
  for (const Value& event : list) {
    const std::string_view type = event["type"].string();
    const std::int64_t at = event["output_index"].integer();
    if (!event["response"]["id"].is_null()) id = event["response"]["id"].raw();
    if (type == "response.output_item.done") items[at] = event["item"].raw();
    if (type == "response.output_text.done") texts[at] = event["text"].string();
    if (type == "response.output_text.delta" && events.is_array()) texts[at].append(event["delta"].string());
  }
  for (const auto& [at, text] : texts)
    if (!items.contains(at))
      items[at] =
          R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":)" + quoted(text) + "}]}";
  if (items.empty()) return "{}";
  std::string out = "{";
  append_member(out, "id", id);
  append_member(out, "output", "[");
  for (const auto& [at, item] : items) out.append(out.back() == '[' ? "" : ",").append(item);
  return out + "]}";
}

}  // namespace

bool is_event_stream(const Value& value) {
  if (!value.is_array()) return is_responses(value);
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [](const Value& event) {
    return is_anthropic(event) || is_bedrock(event) || is_responses(event);
  });
}

std::string join_events(const Value& events) {
  if (!events.is_array()) return join_responses(events);
  const auto items = events.items();
  if (std::any_of(items.begin(), items.end(), is_anthropic)) return join_anthropic(events);
  return std::any_of(items.begin(), items.end(), is_bedrock) ? join_bedrock(events) : join_responses(events);
}

}  // namespace trajectory::messages
