#include "pipeline/import.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/output_folder.h"
#include "base/threads.h"
#include "base/time.h"
#include "build/build.h"
#include "json/write.h"
#include "pipeline/memory.h"
#include "pipeline/outputs.h"
#include "pipeline/read_facts.h"
#include "pipeline/select.h"
#include "pipeline/stretches.h"

namespace trajectory::pipeline {

namespace {

/// Where trajectories go: `prepare` on any thread, `take` in order.
struct Sink {
  std::function<base::Result<std::vector<record::Prepared>>(const model::Trajectory&)> prepare;
  std::function<base::Status(const model::Trajectory&, std::vector<record::Prepared>)> take;
};

/// Conversations that may be built before the first of them is handed on.
constexpr std::size_t k_ahead = 64;

/// What a look at the structure alone tells: the selected conversations, in order, and what to read for each.
struct Plan {
  std::vector<std::vector<std::string>> traces;
  std::vector<std::uint64_t> rows;
  /// Run ids with rows in several traces: the trace whose row counts. A pass that reads only the other must leave it
  /// out.
  std::unordered_map<std::string, std::string> homes;
};

class Importer {
 public:
  Importer(const ImportOptions& options, const Hooks& hooks, const Sink& sink, langsmith::RunSource& source)
      : options_(options),
        hooks_(hooks),
        sink_(sink),
        source_(source),
        memory_(memory_to_keep(options.memory, options.threads)) {}

  base::Result<ImportReport> run() {
    // Everything in one pass, if it fits.
    std::uint64_t rows = 0;
    {
      messages::Tables tables;
      auto facts = read_facts(source_, tables, options_, Depth::k_everything, memory_, nullptr, hooks_);
      if (!facts) return std::move(facts).error();
      if (!facts->too_large) {
        take_rows(*facts);
        TJ_TRY(check_usable(*facts));
        auto conversations = group(std::move(facts->runs), tables);
        if (!conversations) return std::move(conversations).error();
        TJ_TRY(build(select(std::move(*conversations), options_.selection, report_.runs_set_aside), tables));
        take_payloads(*facts);
        return finish();
      }
      rows = rows_per_pass(memory_, facts->bytes, facts->read_rows);
    }
    give_back_freed_memory();
    auto plan = look_over();
    if (!plan) return std::move(plan).error();
    const auto passes = for_each_stretch(plan->rows, rows, [&](std::size_t begin, std::size_t end) {
      give_back_freed_memory();
      return run_stretch(*plan, begin, end);
    });
    if (!passes) return passes.error();
    report_.passes = 2 + *passes;
    return finish();
  }

 private:
  /// Learns which conversation each trace belongs to.
  base::Result<Plan> look_over() {
    messages::Tables tables;
    auto facts = read_facts(source_, tables, options_, Depth::k_structure, 0, nullptr, hooks_);
    if (!facts) return std::move(facts).error();
    take_rows(*facts);
    TJ_TRY(check_usable(*facts));

    std::unordered_map<messages::TextId, messages::TextId> trace_of;
    std::unordered_set<messages::TextId> in_several;
    for (const messages::RunFacts& run : facts->runs)
      if (trace_of.emplace(run.id, run.trace_id).first->second != run.trace_id) in_several.insert(run.id);

    Plan plan;
    auto conversations = group(std::move(facts->runs), tables);
    if (!conversations) return std::move(conversations).error();
    for (const build::Conversation& conversation : *conversations)
      for (const build::Trace& trace : conversation.traces)
        for (const messages::RunFacts& run : trace.runs)
          if (in_several.contains(run.id)) plan.homes.emplace(tables.texts.get(run.id), trace.id);
    for (const build::Conversation& conversation :
         select(std::move(*conversations), options_.selection, report_.runs_set_aside)) {
      auto& traces = plan.traces.emplace_back();
      auto& rows = plan.rows.emplace_back(0);
      for (const build::Trace& trace : conversation.traces) {
        traces.push_back(trace.id);
        rows += trace.runs.size();
      }
    }
    return plan;
  }

  /// Reads and builds some of the planned conversations. Returns whether they fitted in memory.
  base::Result<bool> run_stretch(const Plan& plan, std::size_t begin, std::size_t end) {
    std::unordered_set<std::string_view> traces;
    for (std::size_t i = begin; i < end; ++i) traces.insert(plan.traces[i].begin(), plan.traces[i].end());
    const auto wanted = [&](const model::Run& run) {
      if (!traces.contains(run.trace_id)) return false;
      if (plan.homes.empty()) return true;
      const auto home = plan.homes.find(std::string(run.id));
      return home == plan.homes.end() || home->second == run.trace_id;
    };
    messages::Tables tables;
    auto facts =
        read_facts(source_, tables, options_, Depth::k_everything, end - begin > 1 ? memory_ : 0, wanted, hooks_);
    if (!facts) return std::move(facts).error();
    if (facts->too_large) return false;
    // What grouping and selecting say was taken when the plan was made.
    build::BuildFigures grouped;
    std::map<std::string, std::uint64_t> set_aside;
    TJ_TRY(build(select(build::group_runs(std::move(facts->runs), options_.selection.thread_keys, tables, grouped),
                        options_.selection, set_aside),
                 tables));
    take_payloads(*facts);
    return true;
  }

  /// Groups all runs of the source, and notes what that tells.
  base::Result<std::vector<build::Conversation>> group(std::vector<messages::RunFacts> runs,
                                                       const messages::Tables& tables) {
    build::BuildFigures figures;
    auto conversations = build::group_runs(std::move(runs), options_.selection.thread_keys, tables, figures);
    take_figures(figures);
    const auto missing = not_found(conversations, options_.selection);
    if (!missing) return missing.error();
    for (const model::Problem& problem : *missing) problems_.add(problem);
    return conversations;
  }

  /// A source that has rows, and no usable one, is an error and no empty dataset.
  static base::Status check_usable(const Facts& facts) {
    if (!facts.runs.empty()) return {};
    for (const auto& [kind, tally] : facts.row_problems)
      if (tally.severity == model::Severity::k_refused)
        return base::Error(base::ErrorCode::k_bad_format,
                           "there is no usable run in the source: " + tally.examples.front().detail)
            .with(tally.examples.front().place);
    return {};
  }

  void take_rows(const Facts& facts) {
    report_.rows_read = source_.rows_read();
    report_.rows_refused = source_.rows_refused();
    merge(report_.problems, facts.row_problems);
    if (options_.expected_rows && *options_.expected_rows != report_.rows_read)
      problems_.add({"rows_not_as_exported",
                     report_.rows_read < *options_.expected_rows ? model::Severity::k_refused : model::Severity::k_note,
                     "the export",
                     "it says that it wrote " + counted(*options_.expected_rows, "row") + ", and " +
                         with_commas(report_.rows_read) + " were read"});
  }

  void take_payloads(const Facts& facts) {
    report_.census.add(facts.census);
    inputs_ += facts.calls;
    without_input_ += facts.calls_without_input;
    merge(report_.problems, facts.payload_problems);
  }

  void take_figures(const build::BuildFigures& figures) {
    for (const auto& [use, count] : figures.runs_used) report_.runs_used[use] += count;
    for (const auto& [rule, count] : figures.runs_set_aside) report_.runs_set_aside[rule] += count;
    for (const auto& [shape, count] : figures.calls_by_shape) report_.calls_by_shape[shape] += count;
    for (const auto& [shape, count] : figures.replayed_by_shape) report_.replayed_by_shape[shape] += count;
    report_.text_without_model_call += figures.text_without_model_call;
    report_.incomplete_chains += figures.incomplete_chains;
    for (const model::Problem& problem : figures.problems) problems_.add(problem);
  }

  base::Status build(std::vector<build::Conversation> conversations, const messages::Tables& tables) {
    struct Built {
      model::Trajectory trajectory;
      build::BuildFigures figures;
      std::vector<record::Prepared> prepared;
    };
    std::vector<Built> ring(k_ahead);
    const auto make = [&](std::size_t i) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      Built& built = ring[i % k_ahead];
      built.trajectory = build::build_trajectory(conversations[i], tables, built.figures);
      conversations[i] = {};
      auto prepared = sink_.prepare(built.trajectory);
      if (!prepared) return std::move(prepared).error();
      built.prepared = std::move(*prepared);
      return {};
    };
    const auto take = [&](std::size_t i) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      Built built = std::exchange(ring[i % k_ahead], {});
      take_figures(built.figures);
      report_.count(built.trajectory);
      if (hooks_.progress) hooks_.progress("building", i + 1, conversations.size());
      return sink_.take(built.trajectory, std::move(built.prepared));
    };
    return base::parallel_in_order(options_.threads, conversations.size(), k_ahead, make, take);
  }

  /// Payload columns that were exported without their values would otherwise look like silent models.
  void check_payloads() {
    if (without_input_ * 2 > inputs_)
      problems_.add({"no_payloads", model::Severity::k_warning, "inputs",
                     with_commas(without_input_) + " of " + counted(inputs_, "model call") +
                         " have none: were the inputs exported?"});
    if (report_.model_calls > 0 && report_.failed_calls == report_.model_calls)
      problems_.add({"no_payloads", model::Severity::k_warning, "outputs",
                     "no model call has an answer: were the outputs exported?"});
  }

  ImportReport finish() {
    check_payloads();
    for (const langsmith::SourceFile& file : source_.files())
      report_.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
    report_.other_files = source_.other_files();
    merge(report_.problems, problems_.tallies());
    return std::move(report_);
  }

  const ImportOptions& options_;
  const Hooks& hooks_;
  const Sink& sink_;
  langsmith::RunSource& source_;
  std::uint64_t memory_;
  ImportReport report_;
  model::ProblemLog problems_;
  std::uint64_t inputs_ = 0;  ///< model calls whose payloads were read
  std::uint64_t without_input_ = 0;
};

/// A report that cannot be written is better known before a long import than after it, and no output may take the place
/// of a source.
base::Status check_places(const OutputOptions& output, const langsmith::RunSource& source) {
  namespace fs = std::filesystem;
  std::vector<std::string> sources;
  for (const langsmith::SourceFile& file : source.files())
    if (file.kind != langsmith::FileKind::k_stream && !store::is_uri(file.path)) sources.push_back(file.path);
  for (const std::string& place : {output.folder, output.report_file})
    if (store::is_uri(place))
      return base::Error(base::ErrorCode::k_usage, "an output is written to a local folder: copy it to the bucket then")
          .with(place);
  if (!output.folder.empty()) TJ_TRY(keep_apart(output.folder, sources));
  if (output.report_file.empty()) return {};
  TJ_TRY(keep_apart(output.report_file, sources));
  const fs::path file(output.report_file);
  std::error_code error;
  if (fs::is_directory(file, error) || !file.has_filename())
    return base::Error(base::ErrorCode::k_usage, "the report cannot be written: it is a folder, name a file in it")
        .with(output.report_file);
  if (!file.has_parent_path() || fs::is_directory(file.parent_path(), error)) return {};
  if (!output.folder.empty() &&
      fs::weakly_canonical(file.parent_path(), error) == fs::weakly_canonical(output.folder, error))
    return {};
  return base::Error(base::ErrorCode::k_not_found, "the report cannot be written: its folder is not there")
      .with(output.report_file);
}

base::Error refused_data(const ImportReport& report) {
  std::string kinds;
  for (const auto& [kind, tally] : report.problems) {
    if (tally.severity != model::Severity::k_refused) continue;
    kinds.append(kinds.empty() ? "" : ", ").append(kind + " " + std::to_string(tally.count));
    if (!tally.examples.empty()) kinds.append(", first in ").append(tally.examples.front().place);
  }
  return {base::ErrorCode::k_refused_data,
          "some data was refused (" + kinds + "): there is no output because of --strict"};
}

}  // namespace

std::string lineage_of(const ImportOptions& options) {
  std::string out = R"({"source": "langsmith-export", "thread_keys": [)";
  for (std::size_t i = 0; i < options.selection.thread_keys.size(); ++i) {
    if (i > 0) out.append(", ");
    out.append(json::quoted(options.selection.thread_keys[i]));
  }
  out.append("]");
  const auto member = [&](std::string_view name, const std::string& value) {
    out.append(", \"").append(name).append("\": ").append(value);
  };
  const Selection& selection = options.selection;
  if (!selection.project.empty()) member("project", json::quoted(selection.project));
  if (selection.since) member("since", json::quoted(base::format_time(*selection.since)));
  if (selection.until) member("until", json::quoted(base::format_time(*selection.until)));
  if (selection.limit) member("limit", std::to_string(*selection.limit));
  if (!selection.feedback) member("feedback", "false");
  return out + "}";
}

base::Result<ImportReport> import_trajectories(const ImportOptions& options, const Hooks& hooks,
                                               const std::function<base::Status(const model::Trajectory&)>& consumer) {
  const auto start = std::chrono::steady_clock::now();
  TJ_TRY(check_window(options.selection));
  auto source = langsmith::RunSource::open(options.sources, options.streams, options.storage);
  if (!source) return std::move(source).error();
  const Sink sink{
      [](const model::Trajectory&) { return std::vector<record::Prepared>(); },
      [&](const model::Trajectory& trajectory, std::vector<record::Prepared>) { return consumer(trajectory); }};
  auto report = Importer(options, hooks, sink, *source).run();
  if (!report) return report;
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->peak_memory = peak_memory();
  return report;
}

base::Result<ImportReport> import_to_folder(const ImportOptions& options, const OutputOptions& output,
                                            const Hooks& hooks) {
  const auto start = std::chrono::steady_clock::now();
  TJ_TRY(check_window(options.selection));
  auto source = langsmith::RunSource::open(options.sources, options.streams, options.storage);
  if (!source) return std::move(source).error();
  TJ_TRY(check_places(output, *source));
  model::ProblemLog output_problems;
  std::optional<Outputs> outputs;
  if (!output.folder.empty()) {
    auto created = Outputs::create(output, output_problems);
    if (!created) return std::move(created).error();
    outputs.emplace(std::move(*created));
  }
  Sink sink{[](const model::Trajectory&) { return std::vector<record::Prepared>(); },
            [](const model::Trajectory&, std::vector<record::Prepared>) { return base::Status(); }};
  if (outputs)
    sink = {[&](const model::Trajectory& trajectory) { return outputs->prepare(trajectory); },
            [&](const model::Trajectory& trajectory, std::vector<record::Prepared> prepared) {
              return outputs->add(trajectory, std::move(prepared));
            }};
  auto report = Importer(options, hooks, sink, *source).run();
  if (!report && report.error().code() == base::ErrorCode::k_interrupted)
    return base::Error(base::ErrorCode::k_interrupted, report.error().message() + ": nothing was written");
  if (!report) return report;
  merge(report->problems, output_problems.tallies());
  const bool refused = output.strict && report->refused() > 0;
  if (outputs && !refused) TJ_TRY(outputs->finish(lineage_of(options)));
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->peak_memory = peak_memory();
  const std::string json = report->json();
  if (outputs && !refused) TJ_TRY(outputs->commit(json));
  if (!output.report_file.empty()) TJ_TRY(base::write_file(output.report_file, json));
  if (refused) return refused_data(*report);
  return report;
}

}  // namespace trajectory::pipeline
