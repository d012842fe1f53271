#include "build/build.h"

#include <algorithm>
#include <map>
#include <set>

#include "build/collect.h"
#include "build/error_sentence.h"
#include "build/joined_calls.h"
#include "build/lane_path.h"
#include "build/lane_record.h"
#include "build/lanes.h"
#include "build/replay.h"
#include "build/reward.h"
#include "build/summaries.h"

namespace trajectory::build {

namespace {

using messages::AgentMark;
using messages::RunFacts;

/// Levels of sub-agents that a record nests: readers of JSON give up on deep nesting.
constexpr int k_deepest_subagents = 100;

/// The calls that evidence links, by the lane number that linking gave them.
using Linked = std::map<std::uint32_t, std::vector<CallId>>;

class Builder {
 public:
  Builder(Work& work, BuildFigures& figures) : work_(work), figures_(figures), tool_runs_(work) {}

  model::Trajectory build() {
    const Conversation& conversation = work_.conversation;
    out_.conversation_id = conversation.id;
    out_.project_id = conversation.project_id;
    out_.thread_key = conversation.thread_key;

    Linked linked;
    for (CallId id = 0; id < work_.calls.size(); ++id) linked[work_.calls[id].lane].push_back(id);
    std::map<std::uint32_t, Linked> by_scope;  // a lane lives in the scope of its first call
    for (auto& [lane, calls] : linked) by_scope[work_.calls[calls.front()].scope].emplace(lane, calls);

    build_main(by_scope[0]);
    for (auto& [scope, lanes] : by_scope)
      if (scope != 0) build_subagent(scope, lanes);
    place_subagents();
    write_auxiliary();
    add_events();
    add_totals();
    return std::move(out_);
  }

 private:
  const Call& call(CallId id) const { return work_.calls[id]; }

  // ---- which lane is which

  [[nodiscard]] bool starts_as(const std::vector<CallId>& calls, AgentMark mark) const {
    return call(calls.front()).run->mark == mark;
  }

  /// A lane's calls in one trace.
  struct Stretch {
    std::uint32_t lane;
    const std::vector<CallId>* calls;  ///< of the whole lane
    std::size_t first, last;           ///< places in `calls`
  };

  /// How much speaks for a lane being the one a reader of the trace would call its main line.
  [[nodiscard]] auto standing(const Stretch& stretch, const std::set<std::uint32_t>& main) const {
    const std::vector<CallId>& calls = *stretch.calls;
    bool returned = false;
    for (std::size_t i = stretch.first; i < stretch.last && !returned; ++i)
      returned = call(calls[i]).answer != k_none && reaches_output(work_, call(calls[i]), call(calls[i]).answer);
    const bool ordinary = !starts_as(calls, AgentMark::k_helper) && !starts_as(calls, AgentMark::k_subagent) &&
                          !call(calls.front()).run->pushed;
    const bool goes_on = stretch.last < calls.size();
    const CallId last = calls[stretch.last - 1];
    return std::tuple(main.contains(stretch.lane), ordinary, goes_on, returned, call(last).run->end_time.value_or(0),
                      last);
  }

  [[nodiscard]] const RunFacts& root(std::uint32_t trace) const {
    const Trace& t = work_.conversation.traces[trace];
    return t.runs[t.root];
  }

  void build_main(const Linked& lanes) {
    std::vector<std::vector<Stretch>> stretches(work_.conversation.traces.size());
    for (const auto& [lane, calls] : lanes)
      for (std::size_t first = 0, last = 0; first < calls.size(); first = last) {
        const std::uint32_t trace = call(calls[first]).trace;
        while (last < calls.size() && call(calls[last]).trace == trace) ++last;
        stretches[trace].push_back({lane, &calls, first, last});
      }
    std::set<std::uint32_t> main;
    for (const auto& of_trace : stretches) {
      const auto best = std::max_element(of_trace.begin(), of_trace.end(), [&](const Stretch& a, const Stretch& b) {
        return standing(a, main) < standing(b, main);
      });
      if (best != of_trace.end()) main.insert(best->lane);
    }
    // The prompts of one request stand side by side: where one is on the main line, all are.
    std::set<const RunFacts*> requests;
    for (const std::uint32_t lane : main)
      for (const CallId id : lanes.at(lane)) requests.insert(call(id).run);
    for (const auto& [lane, calls] : lanes)
      if (call(calls.front()).run->calls.size() > 1 && requests.contains(call(calls.front()).run)) main.insert(lane);
    std::vector<CallId> calls;
    for (const std::uint32_t lane : main) calls.insert(calls.end(), lanes.at(lane).begin(), lanes.at(lane).end());
    std::sort(calls.begin(), calls.end());
    LaneRecord record = record_lane(work_, calls, /*helper=*/false, tool_runs_, definitions_);
    keep(record);
    out_.main = std::move(record.lane);
    for (const auto& [lane, others] : lanes)
      if (!main.contains(lane)) add_side_lane(others, 0);
  }

  /// The calls below one tool run: its sub-agent, and what ran beside it.
  void build_subagent(std::uint32_t scope, const Linked& lanes) {
    if (work_.scopes[scope].tool_run->mark == AgentMark::k_helper) {
      for (const auto& [lane, calls] : lanes) add_helper(calls);
      return;
    }
    const auto said = [&](const std::vector<CallId>& calls) {
      return std::any_of(calls.begin(), calls.end(), [&](CallId id) {
        return call(id).answer != k_none && reaches_output(work_, call(id), call(id).answer);
      });
    };
    const auto rank = [&](const std::vector<CallId>& calls) {
      return std::tuple(!starts_as(calls, AgentMark::k_helper), said(calls), calls.back());
    };
    const auto agent = std::max_element(lanes.begin(), lanes.end(),
                                        [&](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); });
    add_subagent(agent->second, scope, scope);
    for (auto lane = lanes.begin(); lane != lanes.end(); ++lane)
      if (lane != agent) add_side_lane(lane->second, scope);
  }

  /// A lane beside the main one: an agent of its own, or a helper (router, summariser, title maker).
  void add_side_lane(const std::vector<CallId>& calls, std::uint32_t scope) {
    const Call& first = call(calls.front());
    const bool remembers =
        std::any_of(calls.begin(), calls.end(), [&](CallId id) { return call(id).parent != k_none; });
    const bool is_agent = !starts_as(calls, AgentMark::k_helper) &&
                          (starts_as(calls, AgentMark::k_subagent) || first.run->pushed || remembers);
    if (is_agent) add_subagent(calls, scope, k_none);
    else add_helper(calls);
  }

  void add_helper(const std::vector<CallId>& calls) {
    std::vector<CallId>& into = helpers_[helper_name(call(calls.front()))];
    into.insert(into.end(), calls.begin(), calls.end());
  }

  /// Calls of one helper share a lane, turn after turn: it is told by its place in the program and its instructions.
  [[nodiscard]] std::string helper_name(const Call& first) const {
    std::string name(first.agent.empty() ? work_.text(first.run->node) : first.agent);
    for (const Seen& seen : first.context)
      if (is_system(seen.entry)) name += "\n" + seen.entry->message.content;
    return name;
  }

  struct Subagent {
    model::Lane lane;
    std::uint32_t scope;       ///< enclosing scope
    const RunFacts* tool_run;  ///< that started it, or none
    std::uint32_t own_scope;
    CallId first;  ///< its first call
  };

  void add_subagent(const std::vector<CallId>& calls, std::uint32_t scope, std::uint32_t own_scope) {
    LaneRecord record = record_lane(work_, calls, /*helper=*/false, tool_runs_, definitions_);
    keep(record);
    const Call& first = call(calls.front());
    const RunFacts* tool = own_scope == k_none ? nullptr : work_.scopes[own_scope].tool_run;
    record.lane.name = !first.agent.empty()   ? first.agent
                       : tool != nullptr      ? work_.text(tool->name)
                       : first.run->node != 0 ? work_.text(first.run->node)
                                              : work_.text(first.run->name);
    subagents_.push_back({std::move(record.lane), own_scope == k_none ? scope : work_.scopes[own_scope].parent, tool,
                          own_scope, calls.front()});
  }

  void keep(LaneRecord& record) {
    asked_by_.merge(record.tool_runs);
    replay(work_, record, figures_);
    for (const auto& branch : record.helpers) add_helper(branch);
  }

  /// Where a sub-agent stands among the others: by the call that asked for it, whichever of several ran first.
  [[nodiscard]] std::pair<CallId, std::size_t> place(const Subagent& agent) const {
    const auto asked = asked_by_.find(agent.tool_run);
    return asked == asked_by_.end() || asked->second.call == k_none
               ? std::pair(agent.first, std::size_t{0})
               : std::pair(asked->second.call, asked->second.index);
  }

  using SubagentsByScope = std::map<std::uint32_t, std::vector<Subagent*>>;

  /// Hangs every sub-agent under the lane whose call started it.
  void place_subagents() {
    std::set<std::uint32_t> owners;
    for (const Subagent& agent : subagents_) owners.insert(agent.own_scope);
    SubagentsByScope below;
    for (Subagent& agent : subagents_) below[owners.contains(agent.scope) ? agent.scope : 0].push_back(&agent);
    std::uint64_t too_deep = 0;
    hang(out_.main, 0, below, 1, too_deep);
    if (too_deep > 0)
      figures_.problems.push_back(
          {"subagents_too_deep", model::Severity::k_warning, out_.conversation_id,
           std::to_string(too_deep) + " hang from the deepest level of " + std::to_string(k_deepest_subagents)});
  }

  /// Below the deepest level a sub-agent's own ones stand beside it.
  void hang(model::Lane& lane, std::uint32_t scope, SubagentsByScope& below, int level, std::uint64_t& too_deep) {
    std::vector<Subagent*>& agents = below[scope];
    std::stable_sort(agents.begin(), agents.end(),
                     [&](const Subagent* a, const Subagent* b) { return place(*a) < place(*b); });
    for (Subagent* agent : agents) {
      if (const auto asked = asked_by_.find(agent->tool_run); asked != asked_by_.end())
        agent->lane.parent_tool_call_id = asked->second.tool_call_id;
      const bool has_room = level < k_deepest_subagents;
      if (agent->own_scope != k_none && has_room) hang(agent->lane, agent->own_scope, below, level + 1, too_deep);
      lane.subagents.push_back(std::move(agent->lane));
      if (agent->own_scope == k_none || has_room) continue;
      too_deep += below[agent->own_scope].size();
      hang(lane, agent->own_scope, below, level, too_deep);
    }
  }

  void write_auxiliary() {
    std::map<CallId, std::string> order;
    for (const auto& [name, calls] : helpers_) order[*std::min_element(calls.begin(), calls.end())] = name;
    for (const auto& [first, name] : order) {
      std::vector<CallId>& calls = helpers_[name];
      std::sort(calls.begin(), calls.end());
      LaneRecord record = record_lane(work_, calls, /*helper=*/true, tool_runs_, definitions_);
      replay(work_, record, figures_);
      record.lane.name = name.substr(0, name.find('\n'));
      out_.auxiliary.push_back(std::move(record.lane));
    }
  }

  // ---- the rest of the record

  void add_events() {
    std::map<const RunFacts*, std::string> traces;
    for (const Trace& trace : work_.conversation.traces)
      for (const RunFacts& run : trace.runs)
        if (run.tool) traces.emplace(&run, trace.id);
    for (const RunFacts* run : tool_runs_.untaken()) {
      model::Event event;
      event.kind = "tool_run";
      event.run_id = work_.text(run->id);
      event.trace_id = traces[run];
      event.name = work_.text(run->tool->name);
      event.arguments = work_.text(run->tool->arguments);
      event.output = work_.text(run->tool->output);
      if (run->failed) event.error = error_sentence(work_.text(run->error));
      event.time = run->start_time;
      out_.events.push_back(std::move(event));
    }
  }

  void add_totals() {
    std::vector<std::string> run_ids;
    for (const Trace& trace : work_.conversation.traces) {
      out_.trace_ids.push_back(trace.id);
      for (const RunFacts& run : trace.runs) {
        run_ids.emplace_back(work_.text(run.id));
        if (run.start_time) out_.start_time = std::min(out_.start_time.value_or(*run.start_time), *run.start_time);
        if (run.end_time) out_.end_time = std::max(out_.end_time.value_or(*run.end_time), *run.end_time);
      }
    }
    std::sort(run_ids.begin(), run_ids.end());
    out_.source_run_ids = std::move(run_ids);
    out_.tool_definitions = definitions_.take();
    out_.reward = read_reward(work_);
    const RunFacts& last = root(static_cast<std::uint32_t>(work_.conversation.traces.size() - 1));
    if (last.failed) out_.error = last.error == 0 ? "error" : work_.text(last.error);

    const auto add = [](auto& total, const auto& more) {
      if (more) total = total.value_or(0) + *more;
    };
    for (const Call& each : work_.calls) {
      const model::Usage& usage = each.facts->usage;
      add(out_.usage.prompt_tokens, usage.prompt_tokens);
      add(out_.usage.completion_tokens, usage.completion_tokens);
      // Providers count differently what they call total: what it is made of counts, where that is known.
      if (usage.prompt_tokens && usage.completion_tokens)
        out_.usage.total_tokens = out_.usage.total_tokens.value_or(0) + *usage.prompt_tokens + *usage.completion_tokens;
      else if (usage.total_tokens) add(out_.usage.total_tokens, usage.total_tokens);
      else if (usage.prompt_tokens) add(out_.usage.total_tokens, usage.prompt_tokens);
      else add(out_.usage.total_tokens, usage.completion_tokens);
      add(out_.usage.cache_read_tokens, usage.cache_read_tokens);
      add(out_.usage.cache_creation_tokens, usage.cache_creation_tokens);
      add(out_.usage.reasoning_tokens, usage.reasoning_tokens);
      add(out_.usage.cost, usage.cost);
      out_.failed_calls += each.answers.empty() && each.answer == k_none ? 1 : 0;
    }
  }

  Work& work_;
  BuildFigures& figures_;
  ToolRuns tool_runs_;
  DefinitionTable definitions_;
  model::Trajectory out_;
  std::vector<Subagent> subagents_;
  std::map<std::string, std::vector<CallId>> helpers_;
  std::map<const RunFacts*, AskedBy> asked_by_;
};

}  // namespace

model::Trajectory build_trajectory(const Conversation& conversation, const messages::Tables& tables,
                                   BuildFigures& figures) {
  Work work = collect_calls(conversation, tables, figures);
  link_calls(work);
  part_joined_calls(work);
  mark_summaries(work);
  return Builder(work, figures).build();
}

}  // namespace trajectory::build
