#include "record/figures.h"

namespace trajectory::record {

namespace {

constexpr double k_micros = 1e6;

void add_span(std::optional<model::Micros>& total, std::optional<model::Micros> start,
              std::optional<model::Micros> end) {
  if (start && end) total = total.value_or(0) + (*end - *start);
}

void add_model_time(const model::Lane& lane, std::optional<model::Micros>& total) {
  for (const model::ModelCall& call : lane.calls) add_span(total, call.start_time, call.end_time);
  for (const model::Alternative& alternative : lane.alternatives)
    for (const model::ModelCall& call : alternative.calls) add_span(total, call.start_time, call.end_time);
  for (const model::Lane& agent : lane.subagents) add_model_time(agent, total);
}

}  // namespace

Figures figures_of(const model::Trajectory& trajectory, std::size_t num_steps) {
  Figures out;
  out.num_turns = static_cast<std::int64_t>(trajectory.trace_ids.size());
  out.num_steps = static_cast<std::int64_t>(num_steps);
  std::optional<model::Micros> llm;
  std::optional<model::Micros> env;
  for (const model::TranscriptMessage& message : trajectory.main.messages) {
    out.tool_calls += static_cast<std::int64_t>(message.message.tool_calls.size());
    if (message.message.role != model::Role::k_tool) continue;
    out.tool_failures += message.message.error.empty() ? 0 : 1;
    out.tool_response_none += message.message.content.empty() ? 1 : 0;
    if (message.tool_run) add_span(env, message.tool_run->start_time, message.tool_run->end_time);
  }
  if (out.tool_calls > 0)
    out.tool_error_rate = static_cast<double>(out.tool_failures) / static_cast<double>(out.tool_calls);
  if (trajectory.usage.total_tokens.value_or(0) > 0) out.total_tokens = trajectory.usage.total_tokens;
  if (trajectory.usage.completion_tokens.value_or(0) > 0) out.tokens_generated = trajectory.usage.completion_tokens;
  if (trajectory.usage.cost.value_or(0) > 0) out.total_cost = static_cast<double>(*trajectory.usage.cost) / 1e12;
  add_model_time(trajectory.main, llm);
  for (const model::Lane& lane : trajectory.auxiliary) add_model_time(lane, llm);
  if (llm) out.llm_time = static_cast<double>(*llm) / k_micros;
  if (env) out.env_time = static_cast<double>(*env) / k_micros;
  if (trajectory.start_time && trajectory.end_time)
    out.total_time = static_cast<double>(*trajectory.end_time - *trajectory.start_time) / k_micros;
  return out;
}

}  // namespace trajectory::record
