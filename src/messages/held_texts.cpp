#include "messages/held_texts.h"

#include <algorithm>

#include "base/sha256.h"
#include "json/write.h"

namespace trajectory::messages {

namespace {

using json::Value;

/// Where the data of a data: link begins at the latest.
constexpr std::size_t k_data_head = 200;

/// Fields of a usual message.
constexpr std::size_t k_usual = 8;

/// Fields from which on a text is first looked for among whole ones: a message may hold 50,000 calls.
constexpr std::size_t k_many = 64;

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') out.push_back(c);
  return out;
}

/// As it stands inside JSON text.
std::string escaped(std::string_view text) {
  const std::string quoted = json::quoted(text);
  return {quoted.begin() + 1, quoted.end() - 1};
}

}  // namespace

bool is_base64(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("+/-_=\n\r").find(c) != std::string_view::npos;
  };
  return text.size() > 64 && std::all_of(text.begin(), text.end(), fits);
}

std::string_view inline_data(std::string_view text) {
  if (const std::size_t comma = text.find(','); text.starts_with("data:") && comma < k_data_head)
    return text.substr(comma + 1);
  return is_base64(text) ? text : std::string_view();
}

void HeldTexts::add(const model::Message& m) {
  for (const std::string* text : {&m.content, &m.parts, &m.reasoning, &m.tool_call_id, &m.name, &m.error}) add(*text);
  for (const model::ToolCall& call : m.tool_calls)
    for (const std::string* text : {&call.arguments, &call.name, &call.id}) add(*text);
}

void HeldTexts::add(std::string_view text) {
  if (text.empty()) return;
  if (fields_.empty()) fields_.reserve(k_usual);
  fields_.push_back({text});
  missed_.clear();
  if (fields_.size() == k_many)
    for (const Field& field : fields_) whole_.insert(field.text);
  else if (fields_.size() > k_many) whole_.insert(text);
}

bool HeldTexts::has_plainly(std::string_view text) {
  if (whole_.contains(text)) return true;
  for (Field& field : fields_) {
    std::size_t at = field.text.find(text, field.found);
    if (at == std::string_view::npos && field.found > 0) at = field.text.find(text);
    if (at == std::string_view::npos) continue;
    field.found = at;
    return true;
  }
  return false;
}

bool HeldTexts::has(std::string_view text) {
  if (text.empty()) return true;
  // What is looked for again and again, as the type of 100,000 parts, is searched for once.
  if (!missed_.empty() && missed_.contains(std::string(text))) return false;
  if (has_plainly(text) || has_otherwise(text)) return true;
  missed_.emplace(text);
  return false;
}

bool HeldTexts::has_otherwise(std::string_view text) {
  const std::string inside = escaped(text);
  if (inside != text && has_plainly(inside)) return true;
  if (const std::string_view data = inline_data(text); !data.empty() && has_plainly(base::sha256_hex(data)))
    return true;
  if (squeezed_.size() != fields_.size()) {
    squeezed_.clear();
    for (const Field& field : fields_) squeezed_.push_back(without_space(field.text));
  }
  for (const std::string& squeezed : {without_space(text), escaped(without_space(text)), without_space(inside)})
    for (const std::string& field : squeezed_)
      if (field.find(squeezed) != std::string::npos) return true;
  if (!text.starts_with('{') && !text.starts_with('[') && !text.starts_with('"')) return false;
  json::Parser parser;
  const auto parsed = parser.parse(text);
  if (!parsed) return false;
  const auto all = [&](const auto& self, const Value& value) -> bool {
    return (!value.is_string() || has(value.text())) &&
           std::all_of(value.items().begin(), value.items().end(), [&](const Value& v) { return self(self, v); }) &&
           std::all_of(value.members().begin(), value.members().end(),
                       [&](const json::Member& m) { return self(self, m.value); });
  };
  return all(all, **parsed);
}

}  // namespace trajectory::messages
