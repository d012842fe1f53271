#include "messages/tool_reader.h"

#include <algorithm>
#include <initializer_list>

#include "messages/message_reader.h"
#include "messages/parts.h"

namespace trajectory::messages {

namespace {

using json::Value;
using Names = std::initializer_list<std::string_view>;

/// Whether every member's key is on the list.
bool holds_only(const Value& object, Names names) {
  return std::all_of(object.members().begin(), object.members().end(), [&](const json::Member& member) {
    return std::find(names.begin(), names.end(), member.key) != names.end();
  });
}

class ToolReader {
 public:
  ToolReader(const ToolRunView& run, Tables& tables, json::Parser& parser)
      : run_(run), tables_(tables), parser_(parser) {}

  ToolFacts read() {
    ToolFacts tool;
    name_ = run_.name;
    tool.arguments = tables_.texts.add(arguments(run_.inputs));
    tool.name = tables_.texts.add(name_);
    std::string id(run_.extra["tool_call_id"].string());
    for (const Value* place : {call_, &run_.inputs, &run_.extra["metadata"]})
      for (const std::string_view key : {"toolCallId", "tool_call_id", "call_id", "gen_ai.tool.call.id"})
        if (id.empty()) id = (*place)[key].string();
    if (id.empty() && call_ == &run_.inputs["event"]) id = (*call_)["id"].string();
    std::string text = result(tool.output_is_object, id);
    tool.output = tables_.texts.add(text);
    tool.tool_call_id = tables_.texts.add(id);
    return tool;
  }

 private:
  /// The arguments as JSON text.
  std::string arguments(const Value& inputs) {
    // A JavaScript function's come as `args`: the object, then options. A Python one's may come as args and kwargs.
    const Value& args = inputs["args"];
    if (args.is_array() && holds_only(inputs, {"args", "kwargs"})) {
      if (args.size() == 0) return arguments_text(inputs["kwargs"]);
      call_ = &args[1];
      if (args.size() == 1 || args[0].is_object()) return arguments_text(args[0]);
      return arguments_text(args);
    }
    const Value& input = inputs["input"];
    if (inputs.members().size() == 1 && (input.is_string() || input.is_object())) {
      if (input.is_object() && input["type"].string() == "tool_call" && input["args"].is_object()) {
        call_ = &input;
        return arguments_text(input["args"]);
      }
      return arguments_text(input);
    }
    // Name and arguments side by side (MCP tools under Google ADK), OpenTelemetry's attributes.
    for (const std::string_view key : {"arguments", "args", "tool_input", "gen_ai.tool.call.arguments"}) {
      if (inputs[key].is_null() || !holds_only(inputs, {key, "tool_name", "name", "id", "type", "tool_call_id",
                                                        "gen_ai.tool.name", "gen_ai.tool.call.id"}))
        continue;
      for (const std::string_view name : {"tool_name", "gen_ai.tool.name", "name"})
        if (inputs[name].is_string()) name_ = inputs[name].text();
      return arguments_text(inputs[key]);
    }
    // Claude Managed Agents: the call beside its event.
    if (inputs["event"]["type"].string().starts_with("agent.") && inputs.has("input")) {
      call_ = &inputs["event"];
      return arguments_text(input);
    }
    // OpenLLMetry's entity input.
    if (inputs.has("tags") && inputs.has("metadata") &&
        holds_only(inputs, {"input_str", "inputs", "tags", "metadata", "kwargs"}))
      return arguments_text(inputs["inputs"].is_null() ? inputs["input_str"] : inputs["inputs"]);
    // Strands: the call as a tool message.
    const Value& messages = inputs["messages"];
    if (inputs.members().size() == 1 && messages.size() == 1 && messages[0]["role"].string() == "tool") {
      call_ = &messages[0];
      return arguments_text(messages[0]["content"]);
    }
    return arguments_text(inputs);
  }

  /// A result as MCP gives it: content parts, and remarks about them.
  static bool holds_parts(const Value& value) {
    const Value& content = value["content"];
    if (content.is_string()) return value.members().size() == 1;
    const auto is_part = [](const Value& part) { return part["type"].is_string() && looks_like_part(part); };
    return !content.items().empty() && std::all_of(content.items().begin(), content.items().end(), is_part);
  }

  const Value& wrapped_result() const {
    const Value& outputs = run_.outputs;
    for (const std::string_view key : {"output", "outputs", "gen_ai.tool.call.result", "output.value"})
      if (outputs.has(key) &&
          (outputs.members().size() == 1 || (outputs.has("kwargs") && holds_only(outputs, {key, "kwargs"}))))
        return outputs[key];
    return outputs;
  }

  /// The result as a model would be shown it.
  std::string result(bool& is_object, std::string& id) const {
    const Value& value = wrapped_result();
    const Value& update = value["update"]["messages"].is_array() ? value["update"]["messages"] : value;
    const Value& message = update.is_array() && !update.items().empty() ? update.items().back() : update;
    std::string text;
    const bool holds_content =
        message.has("content") || message.has("parts") || message.has("kwargs") || message.has("data");
    if (holds_content && looks_like_message(message)) {
      Census unbooked;
      Ledger ignored(unbooked);
      std::vector<model::Problem> unheard;
      MessageReader quiet(tables_.messages, parser_, ignored, unheard);
      const Element element = quiet.read(message, {.bare_role = model::Role::k_tool});
      if (!element.messages.empty()) {
        const model::Message& read = tables_.messages.get(element.messages.front()).message;
        text = read.content;
        if (id.empty()) id = read.tool_call_id;
        if (id.empty()) id = message["tool_call_id"].string();
      }
    } else if (holds_parts(value)) {
      model::Message read;
      fill_result(value["content"], read);
      text = std::move(read.content);
    } else {
      text = result_text(value);
      is_object = value.is_object();
    }
    if (run_.failed && (value.is_null() || text == "{}")) text.clear();
    return text;
  }

  const ToolRunView& run_;
  Tables& tables_;
  json::Parser& parser_;
  std::string_view name_;
  const Value nothing_;
  const Value* call_ = &nothing_;  ///< where the call's id may stand
};

}  // namespace

ToolFacts read_tool(const ToolRunView& run, Tables& tables, json::Parser& parser) {
  return ToolReader(run, tables, parser).read();
}

}  // namespace trajectory::messages
