#include "build/collect.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "build/order.h"
#include "build/run_tree.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;
using messages::TextId;
using model::RunType;

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
std::unordered_set<std::uint32_t> outer_model_runs(const Trace& trace, const RunTree& tree,
                                                   const messages::Tables& tables) {
  std::vector<std::uint32_t> above(trace.runs.size(), k_none);  // the nearest model run there
  for (const std::uint32_t at : tree.parents_first) {
    const std::uint32_t parent = tree.parents[at];
    if (parent == k_none || trace.runs[parent].type == RunType::k_tool) continue;
    above[at] = trace.runs[parent].type == RunType::k_llm ? parent : above[parent];
  }
  std::unordered_set<std::uint32_t> outer;
  for (std::uint32_t i = 0; i < trace.runs.size(); ++i) {
    if (trace.runs[i].type != RunType::k_llm || !says_something(trace.runs[i])) continue;
    for (std::uint32_t at = above[i]; at != k_none; at = above[at])
      if (repeats(trace.runs[at], trace.runs[i], tables)) outer.insert(at);
  }
  return outer;
}

/// By run: the agent that its nearest named ancestor, or itself, belongs to.
std::vector<std::string_view> agent_names(const Work& work, const Trace& trace, const RunTree& tree) {
  std::vector<std::string_view> out(trace.runs.size());
  for (const std::uint32_t at : tree.parents_first) {
    if (trace.runs[at].agent_name != 0) out[at] = work.text(trace.runs[at].agent_name);
    else if (tree.parents[at] != k_none) out[at] = out[tree.parents[at]];
  }
  return out;
}

/// By run: the nearest tool run above it.
std::vector<std::uint32_t> tools_above(const Trace& trace, const RunTree& tree) {
  std::vector<std::uint32_t> out(trace.runs.size(), k_none);
  for (const std::uint32_t at : tree.parents_first)
    if (const std::uint32_t parent = tree.parents[at]; parent != k_none)
      out[at] = trace.runs[parent].type == RunType::k_tool ? parent : out[parent];
  return out;
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
  std::map<std::pair<std::uint32_t, TextId>, std::uint32_t> paths;  // by path of the enclosing scope, name of the tool
  for (std::uint32_t t = 0; t < conversation.traces.size(); ++t) {
    const Trace& trace = conversation.traces[t];
    const RunTree tree(trace.runs);
    const auto outer = outer_model_runs(trace, tree, tables);
    const auto agents = agent_names(work, trace, tree);
    const auto tool_above = tools_above(trace, tree);
    std::vector<std::uint32_t> scope_of_tool(trace.runs.size(), k_none);
    const bool calls_model = calls_a_model(trace);
    if (!calls_model) figures.text_without_model_call += trace.runs[trace.root].text_bytes;
    auto& run_scopes = work.run_scopes.emplace_back(trace.runs.size(), 0);

    // Scopes are numbered as runs in order of time come to be in them, an enclosing one first.
    const auto scope_of = [&](std::uint32_t run) -> std::uint32_t {
      std::vector<std::uint32_t> unknown;
      std::uint32_t tool = tool_above[run];
      for (; tool != k_none && scope_of_tool[tool] == k_none; tool = tool_above[tool]) unknown.push_back(tool);
      std::uint32_t scope = tool == k_none ? 0 : scope_of_tool[tool];
      for (auto at = unknown.rbegin(); at != unknown.rend(); ++at) {
        const messages::ToolFacts& facts = *trace.runs[*at].tool;
        const std::uint32_t path =
            paths.try_emplace({work.scopes[scope].path, trace.runs[*at].name}, paths.size() + 1).first->second;
        work.scopes.push_back({&trace.runs[*at], t, scope, messages::text_identity(work.text(facts.output)), path});
        scope = static_cast<std::uint32_t>(work.scopes.size() - 1);
        scope_of_tool[*at] = scope;
      }
      return scope;
    };

    for (std::uint32_t r = 0; r < trace.runs.size(); ++r) {
      const RunFacts& run = trace.runs[r];
      run_scopes[r] = scope_of(r);
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
          call.agent = agents[r];
          work.calls.push_back(std::move(call));
        }
      }
    }
  }
  order_ties(work.calls, tables);
  return work;
}

}  // namespace trajectory::build
