#include "build/replaced_contexts.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

namespace trajectory::build {

namespace {

/// Calls of a trace before this one among which the step before is looked for.
constexpr CallId k_recent = 64;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_space = " \n\t\r";
  const std::size_t first = text.find_first_not_of(k_space);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

/// Whether `now` is `before` with a text written into it or behind it that holds `said`.
bool is_written_on(std::string_view before, std::string_view now, std::string_view said) {
  if (said.empty() || now.size() <= before.size()) return false;
  std::size_t begin = 0;
  while (begin < before.size() && before[begin] == now[begin]) ++begin;
  const std::string_view rest = before.substr(begin);
  return now.ends_with(rest) && now.substr(begin, now.size() - before.size()).find(said) != std::string_view::npos;
}

class ReplacedContexts {
 public:
  explicit ReplacedContexts(Work& work) : work_(work), lane_of_(work.lanes), continued_(work.calls.size(), false) {
    std::iota(lane_of_.begin(), lane_of_.end(), 0);
    for (const Call& call : work.calls) {
      linked_to_.push_back(call.parent);
      if (call.parent != k_none) continued_[call.parent] = true;
    }
  }

  void join() {
    std::vector<bool> begun(work_.lanes, false);
    for (CallId id = 0; id < work_.calls.size(); ++id) {
      Call& call = work_.calls[id];
      if (id == 0 || call.trace != work_.calls[id - 1].trace) enter(call.trace);
      if (!begun[call.lane] && starts_anew(call))
        if (const CallId before = left_off(call); before != k_none) follow(call, before);
      if (!begun[call.lane] && call.parent == k_none && !follows_.contains(call.lane) && !call.incomplete)
        if (const CallId before = handed_over(id); before != k_none) follow(call, before);
      if (const CallId before = step_before(id); before != k_none) {
        if (call.parent == k_none && !begun[call.lane]) follow(call, before);
        call.parent = before;
      }
      begun[call.lane] = true;
      if (const auto found = follows_.find(call.lane); call.parent == k_none && found != follows_.end())
        call.parent = found->second;
      if (!continued_[id] && ran_tools(call)) open_[key(call)].push_back(id);
    }
    for (Call& call : work_.calls) call.lane = lane_of_[call.lane];
  }

 private:
  void follow(const Call& call, CallId before) {
    follows_[call.lane] = before;
    lane_of_[call.lane] = lane_of_[work_.calls[before].lane];
  }

  /// An agent that keeps its steps in the text of its prompt: the call whose prompt this is, with its answer in it.
  CallId step_before(CallId id) const {
    const Call& call = work_.calls[id];
    if (call.context.empty() || call.context.back().entry->message.role != model::Role::k_user) return k_none;
    const CallId oldest = id - std::min(id, k_recent);
    for (CallId at = id; at > oldest && work_.calls[at - 1].trace == call.trace; --at) {
      const Call& other = work_.calls[at - 1];
      if (other.scope != call.scope || linked_to_[at - 1] != linked_to_[id] || other.answer == k_none ||
          other.goes_on_from != call.goes_on_from || other.context.size() != call.context.size())
        continue;
      const auto same = [](const Seen& a, const Seen& b) { return a.entry->identity == b.entry->identity; };
      if (!std::equal(call.context.begin(), call.context.end() - 1, other.context.begin(), same)) continue;
      const std::string& asked = other.context.back().entry->message.content;
      const std::string& said = work_.slots[other.answer].entry->message.content;
      if (is_written_on(trimmed(asked), call.context.back().entry->message.content, trimmed(said))) return at - 1;
    }
    return k_none;
  }

  /// The call of another agent that handed the conversation over, whatever it let the next one see of it.
  CallId handed_over(CallId id) const {
    const Call& call = work_.calls[id];
    if (id == 0) return k_none;
    CallId before = id - 1;
    while (before > 0 && work_.calls[before].trace == call.trace && work_.calls[before].scope != call.scope) --before;
    const Call& other = work_.calls[before];
    if (other.trace != call.trace || other.scope != call.scope || other.agent == call.agent || continued_[before])
      return k_none;
    const std::vector<messages::RunFacts>& runs = work_.conversation.traces[call.trace].runs;
    const auto between = [&](const messages::RunFacts& run) {
      return run.handoff && work_.run_scopes[call.trace][static_cast<std::size_t>(&run - runs.data())] == call.scope &&
             run.start_time >= other.run->start_time && run.start_time <= call.run->start_time;
    };
    return std::any_of(runs.begin(), runs.end(), between) ? before : k_none;
  }

  void enter(std::uint32_t trace) {
    open_.clear();
    tools_run_.clear();
    const Trace& t = work_.conversation.traces[trace];
    for (const messages::RunFacts& run : t.runs)
      if (run.tool)
        tools_run_.insert(run.tool->tool_call_id != 0 ? work_.text(run.tool->tool_call_id)
                                                      : work_.text(run.tool->name));
  }

  static bool starts_anew(const Call& call) {
    return call.parent == k_none && !call.incomplete && call.goes_on_from == k_none &&
           std::none_of(call.context.begin(), call.context.end(),
                        [](const Seen& seen) { return is_assistant(seen.entry); });
  }

  bool ran_tools(const Call& call) const {
    if (call.answer == k_none) return false;
    const auto& asked = work_.slots[call.answer].entry->message.tool_calls;
    return std::any_of(asked.begin(), asked.end(), [&](const model::ToolCall& tool) {
      return tools_run_.contains(tool.id) || tools_run_.contains(tool.name);
    });
  }

  /// Scope, agent, instructions, tools: what stays the same when a context is replaced.
  static base::Hash128 key(const Call& call) {
    base::Hash128 key{call.scope, base::hash64(call.agent)};
    for (const Seen& seen : call.context)
      if (is_system(seen.entry)) {
        key = base::combine(key, seen.entry->identity);
        break;
      }
    for (const messages::TextId tool : call.facts->tools) key = base::combine(key, {tool, 0});
    return key;
  }

  CallId left_off(const Call& call) {
    const auto found = open_.find(key(call));
    if (found == open_.end()) return k_none;
    const auto ended = [&](CallId id) {
      return work_.calls[id].run->end_time.value_or(INT64_MAX) <= call.run->start_time.value_or(0);
    };
    const auto latest = std::find_if(found->second.rbegin(), found->second.rend(), ended);
    if (latest == found->second.rend()) return k_none;
    const CallId out = *latest;
    found->second.erase(std::next(latest).base());
    return out;
  }

  Work& work_;
  std::vector<std::uint32_t> lane_of_;
  std::vector<CallId> linked_to_;  ///< the parents that the calls came with
  std::vector<bool> continued_;
  std::unordered_map<std::uint32_t, CallId> follows_;  ///< by lane: the call that its first one follows
  std::unordered_map<base::Hash128, std::vector<CallId>, base::Hash128Hasher>
      open_;                                        ///< calls of this trace that ran tools and were not continued
  std::unordered_set<std::string_view> tools_run_;  ///< ids, else names, of the tools run in this trace
};

}  // namespace

void join_replaced_contexts(Work& work) { ReplacedContexts(work).join(); }

}  // namespace trajectory::build
