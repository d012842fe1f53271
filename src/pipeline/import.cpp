#include "pipeline/import.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "base/output_folder.h"
#include "base/scratch_file.h"
#include "base/threads.h"
#include "base/time.h"
#include "build/build.h"
#include "json/write.h"
#include "pipeline/built_records.h"
#include "pipeline/memory.h"
#include "pipeline/outputs.h"
#include "pipeline/plan.h"
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

/// What may be built and wait for its turn, a thread: while one writes a row group, the others go on building.
constexpr base::Ahead k_ahead{256, 8 << 20};

class Importer {
 public:
  /// `scratch`: the folder for what does not fit in memory.
  Importer(const ImportOptions& options, const Hooks& hooks, const Sink& sink, langsmith::RunSource& source,
           std::string scratch)
      : options_(options),
        hooks_(hooks),
        sink_(sink),
        source_(source),
        scratch_(std::move(scratch)),
        memory_(memory_to_keep(options.memory, options.threads)) {}

  base::Result<ImportReport> run() {
    // Everything in one pass, if it fits.
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
    {
      messages::Tables tables;
      auto facts = read_facts(source_, tables, options_, memory_, nullptr, hooks_);
      if (!facts) return std::move(facts).error();
      if (!facts->too_large) {
        take_rows(facts->row_problems);
        TJ_TRY(check_usable(facts->runs.empty()));
        auto conversations = group(std::move(facts->runs), tables);
        if (!conversations) return std::move(conversations).error();
        *conversations = select(std::move(*conversations), options_.selection, report_.runs_set_aside);
        take_payloads(*facts, *conversations);
        TJ_TRY(build(std::move(*conversations), tables));
        tables.clear(options_.threads);
        return finish();
      }
      bytes = facts->bytes;
      rows = facts->read_rows;
    }
    give_back_freed_memory();
    TJ_TRY(run_in_passes(bytes, rows));
    return finish();
  }

 private:
  /// Builds the conversations of a stretch of time at a time: the rows of an export mostly come by time, so that a pass
  /// reads a part of the source. They are handed on in their order afterwards. `bytes` of memory were taken by `rows`.
  base::Status run_in_passes(std::uint64_t bytes, std::uint64_t rows) {
    auto scratch = base::ScratchFile::create(scratch_);
    if (!scratch) return std::move(scratch).error();
    auto plan = make_plan(
        source_, options_, *scratch, [&](const build::BuildFigures& figures) { take_figures(figures); }, hooks_);
    if (!plan) return std::move(plan).error();
    take_rows(plan->row_problems);
    TJ_TRY(check_usable(plan->conversations.empty()));
    TJ_TRY(take_not_found(plan->conversations));
    plan->conversations = select(std::move(plan->conversations), options_.selection, report_.runs_set_aside);
    const std::vector<PlannedConversation>& planned = plan->conversations;
    give_back_freed_memory();
    memory_ -= std::min(plan->bytes(), memory_ / 2);

    std::vector<std::size_t> by_time(planned.size());
    std::iota(by_time.begin(), by_time.end(), 0);
    std::stable_sort(by_time.begin(), by_time.end(),
                     [&](std::size_t a, std::size_t b) { return planned[a].start() < planned[b].start(); });
    std::vector<std::uint64_t> weights;
    for (const std::size_t at : by_time) weights.push_back(planned[at].runs());
    BuiltRecords built(*scratch, planned.size());
    const std::uint64_t budget = rows_per_pass(memory_, bytes, rows);
    const auto passes = for_each_stretch(weights, budget, [&](std::size_t begin, std::size_t end) {
      give_back_freed_memory();
      return run_stretch(*plan, std::span(by_time).subspan(begin, end - begin), built);
    });
    if (!passes) return passes.error();
    report_.passes = 2 + *passes;
    give_back_freed_memory();
    return hand_on(built);
  }

  /// Reads and builds the conversations of these numbers in the plan. Returns whether they fitted in memory.
  base::Result<bool> run_stretch(const Plan& plan, std::span<const std::size_t> numbers, BuiltRecords& built) {
    std::unordered_set<base::Hash128, base::Hash128Hasher> traces;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> number_of;
    std::vector<bool> units(source_.units());
    for (const std::size_t number : numbers) {
      const PlannedConversation& planned = plan.conversations[number];
      number_of[{planned.id, planned.project_id}] = number;
      for (const PlannedTrace& trace : planned.traces) traces.insert(trace.id);
      for (const std::uint32_t unit : planned.units) units[unit] = true;
    }
    const Part part{[&](const model::Run& run) { return traces.contains(base::hash128(run.trace_id)); }, &units};
    messages::Tables tables;
    auto facts = read_facts(source_, tables, options_, numbers.size() > 1 ? memory_ : 0, &part, hooks_);
    if (!facts) return std::move(facts).error();
    if (facts->too_large) return false;
    drop_displaced(facts->runs, plan, tables.texts);
    build::BuildFigures known;  // since the plan was made
    std::vector<build::Conversation> conversations =
        build::group_runs(std::move(facts->runs), options_.selection.thread_keys, tables, known, options_.threads);
    std::vector<std::size_t> numbers_of;
    for (build::Conversation& conversation : conversations) {
      const auto number = number_of.find({conversation.id, conversation.project_id});
      if (number == number_of.end()) return changed(conversation.id);
      const PlannedConversation& planned = plan.conversations[number->second];
      std::uint64_t runs = 0;
      for (const build::Trace& trace : conversation.traces) runs += trace.runs.size();
      if (runs != planned.runs()) return changed(conversation.id);
      conversation.thread_key = planned.thread_key;
      numbers_of.push_back(number->second);
    }
    if (conversations.size() != numbers.size()) return changed(plan.conversations[numbers.front()].id);
    take_payloads(*facts, conversations);
    std::mutex mutex;
    const auto build_one = [&](std::size_t i, unsigned) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      build::BuildFigures figures;
      const build::Conversation conversation = std::exchange(conversations[i], {});
      const model::Trajectory trajectory = build::build_trajectory(conversation, tables, figures);
      TJ_TRY(built.put(numbers_of[i], trajectory));
      const std::lock_guard lock(mutex);
      take_figures(figures);
      report_.count(trajectory);
      if (hooks_.progress) hooks_.progress("building", ++built_, built.count());
      return {};
    };
    TJ_TRY(base::parallel_for(options_.threads, conversations.size(), build_one));
    return true;
  }

  /// A pass has met other runs than the plan: what can be told of a local file by its stamp.
  static base::Error changed(const std::string& conversation) {
    return base::Error(base::ErrorCode::k_io,
                       "the source was changed while it was read, or could not be read a second time: import it when "
                       "it is complete")
        .with("conversation " + conversation);
  }

  /// Groups all runs of the source, and notes what that tells.
  base::Result<std::vector<build::Conversation>> group(std::vector<messages::RunFacts> runs,
                                                       const messages::Tables& tables) {
    build::BuildFigures figures;
    auto conversations =
        build::group_runs(std::move(runs), options_.selection.thread_keys, tables, figures, options_.threads);
    take_figures(figures);
    TJ_TRY(take_not_found(conversations));
    return conversations;
  }

  template <class Conversation>
  base::Status take_not_found(const std::vector<Conversation>& conversations) {
    const auto missing = not_found(conversations, options_.selection);
    if (!missing) return missing.error();
    for (const model::Problem& problem : *missing) problems_.add(problem);
    return {};
  }

  /// A source that has rows, and no usable one, is an error and no empty dataset.
  base::Status check_usable(bool empty) const {
    if (!empty) return {};
    for (const auto& [kind, tally] : report_.problems)
      if (tally.severity == model::Severity::k_refused)
        return base::Error(base::ErrorCode::k_bad_format,
                           "there is no usable run in the source: " + tally.examples.front().detail)
            .with(tally.examples.front().place);
    return {};
  }

  /// What a reading of the whole source tells of its rows.
  void take_rows(const model::ProblemTallies& problems) {
    report_.rows_read = source_.rows_read();
    report_.rows_refused = source_.rows_refused();
    for (const langsmith::SourceFile& file : source_.files())
      report_.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
    report_.other_files = source_.other_files();
    merge(report_.problems, problems);
    if (options_.expected_rows && *options_.expected_rows != report_.rows_read)
      problems_.add({"rows_not_as_exported",
                     report_.rows_read < *options_.expected_rows ? model::Severity::k_refused : model::Severity::k_note,
                     "the export",
                     "it says that it wrote " + counted(*options_.expected_rows, "row") + ", and " +
                         with_commas(report_.rows_read) + " were read"});
  }

  /// What the payloads of conversations that are built tell. A row in whose place another counts is none of theirs.
  void take_payloads(const Facts& facts, const std::vector<build::Conversation>& conversations) {
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

  void take_figures(const build::BuildFigures& figures) {
    for (const auto& [use, count] : figures.runs_used) report_.runs_used[use] += count;
    for (const auto& [rule, count] : figures.runs_set_aside) report_.runs_set_aside[rule] += count;
    for (const auto& [shape, count] : figures.calls_by_shape) report_.calls_by_shape[shape] += count;
    for (const auto& [shape, count] : figures.replayed_by_shape) report_.replayed_by_shape[shape] += count;
    report_.text_without_model_call += figures.text_without_model_call;
    report_.incomplete_chains += figures.incomplete_chains;
    for (const model::Problem& problem : figures.problems) problems_.add(problem);
  }

  struct Built {
    model::Trajectory trajectory;
    build::BuildFigures figures;
    std::vector<record::Prepared> prepared;

    /// Memory that it takes, roughly.
    [[nodiscard]] std::size_t bytes() const {
      std::size_t sum = 0;
      for (const record::Prepared& of_writer : prepared) sum += of_writer.text.size();
      for (const model::TranscriptMessage& m : trajectory.main.messages)
        sum += sizeof m + m.message.content.size() + m.message.parts.size();
      return sum;
    }
  };

  /// Builds conversations and hands them on.
  base::Status build(std::vector<build::Conversation> conversations, const messages::Tables& tables) {
    const auto make = [&](std::size_t i) -> base::Result<Built> {
      Built built;
      built.trajectory = build::build_trajectory(std::exchange(conversations[i], {}), tables, built.figures);
      return built;
    };
    return in_order("building", conversations.size(), make, [&](const Built& built) {
      take_figures(built.figures);
      report_.count(built.trajectory);
    });
  }

  /// Hands on what was built out of turn.
  base::Status hand_on(const BuiltRecords& records) {
    const auto make = [&](std::size_t i) -> base::Result<Built> {
      auto trajectory = records.get(i);
      if (!trajectory) return std::move(trajectory).error();
      return Built{std::move(*trajectory), {}, {}};
    };
    return in_order("writing", records.count(), make, [](const Built&) {});
  }

  /// Makes trajectories on any thread and hands them on in their order, behind `take`.
  base::Status in_order(std::string_view stage, std::size_t count,
                        const std::function<base::Result<Built>(std::size_t)>& make,
                        const std::function<void(const Built&)>& take) {
    const base::Ahead ahead{k_ahead.places * options_.threads, k_ahead.bytes * options_.threads};
    std::vector<Built> ring(std::min(ahead.places, count));
    const auto work = [&](std::size_t i) -> base::Result<std::size_t> {
      if (hooks_.interrupted()) return interrupted();
      auto built = make(i);
      if (!built) return std::move(built).error();
      auto prepared = sink_.prepare(built->trajectory);
      if (!prepared) return std::move(prepared).error();
      built->prepared = std::move(*prepared);
      const std::size_t bytes = built->bytes();
      ring[i % ring.size()] = std::move(*built);
      return bytes;
    };
    const auto hand_over = [&](std::size_t i) -> base::Status {
      if (hooks_.interrupted()) return interrupted();
      Built built = std::exchange(ring[i % ring.size()], {});
      take(built);
      if (hooks_.progress) hooks_.progress(stage, i + 1, count);
      return sink_.take(built.trajectory, std::move(built.prepared));
    };
    return base::parallel_in_order(options_.threads, count, ahead, work, hand_over);
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
    merge(report_.problems, problems_.tallies());
    return std::move(report_);
  }

  const ImportOptions& options_;
  const Hooks& hooks_;
  const Sink& sink_;
  langsmith::RunSource& source_;
  std::string scratch_;
  std::uint64_t memory_;
  ImportReport report_;
  model::ProblemLog problems_;
  std::uint64_t inputs_ = 0;  ///< model calls of conversations that are built
  std::uint64_t without_input_ = 0;
  std::size_t built_ = 0;  ///< trajectories, in passes
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
  auto report = Importer(options, hooks, sink, *source, base::scratch_folder(options.storage.variable("TMPDIR"))).run();
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
  auto report =
      Importer(options, hooks, sink, *source, base::scratch_folder(options.storage.variable("TMPDIR"), output.folder))
          .run();
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
