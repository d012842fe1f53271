#include "messages/draft.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "json/write.h"

namespace trajectory::messages {

namespace {

using json::Value;

constexpr std::string_view k_unknown_part = R"({"type":"unknown",)";

/// Bytes behind base64 text; 0 when it is none.
std::uint64_t base64_size(std::string_view text) {
  std::uint64_t size = 0;
  for (const char c : text)
    if (c != '=' && c != '\n' && c != '\r') ++size;
  return size * 3 / 4;
}

bool all_held(const Value& value, HeldTexts& held) {
  return held.has(value.string()) &&
         std::all_of(value.items().begin(), value.items().end(), [&](const Value& v) { return all_held(v, held); }) &&
         std::all_of(value.members().begin(), value.members().end(),
                     [&](const json::Member& m) { return all_held(m.value, held); });
}

void keep(model::Message& message, std::string_view text_parts, const Unknown& unknown) {
  if (message.parts.empty()) {
    message.parts.assign(1, '[').append(text_parts);
    if (text_parts.empty() && !message.content.empty())
      message.parts.append(R"({"type":"text","text":)").append(json::quoted(message.content)).append("}");
    message.parts.push_back(']');
  }
  message.parts.pop_back();
  if (message.parts.size() > 1) message.parts.push_back(',');
  message.parts.append(k_unknown_part).append(json::quoted(unknown.key)).push_back(':');
  append_media(message.parts, *unknown.value, unknown.key);
  message.parts.append("}]");
}

}  // namespace

bool Draft::is_empty() const {
  return message.content.empty() && message.tool_calls.empty() && message.reasoning.empty() && !rich;
}

std::vector<std::string> close_draft(Draft& draft, const Value& root, unsigned levels, Ledger& ledger) {
  if (draft.rich) draft.message.parts = "[" + draft.parts + "]";
  HeldTexts held;
  held.add(draft.message);
  for (const model::Message& result : draft.results) held.add(result);
  std::vector<std::string> names;
  std::vector<const Unknown*> homeless;
  const std::vector<Unknown> unknown = ledger.settle(root, "message", levels, held);
  for (const Unknown& member : unknown) {
    names.push_back(member.name);
    if (text_bytes(*member.value) > 0 && !all_held(*member.value, held)) homeless.push_back(&member);
  }
  const bool in_result = !draft.results.empty() && draft.is_empty();
  for (const Unknown* member : homeless) {
    if (in_result) keep(draft.results.back(), {}, *member);
    else keep(draft.message, draft.parts, *member);
  }
  draft.rich = draft.rich || (!in_result && !homeless.empty());
  return names;
}

std::string known_parts(std::string_view parts) {
  if (parts.find(k_unknown_part) == std::string_view::npos) return std::string(parts);
  json::Parser parser;
  const auto parsed = parser.parse(parts, json::Parser::k_record_depth);
  if (!parsed) return std::string(parts);
  std::string out;
  bool rich = false;
  for (const Value& part : (*parsed)->items()) {
    if (part.raw().starts_with(k_unknown_part)) continue;
    rich = rich || part["type"].string() != "text";
    out.append(out.empty() ? "[" : ",").append(part.raw());
  }
  return rich ? out + "]" : std::string();
}

void append_media(std::string& out, const Value& value, std::string_view key) {
  constexpr auto k_data_keys = std::to_array<std::string_view>(
      {"data", "base64", "file_data", "bytes", "content", "image", "audio", "value", "result"});
  const std::string_view text = value.string();
  const std::string_view data = inline_data(text);
  const bool is_link = data.size() != text.size();
  if (!data.empty() && (is_link || std::find(k_data_keys.begin(), k_data_keys.end(), key) != k_data_keys.end())) {
    out.append(R"({"sha256":")")
        .append(base::sha256_hex(data))
        .append(R"(","bytes":)")
        .append(std::to_string(base64_size(data)));
    if (is_link) {
      out.append(R"(,"media_type":)");
      json::append_string(out, text.substr(5, text.find_first_of(";,") - 5));
    }
    out.push_back('}');
    return;
  }
  if (value.is_object()) {
    out.push_back('{');
    bool first = true;
    for (const json::Member& member : value.members()) {
      if (member.value.is_null()) continue;
      if (!first) out.push_back(',');
      first = false;
      json::append_string(out, member.key);
      out.push_back(':');
      append_media(out, member.value, member.key);
    }
    out.push_back('}');
    return;
  }
  if (value.is_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (i > 0) out.push_back(',');
      append_media(out, value.items()[i], key);
    }
    out.push_back(']');
    return;
  }
  json::append_compact(out, value);
}

}  // namespace trajectory::messages
