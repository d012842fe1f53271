#include "cli/show.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "base/time.h"
#include "cli/printable.h"
#include "cli/show_parts.h"
#include "pipeline/report.h"

namespace trajectory::cli {

namespace {

using pipeline::counted;

/// The 16-colour codes of a role, and of what stands beside the messages.
struct Style {
  std::string_view user = "\x1b[1;34m";
  std::string_view assistant = "\x1b[1;32m";
  std::string_view system = "\x1b[1;35m";
  std::string_view tool = "\x1b[1;33m";
  std::string_view error = "\x1b[31m";
  std::string_view dim = "\x1b[2m";
  std::string_view off = "\x1b[0m";
};

class Printer {
 public:
  explicit Printer(Terminal& terminal) : t_(terminal) {
    if (!t_.colours) s_ = {"", "", "", "", "", "", ""};
  }

  void trajectory(const model::Trajectory& t) {
    const auto tokens = static_cast<std::uint64_t>(std::max<std::int64_t>(t.usage.total_tokens.value_or(0), 0));
    line(0, std::string(s_.dim) + "conversation " + printable(t.conversation_id, true) + ", " +
                counted(t.trace_ids.size(), "turn") + ", " + counted(t.main.calls.size(), "model call") +
                (t.usage.total_tokens ? ", " + counted(tokens, "token") : "") +
                (t.start_time ? ", " + base::format_time(*t.start_time).substr(0, 19) : "") + std::string(s_.off));
    if (t.main.messages.empty() && t.main.calls.empty()) seam(0, "no model call");
    lane(t.main, 0);
    for (const model::Lane& helper : t.auxiliary) {
      seam(0, "beside the main line: helper" + (helper.name.empty() ? "" : " " + printable(helper.name, true)) + ", " +
                  counted(helper.calls.size(), "call"));
      lane(helper, 1);
    }
    for (const model::Event& event : t.events) {
      seam(0, "a tool run by plain code: no model asked for it");
      body(0, "-> " + event.name + " " + event.arguments, s_.tool);
      if (!event.output.empty()) body(0, event.output, "");
      if (!event.error.empty()) body(0, "error: " + event.error, s_.error);
    }
    if (t.reward) reward(*t.reward);
    if (!t.error.empty())
      line(0, std::string(s_.error) + "--- the last turn failed: " + without_traceback(t.error) + std::string(s_.off));
  }

 private:
  void lane(const model::Lane& lane, int depth) {
    std::map<std::uint32_t, const model::ModelCall*> by_answer;
    for (const model::ModelCall& call : lane.calls)
      if (call.answer) by_answer[*call.answer] = &call;
    std::multimap<std::uint32_t, const model::Alternative*> alternatives;
    for (const model::Alternative& alternative : lane.alternatives)
      alternatives.emplace(alternative.at_message, &alternative);
    std::multimap<std::uint32_t, const model::ModelCall*> failed;
    for (const model::ModelCall& call : lane.calls)
      if (!call.answer) failed.emplace(end_of_context(call), &call);
    Agents agents;
    for (const model::Lane& agent : lane.subagents) agents.emplace(agent.parent_tool_call_id, &agent);

    const std::set<std::uint32_t> turns = depth == 0 ? turn_starts(lane) : std::set<std::uint32_t>();
    for (std::uint32_t place = 0; place < lane.messages.size(); ++place) {
      for (auto [at, end] = failed.equal_range(place); at != end; ++at) failed_call(*at->second, depth);
      for (auto [at, end] = alternatives.equal_range(place); at != end; ++at) alternative(*at->second, agents, depth);
      const auto call = by_answer.find(place);
      if (turns.contains(place)) seam(depth, "turn");
      if (call != by_answer.end()) context_change(lane.messages, *call->second, place, depth);
      message(lane.messages[place], depth);
      agents_of(lane.messages[place], agents, depth);
    }
    const auto last = static_cast<std::uint32_t>(lane.messages.size());
    for (auto [at, end] = failed.equal_range(last); at != end; ++at) failed_call(*at->second, depth);
    for (auto [at, end] = alternatives.equal_range(last); at != end; ++at) alternative(*at->second, agents, depth);
    for (const auto& [parent, agent] : agents) this->agent(*agent, depth + 1);
  }

  /// Sub-agents that are not printed yet, by the call that started them.
  using Agents = std::multimap<std::string, const model::Lane*>;

  /// Prints the sub-agents of a message's calls below it.
  void agents_of(const model::TranscriptMessage& message, Agents& agents, int depth) {
    for (const model::ToolCall& call : message.message.tool_calls) {
      if (call.id.empty()) continue;
      const auto [begin, end] = agents.equal_range(call.id);
      for (auto at = begin; at != end; ++at) agent(*at->second, depth + 1);
      agents.erase(begin, end);
    }
  }

  static std::uint32_t end_of_context(const model::ModelCall& call) {
    std::uint32_t end = 0;
    for (const auto& [from, to] : call.context) end = std::max(end, to);
    return end;
  }

  void failed_call(const model::ModelCall& call, int depth) {
    if (call.error.empty()) seam(depth, "a model call has no answer");
    else
      line(depth,
           std::string(s_.error) + "--- a model call failed: " + without_traceback(call.error) + std::string(s_.off));
  }

  /// The exception, which clients write right before its traceback.
  static std::string without_traceback(std::string_view error) {
    error = error.substr(0, error.find("Traceback (most recent call last)"));
    return shortened(error.substr(0, error.find_last_not_of(" \n") + 1), 300);
  }

  void reward(const model::Reward& reward) {
    std::string text;
    for (const model::RewardComponent& component : reward.components)
      text += (text.empty() ? "" : ", ") + printable(component.name, true) + " " + number(component.value);
    seam(0, "reward " + number(reward.aggregated_value) + " (" + text + ")");
  }

  static std::string number(double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%.6g", value);
    return out;
  }

  /// Where the first new message of each trace but the first stands.
  static std::set<std::uint32_t> turn_starts(const model::Lane& lane) {
    std::set<std::uint32_t> out;
    std::vector<bool> known(lane.messages.size(), false);
    const std::string* trace = nullptr;
    for (const model::ModelCall& call : lane.calls) {
      std::optional<std::uint32_t> first;
      const auto meet = [&](std::uint32_t place) {
        if (!known[place]) first = std::min(first.value_or(place), place);
        known[place] = true;
      };
      for (const std::uint32_t place : model::places_in(call.context)) meet(place);
      if (call.answer) meet(*call.answer);
      if (trace != nullptr && *trace != call.trace_id && first) out.insert(*first);
      trace = &call.trace_id;
    }
    return out;
  }

  void agent(const model::Lane& lane_of_agent, int depth) {
    seam(depth, "sub-agent " + printable(lane_of_agent.name, true));
    lane(lane_of_agent, depth);
  }

  void alternative(const model::Alternative& alternative, Agents& agents, int depth) {
    seam(depth, "not continued (" + printable(alternative.reason, true) + ")");
    for (const model::TranscriptMessage& one : alternative.messages) {
      message(one, depth + 1);
      agents_of(one, agents, depth + 1);
    }
    seam(depth, "the main line goes on");
  }

  static std::string form_of(const model::Variant& variant) {
    std::string out = variant.content;
    if (variant.tool_calls)
      for (const model::ToolCall& call : *variant.tool_calls)
        out.append(out.empty() ? "" : " ").append(call.name).append("(").append(call.arguments).append(")");
    const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
      if (value) out.append(out.empty() ? "" : ", ").append(name).append(": ").append(*value);
    };
    add("answers call", variant.tool_call_id);
    add("name", variant.name);
    add("error", variant.error);
    add("reasoning", variant.reasoning);
    return out;
  }

  static std::string name_of(const model::Message& message) {
    switch (message.role) {
      case model::Role::k_tool:
        return message.name.empty() ? "the result of a tool" : "the result of " + printable(message.name, true);
      case model::Role::k_user:
        return "the user's message";
      case model::Role::k_assistant:
        return "the answer";
      default:
        return "the system text";
    }
  }

  /// What the model saw, where it is not the transcript so far.
  void context_change(const std::vector<model::TranscriptMessage>& messages, const model::ModelCall& call,
                      std::uint32_t place, int depth) {
    std::set<std::uint32_t> seen;
    for (const auto& [from, to] : call.context)
      for (std::uint32_t at = from; at < std::min(to, place); ++at) seen.insert(at);
    if (seen.size() < place)
      seam(depth, "the model saw " + std::to_string(seen.size()) + " of the " + counted(place, "message") + " so far");
    for (const auto& [at, variant] : call.variants)
      seam(depth, "it saw " + name_of(messages[at].message) + " (message " + std::to_string(at) +
                      ") as: " + shortened(form_of(variant), 80));
    if (call.incomplete_context) seam(depth, "what came before is not in the recording");
  }

  void message(const model::TranscriptMessage& one, int depth) {
    const model::Message& m = one.message;
    const std::string_view colour = m.role == model::Role::k_user        ? s_.user
                                    : m.role == model::Role::k_assistant ? s_.assistant
                                    : m.role == model::Role::k_tool      ? s_.tool
                                                                         : s_.system;
    std::string head = std::string(colour) + std::string(model::role_name(m.role)) + std::string(s_.off);
    if (m.role == model::Role::k_tool && !m.name.empty()) head += " " + printable(m.name, true);
    std::string notes;
    if (one.seen_only_as_input) notes += " [from before the recording]";
    if (one.trainable == model::TrainableStatus::k_summarization_boundary)
      notes += " [summary in place of older messages]";
    if (one.cut) notes += " [the stream broke off]";
    if (one.unanswered_calls) notes += " [a call was never answered]";
    line(depth, head + std::string(s_.dim) + notes + std::string(s_.off));
    if (!m.reasoning.empty()) body(depth, m.reasoning, s_.dim);
    if (!m.content.empty()) body(depth, m.content, m.error.empty() ? "" : s_.error);
    if (!m.parts.empty())
      for (const std::string& part : shown_parts(m.parts)) body(depth, part, s_.dim);
    for (const model::ToolCall& call : m.tool_calls) body(depth, "-> " + call.name + " " + call.arguments, s_.tool);
    if (m.content.find(m.error) == std::string::npos) body(depth, "error: " + m.error, s_.error);
  }

  void body(int depth, const std::string& text, std::string_view colour) {
    const std::string shown = printable(text);
    for (std::size_t begin = 0; begin <= shown.size();) {
      const std::size_t end = std::min(shown.find('\n', begin), shown.size());
      line(depth,
           "  " + std::string(colour) + shown.substr(begin, end - begin) + std::string(colour.empty() ? "" : s_.off));
      begin = end + 1;
    }
  }

  void seam(int depth, const std::string& text) {
    line(depth, std::string(s_.dim) + "--- " + text + std::string(s_.off));
  }

  void line(int depth, const std::string& text) {
    t_.out << std::string(static_cast<std::size_t>(4 * depth), ' ') << text << "\n";
  }

  Terminal& t_;
  Style s_;
};

}  // namespace

void print_trajectory(const model::Trajectory& trajectory, Terminal& terminal) {
  Printer(terminal).trajectory(trajectory);
}

}  // namespace trajectory::cli
