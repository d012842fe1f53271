#include "build/tool_runs.h"

#include <algorithm>

#include "build/error_sentence.h"
#include "json/value.h"
#include "json/write.h"

namespace trajectory::build {

namespace {

using messages::RunFacts;

/// Tools that ran in the call's trace and scope after it began and before the next call there.
std::vector<const RunFacts*> tools_after(const Work& work, CallId id) {
  const Call& call = work.calls[id];
  auto limit = INT64_MAX;
  for (auto next = work.calls.begin() + id + 1; next != work.calls.end() && next->trace == call.trace; ++next)
    if (next->scope == call.scope && next->run != call.run) {
      limit = next->run->start_time.value_or(INT64_MAX);
      break;
    }
  std::vector<const RunFacts*> out;
  const std::vector<RunFacts>& runs = work.conversation.traces[call.trace].runs;
  const auto starts_before = [](const RunFacts& run, model::Micros time) {
    return run.start_time.value_or(INT64_MAX) < time;
  };
  auto run = std::lower_bound(runs.begin(), runs.end(), call.run->start_time.value_or(0), starts_before);
  for (; run != runs.end() && run->start_time.value_or(INT64_MAX) < limit; ++run)
    if (run->tool && work.run_scopes[call.trace][static_cast<std::size_t>(run - runs.begin())] == call.scope)
      out.push_back(&*run);
  return out;
}

base::Hash128 key(std::uint32_t trace, std::uint32_t scope, std::string_view name, std::string_view arguments) {
  return base::combine(base::combine({trace, scope}, base::hash128(name)), base::hash128(arguments));
}

std::string canonical(std::string_view arguments) {
  json::Parser parser;
  const auto parsed = parser.parse(arguments);
  if (!parsed) return std::string(arguments);
  std::string out;
  json::append_canonical(out, **parsed);
  return out;
}

/// A lone argument `input`: a tool's run shows it without the name.
std::string only_input(std::string_view arguments) {
  json::Parser parser;
  const auto parsed = parser.parse(arguments);
  if (!parsed || (*parsed)->members().size() != 1 || !(*parsed)->has("input")) return std::string(arguments);
  const json::Value& input = (**parsed)["input"];
  if (input.is_string()) return canonical(input.text());
  std::string out;
  json::append_canonical(out, input);
  return out;
}

}  // namespace

std::vector<model::ToolCall> calls_of_tools_run(const Work& work, CallId call) {
  std::vector<model::ToolCall> out;
  json::Parser parser;
  for (const RunFacts* run : tools_after(work, call)) {
    out.push_back({std::string(work.text(run->tool->tool_call_id)), std::string(work.text(run->tool->name)),
                   std::string(work.text(run->tool->arguments))});
    // A traced function is recorded with the defaults of what the model left out.
    const auto parsed = parser.parse(out.back().arguments);
    if (!parsed || !(*parsed)->is_object()) continue;
    std::string given;
    for (const json::Member& member : (*parsed)->members()) {
      if (member.value.is_null()) continue;
      given.append(given.empty() ? "{" : ",").append(json::quoted(member.key)).append(":").append(member.value.raw());
    }
    out.back().arguments = given.empty() ? "{}" : given + "}";
  }
  return out;
}

std::vector<const messages::MessageEntry*> results_of_answer(Work& work, const Call& call) {
  std::vector<const RunFacts*> runs = tools_after(work, static_cast<CallId>(&call - work.calls.data()));
  std::vector<const messages::MessageEntry*> out;
  for (const model::ToolCall& tool_call : work.slots[call.answer].entry->message.tool_calls) {
    const auto run = std::find_if(runs.begin(), runs.end(),
                                  [&](const RunFacts* r) { return work.text(r->tool->name) == tool_call.name; });
    if (run == runs.end()) continue;
    const std::string_view output = work.text((*run)->tool->output);
    json::Parser parser;
    const auto parsed = parser.parse(output);
    model::Message message;
    message.role = model::Role::k_tool;
    message.name = tool_call.name;
    message.tool_call_id = tool_call.id;
    const std::string_view error = work.text((*run)->error);
    if ((*run)->failed && output.empty() && !error.empty()) {
      message.content = error_sentence(error);
      message.error = message.content;
      out.push_back(work.make(std::move(message)));
      runs.erase(run);
      continue;
    }
    message.content = R"({"result":)";
    // A tool's text is sent as text, whatever it looks like; its objects as objects.
    if (parsed && (*parsed)->is_object() && (*run)->tool->output_is_object)
      json::append_compact(message.content, **parsed);
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
    }
  }
}

void ToolRuns::index_by_name() {
  for (std::size_t at = 0; at < runs_.size(); ++at) {
    const Run& run = runs_[at];
    const std::string_view name = work_.text(run.facts->tool->name);
    by_name_[key(run.trace, run.scope, name, {})].push_back(at);
    by_arguments_[key(run.trace, run.scope, name, canonical(work_.text(run.facts->tool->arguments)))].push_back(at);
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
  if (by_name_.empty()) index_by_name();
  // Runs stand in order of time: those that the call cannot have asked for are skipped.
  const auto first_free = [&](const std::vector<std::size_t>& candidates) {
    const auto starts_before = [&](std::size_t at, model::Micros time) {
      return runs_[at].facts->start_time.value_or(INT64_MAX) < time;
    };
    auto at = std::lower_bound(candidates.begin(), candidates.end(), call->run->start_time.value_or(0), starts_before);
    while (at != candidates.end() &&
           (runs_[*at].taken || (runs_[*at].facts->tool->tool_call_id != 0 && !tool_call.id.empty())))
      ++at;
    return at == candidates.end() ? SIZE_MAX : *at;
  };
  const auto find = [&](const auto& index, const std::string& arguments) {
    const auto candidates = index.find(key(call->trace, call->scope, tool_call.name, arguments));
    return candidates == index.end() ? SIZE_MAX : first_free(candidates->second);
  };
  std::size_t at = find(by_arguments_, canonical(tool_call.arguments));
  if (at == SIZE_MAX) at = find(by_arguments_, only_input(tool_call.arguments));
  if (at == SIZE_MAX) at = find(by_name_, {});
  return at == SIZE_MAX ? Link{} : give(at, true);
}

std::vector<const RunFacts*> ToolRuns::untaken() const {
  std::vector<const RunFacts*> out;
  for (const Run& run : runs_)
    if (!run.taken) out.push_back(run.facts);
  return out;
}

}  // namespace trajectory::build
