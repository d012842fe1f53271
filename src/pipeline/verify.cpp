#include "pipeline/verify.h"

#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/scratch_file.h"
#include "build/build.h"
#include "build/replay.h"
#include "json/write.h"
#include "pipeline/passes.h"
#include "pipeline/plan.h"
#include "pipeline/read_facts.h"

namespace trajectory::pipeline {

namespace {

/// What a first reading of the dataset tells: the traces and the number of runs behind each trajectory.
struct Recorded {
  std::vector<std::vector<std::string>> traces;
  std::vector<std::uint64_t> rows;
};

/// Compares trajectories with the payloads of some traces.
class Verifier {
 public:
  /// The conversations are read by it and have to outlive it.
  Verifier(const messages::Tables& tables, const std::vector<build::Conversation>& conversations) : tables_(tables) {
    for (const build::Conversation& conversation : conversations)
      for (const build::Trace& trace : conversation.traces)
        for (const messages::RunFacts& run : trace.runs)
          if (!run.calls.empty() || run.tool) {
            runs_[tables.texts.get(run.id)] = &run;
            model_runs_ += run.calls.empty() ? 0 : 1;
          }
  }

  void trajectory(const model::Trajectory& trajectory) {
    ++report.trajectories;
    definitions_ = &trajectory.tool_definitions;
    lane(trajectory.main);
    for (const model::Lane& helper : trajectory.auxiliary) lane(helper);
  }

  VerifyReport finish() {
    report.not_in_dataset = model_runs_ - met_.size();
    report.differences = differences_.tallies();
    return std::move(report);
  }

  VerifyReport report;

 private:
  void lane(const model::Lane& lane) {
    std::vector<const model::TranscriptMessage*> messages;
    messages.reserve(lane.messages.size());
    for (const model::TranscriptMessage& message : lane.messages) messages.push_back(&message);
    build::Replay main(messages, tables_.messages);
    for (const model::ModelCall& call : lane.calls) verify_call(main, call);
    for (const model::Alternative& alternative : lane.alternatives) {
      std::vector<const model::TranscriptMessage*> path(messages.begin(), messages.begin() + alternative.at_message);
      for (const model::TranscriptMessage& message : alternative.messages) path.push_back(&message);
      build::Replay branch(std::move(path), tables_.messages);
      for (const model::ModelCall& call : alternative.calls) verify_call(branch, call);
      for (const model::TranscriptMessage& message : alternative.messages) verify_message(message);
    }
    for (const model::TranscriptMessage& message : lane.messages) verify_message(message);
    for (const model::Lane& agent : lane.subagents) this->lane(agent);
  }

  void verify_call(build::Replay& replay, const model::ModelCall& call) {
    const auto found = runs_.find(call.run_id);
    if (found == runs_.end() || found->second->calls.empty()) {
      ++report.not_in_source;
      return;
    }
    met_.insert(call.run_id);
    if (call.incomplete_context) {
      ++report.incomplete_chains;
      return;
    }
    const messages::RunFacts& run = *found->second;
    const std::string shape(run.calls.front().shape);
    std::string what;
    // Several prompts of one request: one of them is this call's.
    for (const messages::CallFacts& recorded : run.calls) {
      what = replay.difference(call, run, recorded);
      if (what.empty()) what = facts_difference(call, run, recorded);
      if (what.empty()) break;
    }
    if (what.empty() && !build::shows_input(run.calls.front())) return;
    ++report.calls_by_shape[shape];
    if (what.empty()) ++report.replayed_by_shape[shape];
    else differences_.add({shape, model::Severity::k_warning, call.run_id, what});
  }

  /// What stands beside the messages of a call.
  std::string_view facts_difference(const model::ModelCall& call, const messages::RunFacts& run,
                                    const messages::CallFacts& recorded) const {
    if (call.model != tables_.texts.get(recorded.model)) return "model";
    if (call.parameters != tables_.texts.get(recorded.parameters)) return "parameters";
    if (call.usage != recorded.usage) return "usage";
    if (!std::equal(
            call.tools.begin(), call.tools.end(), recorded.tools.begin(), recorded.tools.end(),
            [&](std::uint32_t at, messages::TextId tool) { return (*definitions_)[at] == tables_.texts.get(tool); }))
      return "tools";
    if (call.trace_id != tables_.texts.get(run.trace_id)) return "trace id";
    if (run.failed && call.error != tables_.texts.get(run.error)) return "error";
    if (call.start_time != run.start_time || call.end_time != run.end_time) return "time";
    const auto said = [&](const messages::Answer& answer) {
      return call.finish_reason == tables_.texts.get(answer.finish_reason);
    };
    const bool reason_known = !call.answer || recorded.answers.empty()
                                  ? call.finish_reason.empty()
                                  : std::any_of(recorded.answers.begin(), recorded.answers.end(), said);
    return reason_known ? std::string_view() : "finish reason";
  }

  /// Messages that stand in no call of the record as an answer, and in no input: candidates, results that no model saw.
  void verify_message(const model::TranscriptMessage& message) {
    if (message.origin.field != "outputs") return;
    const auto found = runs_.find(message.origin.run_id);
    if (found == runs_.end()) return;
    const std::string_view what = build::output_difference(message, *found->second, tables_);
    if (what.empty()) return;
    ++report.messages_differing;
    const messages::RunFacts& run = *found->second;
    const std::string shape(run.calls.empty() ? std::string_view("tool run") : run.calls.front().shape);
    differences_.add({shape, model::Severity::k_warning, message.origin.run_id,
                      std::string(model::role_name(message.message.role)).append(" message: ").append(what)});
  }

  const messages::Tables& tables_;
  std::unordered_map<std::string_view, const messages::RunFacts*> runs_;
  std::size_t model_runs_ = 0;
  const std::vector<std::string>* definitions_ = nullptr;  ///< of the trajectory at hand
  std::unordered_set<std::string> met_;
  model::ProblemLog differences_;
};

void add(VerifyReport& into, const VerifyReport& from) {
  into.trajectories += from.trajectories;
  for (const auto& [shape, count] : from.calls_by_shape) into.calls_by_shape[shape] += count;
  for (const auto& [shape, count] : from.replayed_by_shape) into.replayed_by_shape[shape] += count;
  into.messages_differing += from.messages_differing;
  into.incomplete_chains += from.incomplete_chains;
  into.not_in_source += from.not_in_source;
  into.not_in_dataset += from.not_in_dataset;
  merge(into.differences, from.differences);
}

class VerifyRun {
 public:
  VerifyRun(const ImportOptions& options, const std::string& dataset, const Hooks& hooks, langsmith::RunSource& source)
      : options_(options),
        dataset_(dataset),
        hooks_(hooks),
        source_(source),
        memory_(memory_to_keep(options.memory, options.threads)) {}

  base::Result<VerifyReport> run() {
    Recorded recorded;
    TJ_TRY(record::read_trajectories(dataset_, [&](const model::Trajectory& trajectory) -> base::Result<bool> {
      if (hooks_.interrupted()) return interrupted();
      recorded.traces.push_back(trajectory.trace_ids);
      recorded.rows.push_back(trajectory.source_run_ids.size());
      return true;
    }));
    // All at once, if it fits. What did not fit says how much a row takes.
    std::uint64_t rows = 0;
    const auto fitted = verify_pass(recorded, 0, recorded.traces.size(), &rows);
    if (!fitted) return fitted.error();
    if (!*fitted) {
      TJ_TRY(look_over());
      const auto passes = for_each_pass(recorded.rows, rows, [&](std::size_t begin, std::size_t end) {
        return verify_pass(recorded, begin, end, nullptr);
      });
      if (!passes) return passes.error();
      report_.passes = 2 + *passes;
    }
    return std::move(report_);
  }

 private:
  /// What a pass over a part of the source has to know.
  base::Status look_over() {
    auto scratch = base::ScratchFile::create(base::scratch_folder(options_.storage.variable("TMPDIR")));
    if (!scratch) return std::move(scratch).error();
    auto plan = make_plan(source_, options_, *scratch, [](const build::BuildFigures&) {}, hooks_);
    if (!plan) return std::move(plan).error();
    plan_ = std::move(*plan);
    for (const PlannedConversation& conversation : plan_.conversations)
      for (const PlannedTrace& trace : conversation.traces) units_of_.emplace(trace.id, &conversation.units);
    return {};
  }

  base::Result<bool> verify_pass(const Recorded& recorded, std::size_t begin, std::size_t end, std::uint64_t* rows) {
    std::unordered_set<std::string_view> traces;
    for (std::size_t i = begin; i < end; ++i) traces.insert(recorded.traces[i].begin(), recorded.traces[i].end());
    messages::Tables tables;
    std::vector<bool> units(source_.units(), units_of_.empty());
    if (!units_of_.empty())
      for (const std::string_view trace : traces)
        if (const auto found = units_of_.find(base::hash128(trace)); found != units_of_.end())
          for (const std::uint32_t unit : *found->second) units[unit] = true;
    const Part part{[&](const model::Run& run) { return traces.contains(run.trace_id); }, &units};
    auto facts = read_facts(source_, tables, options_, end - begin > 1 ? memory_ : 0, &part, hooks_);
    if (!facts) return std::move(facts).error();
    if (facts->too_large) {
      if (rows != nullptr) *rows = rows_per_pass(memory_, facts->bytes, facts->runs.size());
      return false;
    }
    drop_displaced(facts->runs, plan_, tables.texts);
    build::BuildFigures figures;
    const auto conversations =
        build::group_runs(std::move(facts->runs), options_.selection.thread_keys, tables, figures, options_.threads);
    Verifier verifier(tables, conversations);
    std::size_t at = 0;
    TJ_TRY(record::read_trajectories(dataset_, [&](const model::Trajectory& trajectory) -> base::Result<bool> {
      if (hooks_.interrupted()) return interrupted();
      if (at >= begin && at < end) verifier.trajectory(trajectory);
      if (hooks_.progress) hooks_.progress("comparing", at, recorded.traces.size());
      return ++at < end;
    }));
    add(report_, verifier.finish());
    return true;
  }

  const ImportOptions& options_;
  const std::string& dataset_;
  const Hooks& hooks_;
  langsmith::RunSource& source_;
  std::uint64_t memory_;
  Plan plan_;  ///< empty while everything is read at once
  std::unordered_map<base::Hash128, const std::vector<std::uint32_t>*, base::Hash128Hasher> units_of_;  ///< by trace
  VerifyReport report_;
};

std::uint64_t count_of(const std::map<std::string, std::uint64_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

std::uint64_t VerifyReport::calls() const { return total_of(calls_by_shape); }
std::uint64_t VerifyReport::exact() const { return total_of(replayed_by_shape); }
std::uint64_t VerifyReport::differing() const { return calls() - exact(); }

std::string VerifyReport::json() const {
  std::string out = "{\"trajectories\": " + std::to_string(trajectories) + ", \"calls\": " + std::to_string(calls()) +
                    ", \"exact\": " + std::to_string(exact()) +
                    ", \"messages_differing\": " + std::to_string(messages_differing) +
                    ", \"incomplete_chains\": " + std::to_string(incomplete_chains) +
                    ", \"not_in_source\": " + std::to_string(not_in_source) +
                    ", \"not_in_dataset\": " + std::to_string(not_in_dataset) + ", \"by_shape\": {";
  std::string_view comma;
  for (const auto& [shape, count] : calls_by_shape) {
    out.append(comma);
    json::append_string(out, shape);
    out.append(": [")
        .append(std::to_string(count_of(replayed_by_shape, shape)))
        .append(", ")
        .append(std::to_string(count))
        .append("]");
    comma = ", ";
  }
  out.append("}, \"differences\": [");
  comma = {};
  for (const auto& [shape, tally] : differences) {
    for (const model::Problem& example : tally.examples) {
      out.append(comma).append("{\"shape\": ");
      json::append_string(out, shape);
      out.append(", \"run_id\": ");
      json::append_string(out, example.place);
      out.append(", \"what\": ");
      json::append_string(out, example.detail);
      out.append("}");
      comma = ", ";
    }
  }
  return out + "], \"passes\": " + std::to_string(passes) + "}\n";
}

std::string VerifyReport::text() const {
  std::string out = with_commas(exact()) + " of " + counted(calls(), "model call") + " of " +
                    counted(trajectories, "trajectory", "trajectories") + " replay exactly\n";
  for (const auto& [shape, count] : calls_by_shape)
    out += "  " + shape + " " + with_commas(count_of(replayed_by_shape, shape)) + "/" + with_commas(count) + "\n";
  if (incomplete_chains > 0)
    out += "  " + counted(incomplete_chains, "stateful call") + " whose chain is not in the source, counted apart\n";
  if (messages_differing > 0)
    out += "  " + counted(messages_differing, "message") + " unlike the outputs of their runs\n";
  if (not_in_source > 0) out += "  " + counted(not_in_source, "call") + " whose run is not in the source\n";
  if (not_in_dataset > 0)
    out += "  " + counted(not_in_dataset, "model run") + " of these traces that no call of the dataset stands for\n";
  for (const auto& [shape, tally] : differences) {
    for (const model::Problem& example : tally.examples)
      out += "  differs: " + shape + ", run " + example.place + ", " + example.detail + "\n";
    if (tally.count > tally.examples.size())
      out += "  differs: " + shape + ", " + with_commas(tally.count - tally.examples.size()) + " more\n";
  }
  return out;
}

base::Result<VerifyReport> verify(const ImportOptions& options, const std::string& dataset, const Hooks& hooks) {
  auto source = langsmith::RunSource::open(options.sources, options.streams, options.storage);
  if (!source) return std::move(source).error();
  return VerifyRun(options, dataset, hooks, *source).run();
}

}  // namespace trajectory::pipeline
