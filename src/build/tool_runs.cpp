#include "build/tool_runs.h"

#include <algorithm>

#include "json/value.h"
#include "json/write.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;

/// Tools that ran in the call's trace and scope after it began and before the next call there.
std::vector<const RunFacts*> tools_after(const Work& work, CallId id) {
  const Call& call = work.calls[id];
  const auto next = std::find_if(work.calls.begin() + id + 1, work.calls.end(),
                                 [&](const Call& other) { return other.trace == call.trace && other.scope == call.scope && other.run != call.run; });
  const auto limit = next == work.calls.end() ? INT64_MAX : next->run->start_time.value_or(INT64_MAX);
  std::vector<const RunFacts*> out;
  const Trace& trace = work.conversation.traces[call.trace];
  for (std::size_t i = 0; i < trace.runs.size(); ++i) {
    const RunFacts& run = trace.runs[i];
    const auto start = run.start_time.value_or(0);
    if (run.tool && work.run_scopes[call.trace][i] == call.scope && start >= call.run->start_time.value_or(0) && start < limit) out.push_back(&run);
  }
  return out;
}

std::string canonical(std::string_view arguments) {
  json::Parser parser;
  const auto parsed = parser.parse(arguments);
  if (!parsed) return std::string(arguments);
  std::string out;
  json::append_canonical(out, **parsed);
  return out;
}

}  // namespace

std::vector<model::ToolCall> calls_of_tools_run(const Work& work, CallId call) {
  std::vector<model::ToolCall> out;
  for (const RunFacts* run : tools_after(work, call))
    out.push_back({std::string(work.text(run->tool->tool_call_id)), std::string(work.text(run->tool->name)), std::string(work.text(run->tool->arguments))});
  return out;
}

std::vector<const messages::MessageEntry*> results_of_answer(Work& work, const Call& call) {
  std::vector<const RunFacts*> runs = tools_after(work, static_cast<CallId>(&call - work.calls.data()));
  std::vector<const messages::MessageEntry*> out;
  for (const model::ToolCall& tool_call : work.slots[call.answer].entry->message.tool_calls) {
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const RunFacts* r) { return work.text(r->tool->name) == tool_call.name; });
    if (run == runs.end()) continue;
    const std::string_view output = work.text((*run)->tool->output);
    json::Parser parser;
    const auto parsed = parser.parse(output);
    model::Message message;
    message.role = model::Role::k_tool;
    message.name = tool_call.name;
    message.tool_call_id = tool_call.id;
    message.content = R"({"result":)";
    // A tool's text is sent as text, whatever it looks like; its objects as objects.
    if (parsed && (*parsed)->is_object() && (*run)->tool->output_is_object) json::append_compact(message.content, **parsed);
    else json::append_string(message.content, output);
    message.content.push_back('}');
    out.push_back(work.make(std::move(message)));
    runs.erase(run);
  }
  return out;
}

ToolRuns::ToolRuns(const Work& work) : work_(work) {
  for (std::uint32_t t = 0; t < work.conversation.traces.size(); ++t) {
    const Trace& trace = work.conversation.traces[t];
    for (std::uint32_t r = 0; r < trace.runs.size(); ++r) {
      if (!trace.runs[r].tool) continue;
      const std::size_t at = runs_.size();
      runs_.push_back({&trace.runs[r], t, work.run_scopes[t][r]});
      if (trace.runs[r].tool->tool_call_id != 0) by_id_[work.text(trace.runs[r].tool->tool_call_id)].push_back(at);
      by_scope_[{t, runs_[at].scope}].push_back(at);
    }
  }
}

ToolRuns::Link ToolRuns::take(const model::ToolCall& tool_call, CallId answer_of) {
  const auto give = [&](std::size_t at, bool by_order) {
    runs_[at].taken = true;
    return Link{runs_[at].facts, by_order};
  };
  const Call* call = answer_of == k_none ? nullptr : &work_.calls[answer_of];
  if (const auto found = by_id_.find(tool_call.id); !tool_call.id.empty() && found != by_id_.end()) {
    for (const std::size_t at : found->second)
      if (!runs_[at].taken && (call == nullptr || runs_[at].trace == call->trace)) return give(at, false);
    for (const std::size_t at : found->second)
      if (!runs_[at].taken) return give(at, false);
  }
  if (call == nullptr) return {};
  const auto candidates = by_scope_.find({call->trace, call->scope});
  if (candidates == by_scope_.end()) return {};
  const std::string arguments = canonical(tool_call.arguments);
  std::size_t first = k_none;
  for (const std::size_t at : candidates->second) {
    const Run& run = runs_[at];
    const bool another_id = run.facts->tool->tool_call_id != 0 && !tool_call.id.empty();
    if (run.taken || another_id || work_.text(run.facts->tool->name) != tool_call.name) continue;
    if (run.facts->start_time.value_or(0) < call->run->start_time.value_or(0)) continue;
    if (canonical(work_.text(run.facts->tool->arguments)) == arguments) return give(at, true);
    if (first == k_none) first = at;
  }
  if (first == k_none) return {};
  return give(first, true);
}

std::vector<const RunFacts*> ToolRuns::untaken() const {
  std::vector<const RunFacts*> out;
  for (const Run& run : runs_)
    if (!run.taken) out.push_back(run.facts);
  return out;
}

}  // namespace trajectory::build
