#include "build/collect.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "build/order.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;
using messages::TextId;
using model::RunType;

/// One trace's tree: the place of each run's parent.
std::vector<std::uint32_t> parent_places(const Trace& trace) {
  std::unordered_map<TextId, std::uint32_t> at;
  for (std::uint32_t i = 0; i < trace.runs.size(); ++i) at.emplace(trace.runs[i].id, i);
  std::vector<std::uint32_t> parents(trace.runs.size(), k_none);
  for (std::uint32_t i = 0; i < trace.runs.size(); ++i)
    if (const auto found = at.find(trace.runs[i].parent_id); trace.runs[i].parent_id != 0 && found != at.end())
      parents[i] = found->second;
  return parents;
}

bool says_something(const RunFacts& run) {
  return std::any_of(run.calls.begin(), run.calls.end(),
                     [](const auto& call) { return !call.input.empty() || !call.answers.empty(); });
}

bool calls_a_model(const Trace& trace) {
  return std::any_of(trace.runs.begin(), trace.runs.end(),
                     [](const RunFacts& run) { return run.type == RunType::k_llm && says_something(run); });
}

/// Whether the outer run says nothing that the inner one does not.
bool repeats(const RunFacts& outer, const RunFacts& inner, const messages::Tables& tables) {
  const auto said_inside = [&](const messages::Answer& answer) {
    return std::any_of(inner.calls.begin(), inner.calls.end(), [&](const messages::CallFacts& call) {
      return std::any_of(call.answers.begin(), call.answers.end(), [&](const messages::Answer& other) {
        return tables.messages.get(answer.message).text_hash == tables.messages.get(other.message).text_hash;
      });
    });
  };
  return std::all_of(outer.calls.begin(), outer.calls.end(), [&](const messages::CallFacts& call) {
    return call.answers.empty() || std::any_of(call.answers.begin(), call.answers.end(), said_inside);
  });
}

/// Model runs above another model run with no tool between: wrappers that repeat their inside.
std::unordered_set<std::uint32_t> outer_model_runs(const Trace& trace, const std::vector<std::uint32_t>& parents,
                                                   const messages::Tables& tables) {
  std::unordered_set<std::uint32_t> outer;
  for (std::uint32_t i = 0; i < trace.runs.size(); ++i) {
    if (trace.runs[i].type != RunType::k_llm || !says_something(trace.runs[i])) continue;
    for (std::uint32_t at = parents[i]; at != k_none && trace.runs[at].type != RunType::k_tool; at = parents[at])
      if (trace.runs[at].type == RunType::k_llm && repeats(trace.runs[at], trace.runs[i], tables)) outer.insert(at);
  }
  return outer;
}

std::string_view agent_name(const Work& work, const Trace& trace, const std::vector<std::uint32_t>& parents,
                            std::uint32_t run) {
  for (std::uint32_t at = run; at != k_none; at = parents[at])
    if (trace.runs[at].agent_name != 0) return work.text(trace.runs[at].agent_name);
  return {};
}

/// Calls of one trace that started at the same moment, by what they saw.
void order_ties(std::vector<Call>& calls, const messages::Tables& tables) {
  for (auto first = calls.begin(); first != calls.end();) {
    const auto last = std::find_if(first, calls.end(), [&](const Call& call) {
      return call.trace != first->trace || call.run->start_time != first->run->start_time;
    });
    if (last - first > 1 && std::any_of(first, last, [&](const Call& call) { return call.run != first->run; })) {
      std::vector<Tied> tied;
      for (auto call = first; call != last; ++call) {
        add_calls(tied.emplace_back(), *call->run, tables);
        tied.back().clock = start_in_dotted_order(tables.texts.get(call->run->dotted_order));
        tied.back().end = call->run->end_time.value_or(INT64_MAX);
      }
      std::vector<Call> sorted;
      for (const std::size_t i : order_tied(tied)) sorted.push_back(std::move(first[static_cast<std::ptrdiff_t>(i)]));
      std::move(sorted.begin(), sorted.end(), first);
    }
    first = last;
  }
}

}  // namespace

Work collect_calls(const Conversation& conversation, const messages::Tables& tables, BuildFigures& figures) {
  Work work(conversation, tables);
  work.scopes.emplace_back();
  std::unordered_map<const RunFacts*, std::uint32_t> scope_of_tool;
  for (std::uint32_t t = 0; t < conversation.traces.size(); ++t) {
    const Trace& trace = conversation.traces[t];
    const auto parents = parent_places(trace);
    const auto outer = outer_model_runs(trace, parents, tables);
    const bool calls_model = calls_a_model(trace);
    if (!calls_model) figures.text_without_model_call += trace.runs[trace.root].text_bytes;
    auto& run_scopes = work.run_scopes.emplace_back(trace.runs.size(), 0);

    // Parents may start after their children in a skewed clock: walk up for every run instead of trusting the order.
    const auto scope_of = [&](auto&& self, std::uint32_t run) -> std::uint32_t {
      std::uint32_t at = parents[run];
      while (at != k_none && trace.runs[at].type != RunType::k_tool) at = parents[at];
      if (at == k_none) return 0;
      const RunFacts* tool = &trace.runs[at];
      if (const auto found = scope_of_tool.find(tool); found != scope_of_tool.end()) return found->second;
      const std::uint32_t enclosing = self(self, at);
      const auto id = static_cast<std::uint32_t>(work.scopes.size());
      work.scopes.push_back({tool, t, enclosing, messages::text_identity(work.text(tool->tool->output)),
                             work.scopes[enclosing].path + "/" + std::string(work.text(tool->name))});
      scope_of_tool.emplace(tool, id);
      return id;
    };

    for (std::uint32_t r = 0; r < trace.runs.size(); ++r) {
      const RunFacts& run = trace.runs[r];
      run_scopes[r] = scope_of(scope_of, r);
      if (run.type == RunType::k_tool) {
        ++figures.runs_used["tool_run"];
      } else if (run.type != RunType::k_llm) {
        ++(calls_model ? figures.runs_used["structure"] : figures.runs_set_aside["trace_without_model_call"]);
      } else if (outer.contains(r)) {
        ++figures.runs_set_aside["outer_model_run"];
      } else if (!says_something(run)) {
        ++figures.runs_set_aside["model_run_without_messages"];
      } else {
        ++figures.runs_used["model_call"];
        for (const messages::CallFacts& prompt : run.calls) {
          Call call;
          call.run = &run;
          call.facts = &prompt;
          call.trace = t;
          call.scope = run_scopes[r];
          call.agent = agent_name(work, trace, parents, r);
          work.calls.push_back(std::move(call));
        }
      }
    }
  }
  order_ties(work.calls, tables);
  return work;
}

}  // namespace trajectory::build
