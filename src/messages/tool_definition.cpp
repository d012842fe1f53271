#include "messages/tool_definition.h"

#include <algorithm>

#include "json/write.h"

namespace trajectory::messages {

namespace {

using json::Value;

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

}  // namespace

std::string tool_definition(const Value& tool) {
  const Value& function = tool["function"].is_object() ? tool["function"] : tool;
  const Value* schema = nullptr;
  for (const std::string_view key :
       {"parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema", "args_schema"})
    if (schema == nullptr && !function[key].is_null()) schema = &function[key];
  std::string out;
  const bool is_function = function["name"].is_string() &&
                           (schema != nullptr || tool["type"].is_null() || tool["type"].string() == "function");
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

void read_tool_definitions(const Value& tools, json::Parser& parser, TextTable& texts, std::vector<TextId>& out) {
  const auto add = [&](const Value& tool) {
    if (!tool.is_object()) return;
    const TextId id = texts.add(tool_definition(tool));
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  };
  if (tools.is_string()) {
    const auto parsed = parser.parse(tools.text());
    if (parsed && !(*parsed)->is_string()) read_tool_definitions(**parsed, parser, texts, out);
    return;
  }
  for (const json::Member& member : tools.members()) add(member.value);  // the AI SDK also writes tools by name
  for (const Value& tool : tools.items()) {
    const Value& declarations =
        tool["function_declarations"].is_array() ? tool["function_declarations"] : tool["functionDeclarations"];
    for (const Value& declaration : declarations.items()) add(declaration);
    if (!declarations.is_array()) add(tool);
  }
}

void append_parameter(std::string& out, std::string_view key, const Value& value) {
  if (value.is_null()) return;
  if (!out.empty()) out.push_back(',');
  json::append_string(out, key);
  out.push_back(':');
  append_set(out, value);
}

}  // namespace trajectory::messages
