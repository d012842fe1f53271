#include "cli/show.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/time.h"
#include "json/value.h"

namespace trajectory::cli {

namespace {

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
    line(0, std::string(s_.dim) + "conversation " + printable(t.conversation_id, true) + ", " + std::to_string(t.trace_ids.size()) + " turns, " +
                std::to_string(t.main.calls.size()) + " model calls" + (t.usage.total_tokens ? ", " + std::to_string(*t.usage.total_tokens) + " tokens" : "") +
                (t.start_time ? ", " + base::format_time(*t.start_time).substr(0, 19) : "") + std::string(s_.off));
    lane(t.main, 0);
    for (const model::Lane& helper : t.auxiliary) {
      seam(0, "beside the main line: helper" + (helper.name.empty() ? "" : " " + printable(helper.name, true)) + ", " + std::to_string(helper.calls.size()) + " calls");
      lane(helper, 1);
    }
    if (!t.error.empty()) line(0, std::string(s_.error) + "the last turn failed: " + shortened(t.error, 300) + std::string(s_.off));
  }

 private:
  void lane(const model::Lane& lane, int depth) {
    std::map<std::uint32_t, const model::ModelCall*> by_answer;
    for (const model::ModelCall& call : lane.calls)
      if (call.answer) by_answer[*call.answer] = &call;
    std::multimap<std::uint32_t, const model::Alternative*> alternatives;
    for (const model::Alternative& alternative : lane.alternatives) alternatives.emplace(alternative.at_message, &alternative);
    std::multimap<std::string, const model::Lane*> agents;
    for (const model::Lane& agent : lane.subagents) agents.emplace(agent.parent_tool_call_id, &agent);

    const std::set<std::uint32_t> turns = depth == 0 ? turn_starts(lane) : std::set<std::uint32_t>();
    for (std::uint32_t place = 0; place < lane.messages.size(); ++place) {
      for (auto [at, end] = alternatives.equal_range(place); at != end; ++at) alternative(*at->second, depth);
      const auto call = by_answer.find(place);
      if (turns.contains(place)) seam(depth, "turn");
      if (call != by_answer.end()) context_change(*call->second, place, depth);
      message(lane.messages[place], depth);
      for (const model::ToolCall& tool_call : lane.messages[place].message.tool_calls)
        for (auto [at, end] = agents.equal_range(tool_call.id); at != end; ++at) agent(*at->second, depth + 1);
    }
    for (auto [at, end] = alternatives.equal_range(static_cast<std::uint32_t>(lane.messages.size())); at != end; ++at) alternative(*at->second, depth);
    for (auto [at, end] = agents.equal_range(""); at != end; ++at) agent(*at->second, depth + 1);
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
      for (const auto& [from, to] : call.context)
        for (std::uint32_t place = from; place < to; ++place) meet(place);
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

  void alternative(const model::Alternative& alternative, int depth) {
    seam(depth, "not continued (" + alternative.reason + ")");
    for (const model::TranscriptMessage& one : alternative.messages) message(one, depth + 1);
    seam(depth, "the main line goes on");
  }

  /// What the model saw, where it is not the transcript so far.
  void context_change(const model::ModelCall& call, std::uint32_t place, int depth) {
    std::set<std::uint32_t> seen;
    for (const auto& [from, to] : call.context)
      for (std::uint32_t at = from; at < to; ++at) seen.insert(at);
    const std::size_t hidden = place - std::min<std::size_t>(place, seen.size());
    if (hidden > 0) seam(depth, "the model saw " + std::to_string(seen.size()) + " of these " + std::to_string(place) + " messages");
    for (const auto& [at, variant] : call.variants)
      seam(depth, "it saw message " + std::to_string(at) + " as: " + shortened(variant.content, 80));
    if (call.incomplete_context) seam(depth, "what came before is not in the recording");
  }

  void message(const model::TranscriptMessage& one, int depth) {
    const model::Message& m = one.message;
    const std::string_view colour = m.role == model::Role::k_user ? s_.user : m.role == model::Role::k_assistant ? s_.assistant : m.role == model::Role::k_tool ? s_.tool : s_.system;
    std::string head = std::string(colour) + std::string(model::role_name(m.role)) + std::string(s_.off);
    if (m.role == model::Role::k_tool && !m.name.empty()) head += " " + printable(m.name, true);
    std::string notes;
    if (one.seen_only_as_input) notes += " [from before the recording]";
    if (one.cut) notes += " [the stream broke off]";
    if (one.unanswered_calls) notes += " [a call was never answered]";
    line(depth, head + std::string(s_.dim) + notes + std::string(s_.off));
    if (!m.reasoning.empty()) body(depth, m.reasoning, s_.dim);
    if (!m.content.empty()) body(depth, m.content, m.error.empty() ? "" : s_.error);
    if (!m.parts.empty()) body(depth, "[parts] " + m.parts, s_.dim);
    for (const model::ToolCall& call : m.tool_calls) body(depth, "-> " + call.name + " " + call.arguments, s_.tool);
    if (!m.error.empty() && m.error != m.content) body(depth, "error: " + m.error, s_.error);
  }

  void body(int depth, const std::string& text, std::string_view colour) {
    const std::string shown = printable(text);
    for (std::size_t begin = 0; begin <= shown.size();) {
      const std::size_t end = std::min(shown.find('\n', begin), shown.size());
      line(depth, "  " + std::string(colour) + shown.substr(begin, end - begin) + std::string(colour.empty() ? "" : s_.off));
      begin = end + 1;
    }
  }

  void seam(int depth, const std::string& text) { line(depth, std::string(s_.dim) + "--- " + text + std::string(s_.off)); }

  void line(int depth, const std::string& text) { t_.out << std::string(static_cast<std::size_t>(4 * depth), ' ') << text << "\n"; }

  Terminal& t_;
  Style s_;
};

}  // namespace

std::string printable(std::string_view recorded, bool one_line) {
  const std::string text = json::is_utf8(recorded) ? std::string(recorded) : json::repair_utf8(recorded);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;  // control characters beyond ASCII
    if (c == '\n' || c == '\t') {
      out.push_back(one_line ? ' ' : static_cast<char>(c));
    } else if (c < 0x20) {
      out.append("^").push_back(static_cast<char>(c + 0x40));
    } else if (c == 0x7F || c1) {
      out.append(c1 ? "\xEF\xBF\xBD" : "^?");
      i += c1 ? 1 : 0;
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return printable(text, true);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;  // not inside a character
  return printable(text.substr(0, bytes), true) + "...";
}

void print_trajectory(const model::Trajectory& trajectory, Terminal& terminal) { Printer(terminal).trajectory(trajectory); }

}  // namespace trajectory::cli
