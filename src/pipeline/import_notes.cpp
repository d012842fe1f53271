#include "pipeline/import_notes.h"

#include <string>
#include <unordered_map>

#include "pipeline/report_text.h"

namespace trajectory::pipeline {

void ImportNotes::take_rows(const langsmith::RunSource& source, const model::ProblemTallies& problems) {
  report_.rows_read = source.rows_read();
  report_.rows_refused = source.rows_refused();
  for (const langsmith::SourceFile& file : source.files())
    report_.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
  report_.other_files = source.other_files();
  merge(report_.problems, problems);
  if (options_.expected_rows && *options_.expected_rows != report_.rows_read)
    problems_.add({"rows_not_as_exported",
                   report_.rows_read < *options_.expected_rows ? model::Severity::k_refused : model::Severity::k_note,
                   "the export",
                   "it says that it wrote " + counted(*options_.expected_rows, "row") + ", and " +
                       with_commas(report_.rows_read) + " were read"});
}

base::Status ImportNotes::check_usable(bool empty) const {
  if (!empty) return {};
  for (const auto& [kind, tally] : report_.problems)
    if (tally.severity == model::Severity::k_refused)
      return base::Error(base::ErrorCode::k_bad_format,
                         "there is no usable run in the source: " + tally.examples.front().detail)
          .with(tally.examples.front().place);
  return {};
}

void ImportNotes::take_payloads(const Facts& facts, const std::vector<build::Conversation>& conversations) {
  report_.census.add(facts.census);
  std::unordered_map<messages::TextId, messages::TextId> trace_of;
  for (const build::Conversation& conversation : conversations)
    for (const build::Trace& trace : conversation.traces)
      for (const messages::RunFacts& run : trace.runs) {
        if (!facts.payload_problems.empty()) trace_of.emplace(run.id, run.trace_id);
        if (run.type != model::RunType::k_llm) continue;
        for (const messages::CallFacts& call : run.calls) {
          ++inputs_;
          if (call.input.empty() && !call.is_stateful()) ++without_input_;
        }
      }
  for (const PayloadProblem& of_row : facts.payload_problems)
    if (const auto trace = trace_of.find(of_row.run); trace != trace_of.end() && trace->second == of_row.trace)
      problems_.add(of_row.problem);
}

void ImportNotes::take_figures(const build::BuildFigures& figures) {
  for (const auto& [use, count] : figures.runs_used) report_.runs_used[use] += count;
  for (const auto& [rule, count] : figures.runs_set_aside) report_.runs_set_aside[rule] += count;
  for (const auto& [shape, count] : figures.calls_by_shape) report_.calls_by_shape[shape] += count;
  for (const auto& [shape, count] : figures.replayed_by_shape) report_.replayed_by_shape[shape] += count;
  report_.text_without_model_call += figures.text_without_model_call;
  report_.incomplete_chains += figures.incomplete_chains;
  for (const model::Problem& problem : figures.problems) problems_.add(problem);
}

/// Payload columns that were exported without their values would otherwise look like silent models.
void ImportNotes::check_payloads() {
  if (without_input_ * 2 > inputs_)
    problems_.add({"no_payloads", model::Severity::k_warning, "inputs",
                   with_commas(without_input_) + " of " + counted(inputs_, "model call") +
                       " have none: were the inputs exported?"});
  if (report_.model_calls > 0 && report_.failed_calls == report_.model_calls)
    problems_.add({"no_payloads", model::Severity::k_warning, "outputs",
                   "no model call has an answer: were the outputs exported?"});
}

ImportReport ImportNotes::finish(unsigned passes) {
  check_payloads();
  merge(report_.problems, problems_.tallies());
  report_.passes = passes;
  return std::move(report_);
}

}  // namespace trajectory::pipeline
