#include "messages/extract.h"

#include <algorithm>

#include "messages/call_reader.h"
#include "messages/ledger.h"
#include "messages/message_reader.h"
#include "messages/tool_reader.h"

namespace trajectory::messages {

namespace {

using json::Value;
using model::RunType;

const Value k_nothing;

void collect_texts(const Value& value, std::vector<std::uint64_t>& out) {
  if (value.is_string() && !value.text().empty()) out.push_back(text_identity(value.text()));
  for (const Value& item : value.items()) collect_texts(item, out);
  for (const json::Member& member : value.members()) collect_texts(member.value, out);
}

/// A metadata value as the text of a key: texts as they are, numbers in their source text.
std::string_view key_text(const Value& value) {
  return value.is_string() || value.is_number() ? value.text() : std::string_view();
}

}  // namespace

struct Extractor::Impl {
  Impl(Tables& all_tables, ExtractOptions all_options)
      : tables(all_tables),
        options(std::move(all_options)),
        ledger(census),
        reader(tables.messages, parser, ledger, problems) {}

  const Value& parse(std::string_view text, int depth, std::string_view column, const model::Run& run) {
    if (text.empty()) return k_nothing;
    auto parsed = parser.parse(text, depth);
    if (!parsed && !json::is_utf8(text)) {
      problems.push_back({"invalid_utf8", model::Severity::k_warning, std::string(run.id),
                          std::string(column) + ": broken bytes were replaced by U+FFFD"});
      parsed = parser.parse(json::repair_utf8(text), depth);
    }
    if (parsed) return **parsed;
    problems.push_back({"invalid_json", model::Severity::k_refused, std::string(run.id),
                        std::string(column) + ": " + parsed.error().text()});
    return k_nothing;
  }

  void read_metadata(const Value& extra, std::string_view run_name, RunFacts& facts) {
    const Value& metadata = extra["metadata"];
    for (std::size_t i = 0; i < options.thread_keys.size(); ++i) {
      const std::string_view value = key_text(metadata[options.thread_keys[i]]);
      if (!value.empty()) facts.thread_keys.emplace_back(static_cast<std::uint8_t>(i), tables.texts.add(value));
    }
    for (const std::string_view key : {"lc_agent_name", "agent_name", "gen_ai.agent.name", "ls_agent_name"})
      if (facts.agent_name == 0) facts.agent_name = tables.texts.add(metadata[key].string());
    facts.node = tables.texts.add(metadata["langgraph_node"].string());
    facts.agent_path = tables.texts.add(metadata["langgraph_checkpoint_ns"].string());
    const auto path = metadata["langgraph_path"].items();
    facts.pushed = !path.empty() && path.front().string() == "__pregel_push";
    const std::string_view type = metadata["ls_agent_type"].string();
    if (type == "subagent") facts.mark = AgentMark::k_subagent;
    if (type == "middleware" || type == "compaction" || metadata["lc_source"].string() == "summarization")
      facts.mark = AgentMark::k_helper;
    const std::string_view integration = metadata["ls_integration"].string();
    // The Claude Agent SDK's sub-agents are the chains below its conversation.
    if (integration.starts_with("claude") && facts.mark == AgentMark::k_subagent && facts.type == RunType::k_chain &&
        facts.agent_name == 0)
      facts.agent_name = facts.name;
    if (integration != "openai-agents-sdk") return;
    // An agent span is a chain that carries no payload but its name; the other spans are "Span".
    facts.handoff = facts.type == RunType::k_chain && run_name == "Handoff";
    if (facts.type == RunType::k_chain && run_name != "Span" && !facts.handoff && facts.parent_id != 0 &&
        facts.agent_name == 0)
      facts.agent_name = facts.name;
    if (facts.type == RunType::k_tool && metadata["triggered"].is_bool())
      facts.mark = AgentMark::k_helper;  // a guardrail
  }

  void read_calls(const model::Run& run, const Value& extra, RunFacts& facts) {
    const Value& inputs = parse(run.inputs, inputs_depth(run.inputs), "inputs", run);
    const CallSettings settings{&extra["invocation_params"], &extra["metadata"],
                                extra["runtime"]["sdk"].string() == "langsmith-js", facts.failed,
                                extra["runtime"]["sdk"].is_string()};
    std::vector<std::string> unknown;
    ReadTools read_tools{tables, parser, ledger, reader, memo, unknown};
    CallInputs in = read_inputs(inputs, settings, read_tools);
    if (in.prompts.empty()) in.prompts.emplace_back();

    const auto depth = std::max<std::size_t>(
        facts.ancestors.size(),
        static_cast<std::size_t>(std::count(run.dotted_order.begin(), run.dotted_order.end(), '.')));
    const bool below_agent = depth > 2 && (*settings.metadata)["ls_integration"].string() == "claude-agent-sdk-js";
    for (auto& prompt : in.prompts) {
      if (below_agent) drop_outer_history(prompt);
      CallFacts& call = facts.calls.emplace_back();
      call.input = std::move(prompt);
      if (facts.calls.size() <= in.last_answers.size()) call.last_answer = in.last_answers[facts.calls.size() - 1];
      call.tools = in.tools;
      if (!in.parameters.empty()) call.parameters = tables.texts.add("{" + in.parameters + "}");
      call.model = tables.texts.add(in.model);
      call.previous_response_id = tables.texts.add(in.previous_response_id);
      call.conversation = tables.texts.add(in.conversation);
      call.late_recording = settings.javascript;
    }
    const Value& outputs = parse(run.outputs, json::Parser::k_max_depth, "outputs", run);
    read_outputs(outputs, settings, read_tools, facts.calls);
    for (std::string& name : unknown)
      problems.push_back({"unknown_key", model::Severity::k_warning, std::string(run.id), std::move(name)});

    // The Agents SDK keeps what it does not know of a response in the metadata.
    CallFacts& first = facts.calls.front();
    const Value& metadata = *settings.metadata;
    if (first.response_id == 0 && metadata["id"].string().starts_with("resp_")) {
      first.response_id = tables.texts.add(metadata["id"].text());
      if (first.previous_response_id == 0)
        first.previous_response_id = tables.texts.add(metadata["previous_response_id"].string());
      if (first.conversation == 0) first.conversation = tables.texts.add(metadata["conversation"]["id"].string());
    }
    const std::string_view shape = refine_shape(in.shape, outputs, settings);
    for (CallFacts& call : facts.calls) call.shape = shape;
    census.calls_by_shape[std::string(shape)] += facts.calls.size();
    read_column_usage(run, first.usage);
  }

  /// Names the payload's shape for the report: the inputs' form, told apart by the outputs' where inputs look alike.
  static std::string_view refine_shape(std::string_view shape, const Value& outputs, const CallSettings& settings) {
    if (shape == "langchain" || shape == "prompt" || shape == "plain-keys" || shape == "gemini") return shape;
    const std::string_view integration = (*settings.metadata)["ls_integration"].string();
    if (integration.starts_with("vercel")) return "vercel";
    if ((*settings.metadata)["ls_provider"].string() == "google") return "gemini";
    if (outputs["choices"].is_array()) return "openai-chat";
    if (outputs["output"].is_array() && shape != "messages") return "openai-responses";
    if (outputs["stop_reason"].is_string()) return "anthropic";
    if (outputs["candidates"].is_array()) return "gemini";
    return shape == "responses" ? "openai-responses" : shape;
  }

  /// The Claude Agent SDK: the system text stands on the conversation's run, not on the turns'. A preset is only named.
  void read_instructions(const Value& inputs, const Value& extra, RunFacts& facts) {
    if (!extra["metadata"]["ls_integration"].string().starts_with("claude-agent-sdk")) return;
    const std::string_view text =
        inputs["system"].is_string() ? inputs["system"].text() : inputs["options"]["systemPrompt"].string();
    if (text.empty() || text.starts_with("preset: ")) return;
    model::Message message;
    message.role = model::Role::k_system;
    message.content = text;
    facts.instructions = tables.messages.add(std::move(message));
  }

  /// The Claude Agent SDK in JavaScript puts the history around a sub-agent before the sub-agent's own messages: it
  /// ends with the call that started it, which nothing there answers.
  void drop_outer_history(std::vector<MessageId>& input) const {
    const auto message = [&](MessageId id) -> const model::Message& { return tables.messages.get(id).message; };
    const auto is_answered = [&](const model::ToolCall& call) {
      return std::any_of(input.begin(), input.end(), [&](MessageId id) { return message(id).tool_call_id == call.id; });
    };
    const auto starts_agent = [&](const model::ToolCall& call) {
      return (call.name == "Task" || call.name == "Agent") && !is_answered(call);
    };
    const auto start = std::find_if(input.rbegin(), input.rend(), [&](MessageId id) {
      return std::any_of(message(id).tool_calls.begin(), message(id).tool_calls.end(), starts_agent);
    });
    if (start != input.rbegin() && start != input.rend()) input.erase(input.begin(), start.base());
  }

  static void read_column_usage(const model::Run& run, model::Usage& usage) {
    if (!usage.prompt_tokens && !usage.completion_tokens && !usage.total_tokens && run.total_tokens.value_or(0) > 0) {
      usage.prompt_tokens = run.prompt_tokens;
      usage.completion_tokens = run.completion_tokens;
      usage.total_tokens = run.total_tokens;
    }
    usage.cost = run.total_cost;
  }

  /// The JSON text of an object of rewards; none where there is nothing in it.
  TextId read_feedback(const model::Run& run) {
    if (run.feedback_stats == "{}") return 0;
    const Value& feedback = parse(run.feedback_stats, json::Parser::k_max_depth, "feedback_stats", run);
    if (feedback.is_object()) return tables.texts.add(feedback.raw());
    if (!feedback.is_null())
      problems.push_back(
          {"invalid_json", model::Severity::k_refused, std::string(run.id), "feedback_stats: not an object"});
    return 0;
  }

  /// What places the run; `extra` is its parsed column.
  RunFacts read_structure(const model::Run& run, const Value& extra) {
    RunFacts facts;
    facts.id = tables.texts.add(run.id);
    facts.trace_id = tables.texts.add(run.trace_id);
    facts.parent_id = tables.texts.add(run.parent_run_id);
    facts.project_id = tables.texts.add(run.project_id);
    facts.name = tables.texts.add(run.name);
    facts.dotted_order = tables.texts.add(run.dotted_order);
    facts.error = tables.texts.add(run.error);
    facts.type = run.type;
    facts.start_time = run.start_time;
    facts.end_time = run.end_time;
    facts.place = run.place;
    facts.failed = !run.error.empty() || run.status == "error";
    facts.pending = run.status == "pending" || (!run.end_time && !facts.failed && run.status != "success");
    facts.feedback = read_feedback(run);
    for (const Value& ancestor : parse(run.parent_run_ids, 1, "parent_run_ids", run).items())
      facts.ancestors.push_back(tables.texts.add(ancestor.string()));
    read_metadata(extra, run.name, facts);
    return facts;
  }

  /// Opened as far as the metadata's own values go: what the settings hold inside is the same in many calls.
  const Value& read_extra(const model::Run& run) { return parse(run.extra, 3, "extra", run); }

  RunFacts extract(const model::Run& run) {
    reader.set_place(run.id);
    const Value& extra = read_extra(run);
    RunFacts facts = read_structure(run, extra);
    const bool untyped = facts.type == RunType::k_unknown;
    if (untyped) facts.type = type_by_payload(run, extra);

    if (facts.type == RunType::k_llm) {
      read_calls(run, extra, facts);
    } else if (facts.type == RunType::k_tool || (untyped && !is_root(run))) {
      const Value& inputs = parse(run.inputs, json::Parser::k_max_depth, "inputs", run);
      const Value& outputs = parse(run.outputs, json::Parser::k_max_depth, "outputs", run);
      facts.tool = read_tool({run.name, inputs, outputs, extra, facts.failed}, tables, parser);
    } else if (is_root(run)) {
      const Value& inputs = parse(run.inputs, json::Parser::k_max_depth, "inputs", run);
      const Value& outputs = parse(run.outputs, json::Parser::k_max_depth, "outputs", run);
      facts.text_bytes = text_bytes(inputs) + text_bytes(outputs);
      collect_texts(outputs, facts.output_texts);
      std::sort(facts.output_texts.begin(), facts.output_texts.end());
      read_instructions(inputs, extra, facts);
    } else if (facts.type == RunType::k_chain) {
      if (extra["metadata"]["ls_integration"].string().starts_with("claude-agent-sdk"))
        read_instructions(parse(run.inputs, json::Parser::k_max_depth, "inputs", run), extra, facts);
    }
    parser.reset();
    return facts;
  }

  /// For exports without the run_type column: only model runs have such outputs, only tool runs such marks.
  RunType type_by_payload(const model::Run& run, const Value& extra) {
    const Value& outputs = parse(run.outputs, 3, "outputs", run);
    const Value& inputs = parse(run.inputs, 2, "inputs", run);
    const bool asks = inputs.has("messages") || inputs.has("prompts") || inputs.has("contents") ||
                      inputs.has("input") || inputs["args"].is_array();
    const std::string_view item = outputs["output"][0]["type"].string();
    const std::string_view role = outputs["role"].string();
    const bool answers = outputs.has("generations") || outputs.has("choices") || outputs.has("candidates") ||
                         outputs["object"].string() == "response" || outputs.has("usage_metadata") ||
                         outputs.has("stop_reason") || role == "assistant" || role == "model" ||
                         outputs["message"].is_object() || item == "message" || item == "reasoning" ||
                         item == "function_call";
    const Value& metadata = extra["metadata"];
    if (metadata.has("ls_model_name") || metadata["ls_model_type"].string() == "chat") return RunType::k_llm;
    if (asks && (answers || extra["invocation_params"].is_object())) return RunType::k_llm;
    const Value& output = outputs["output"];
    if (extra.has("tool_call_id") || output["type"].string() == "tool" || output.has("tool_call_id"))
      return RunType::k_tool;
    return RunType::k_chain;
  }

  static bool is_root(const model::Run& run) {
    return run.id == run.trace_id || (run.parent_run_id.empty() && run.parent_run_ids.size() <= 2 &&
                                      run.dotted_order.find('.') == std::string_view::npos);
  }

  Tables& tables;
  ExtractOptions options;
  json::Parser parser;
  Census census;
  std::vector<model::Problem> problems;
  Ledger ledger;
  MessageReader reader;
  SettingsMemo memo;
};

Extractor::Extractor(Tables& tables, ExtractOptions options)
    : impl_(std::make_unique<Impl>(tables, std::move(options))) {}
Extractor::~Extractor() = default;
Extractor::Extractor(Extractor&&) noexcept = default;

RunFacts Extractor::extract(const model::Run& run) { return impl_->extract(run); }
RunFacts Extractor::extract_structure(const model::Run& run) {
  RunFacts facts = impl_->read_structure(run, impl_->read_extra(run));
  impl_->parser.reset();
  return facts;
}
const Census& Extractor::census() const { return impl_->census; }
std::vector<model::Problem> Extractor::take_problems() { return std::exchange(impl_->problems, {}); }

}  // namespace trajectory::messages
