#include "pipeline/import.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <unordered_set>

#include "base/threads.h"
#include "build/build.h"
#include "json/write.h"
#include "base/output_folder.h"
#include "pipeline/outputs.h"
#include "pipeline/read_facts.h"
#include "pipeline/select.h"

namespace trajectory::pipeline {

namespace {

using Consumer = std::function<base::Status(const model::Trajectory&)>;

/// Conversations that are built at once before they are handed on in order.
constexpr std::size_t k_window = 64;

/// Traces of a stretch of the sorted conversations, read in one pass.
using Stretch = std::unordered_set<std::string>;

class Importer {
 public:
  Importer(const ImportOptions& options, const Hooks& hooks, const Consumer& consumer, langsmith::RunSource& source) : options_(options), hooks_(hooks), consumer_(consumer), source_(source) {}

  base::Result<ImportReport> run() {
    // Everything in one pass, if it fits.
    {
      messages::Tables tables;
      model::ProblemLog problems;
      auto facts = read_facts(source_, tables, options_, Depth::k_everything, options_.memory, nullptr, hooks_, problems);
      if (!facts) return std::move(facts).error();
      if (!facts->too_large) {
        take_rows(problems);
        TJ_TRY(build(std::move(*facts), tables, report_.runs_set_aside));
        return finish();
      }
      bytes_per_row_ = static_cast<double>(facts->bytes) / static_cast<double>(std::max<std::uint64_t>(facts->read_rows, 1));
    }
    TJ_TRY(run_in_passes());
    return finish();
  }

 private:
  /// Learns which conversation each trace belongs to, then reads one stretch of conversations after another.
  base::Status run_in_passes() {
    std::vector<Stretch> stretches;
    {
      messages::Tables tables;
      model::ProblemLog problems;
      auto facts = read_facts(source_, tables, options_, Depth::k_structure, 0, nullptr, hooks_, problems);
      if (!facts) return std::move(facts).error();
      take_rows(problems);
      build::BuildFigures figures;
      auto conversations = build::group_runs(std::move(facts->runs), options_.selection.thread_keys, tables, figures);
      take_figures(std::move(figures));
      cut(select(std::move(conversations), options_.selection, report_.runs_set_aside), stretches);
    }
    report_.passes = static_cast<unsigned>(stretches.size() + 2);
    for (const Stretch& stretch : stretches) {
      messages::Tables tables;
      model::ProblemLog problems;
      auto facts = read_facts(source_, tables, options_, Depth::k_everything, 0, [&](std::string_view trace) { return stretch.contains(std::string(trace)); }, hooks_, problems);
      if (!facts) return std::move(facts).error();
      counted_before_ = true;
      std::map<std::string, std::uint64_t> counted_already;
      for (const auto& [kind, tally] : problems.tallies())
        if (!is_row_problem(kind))
          for (std::uint64_t i = 0; i < tally.count; ++i) problems_.add(tally.examples[std::min<std::size_t>(i, tally.examples.size() - 1)]);
      TJ_TRY(build(std::move(*facts), tables, counted_already));
    }
    return {};
  }

  /// Problems of rows as such: met again in every pass.
  static bool is_row_problem(std::string_view kind) { return kind == "row_without_id" || kind == "row_without_trace_id" || kind == "invalid_json_row"; }

  void cut(const std::vector<build::Conversation>& conversations, std::vector<Stretch>& stretches) const {
    const auto rows_per_pass = static_cast<std::uint64_t>(std::max(static_cast<double>(options_.memory) * 0.6 / bytes_per_row_, 1.0));
    std::uint64_t rows = rows_per_pass;
    for (const build::Conversation& conversation : conversations) {
      std::uint64_t size = 0;
      for (const build::Trace& trace : conversation.traces) size += trace.runs.size();
      if (rows + size > rows_per_pass) {
        stretches.emplace_back();
        rows = 0;
      }
      rows += size;
      for (const build::Trace& trace : conversation.traces) stretches.back().insert(trace.id);
    }
  }

  void take_rows(const model::ProblemLog& problems) {
    report_.rows_read = source_.rows_read();
    report_.rows_refused = source_.rows_refused();
    for (const auto& [kind, tally] : problems.tallies())
      for (std::uint64_t i = 0; i < tally.count; ++i) problems_.add(tally.examples[std::min<std::size_t>(i, tally.examples.size() - 1)]);
  }

  void take_figures(build::BuildFigures figures) {
    for (const auto& [use, count] : figures.runs_used) report_.runs_used[use] += count;
    for (const auto& [rule, count] : figures.runs_set_aside) report_.runs_set_aside[rule] += count;
    for (const auto& [shape, count] : figures.calls_by_shape) report_.calls_by_shape[shape] += count;
    for (const auto& [shape, count] : figures.replayed_by_shape) report_.replayed_by_shape[shape] += count;
    report_.text_without_model_call += figures.text_without_model_call;
    report_.incomplete_chains += figures.incomplete_chains;
    for (model::Problem& problem : figures.problems) problems_.add(std::move(problem));
  }

  base::Status build(Facts facts, const messages::Tables& tables, std::map<std::string, std::uint64_t>& set_aside) {
    report_.census.add(facts.census);
    build::BuildFigures grouping;
    auto conversations = build::group_runs(std::move(facts.runs), options_.selection.thread_keys, tables, grouping);
    if (!counted_before_) take_figures(std::move(grouping));
    conversations = select(std::move(conversations), options_.selection, set_aside);
    for (std::size_t begin = 0; begin < conversations.size(); begin += k_window) {
      const std::size_t count = std::min(k_window, conversations.size() - begin);
      std::vector<model::Trajectory> built(count);
      std::vector<build::BuildFigures> figures(count);
      TJ_TRY(base::parallel_for(options_.threads, count, [&](std::size_t i, unsigned) -> base::Status {
        if (hooks_.stop != nullptr && *hooks_.stop) return base::Error(base::ErrorCode::k_interrupted, "interrupted: nothing was written");
        built[i] = build::build_trajectory(conversations[begin + i], tables, figures[i]);
        conversations[begin + i] = {};
        return {};
      }));
      for (std::size_t i = 0; i < count; ++i) {
        take_figures(std::move(figures[i]));
        report_.count(built[i]);
        TJ_TRY(consumer_(built[i]));
      }
      if (hooks_.progress) hooks_.progress("building", begin + count, conversations.size());
    }
    return {};
  }

  ImportReport finish() {
    for (const langsmith::SourceFile& file : source_.files()) report_.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
    report_.other_files = source_.other_files();
    report_.problems = problems_.tallies();
    return std::move(report_);
  }

  const ImportOptions& options_;
  const Hooks& hooks_;
  const Consumer& consumer_;
  langsmith::RunSource& source_;
  ImportReport report_;
  model::ProblemLog problems_;
  double bytes_per_row_ = 0;
  bool counted_before_ = false;
};

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// What the dataset's manifest says of where it came from. File names depend on the split of the export, so only what
/// every split shares is in it.
std::string lineage_of(const ImportOptions& options) {
  std::string out = R"({"source": "langsmith-export", "thread_keys": [)";
  for (std::size_t i = 0; i < options.selection.thread_keys.size(); ++i) {
    if (i > 0) out.append(", ");
    json::append_string(out, options.selection.thread_keys[i]);
  }
  out.append("]");
  if (!options.selection.project.empty()) {
    out.append(", \"project\": ");
    json::append_string(out, options.selection.project);
  }
  return out + "}";
}

}  // namespace

base::Result<ImportReport> import_trajectories(const ImportOptions& options, const Hooks& hooks, const Consumer& consumer) {
  const auto start = std::chrono::steady_clock::now();
  auto source = langsmith::RunSource::open(options.sources);
  if (!source) return std::move(source).error();
  auto report = Importer(options, hooks, consumer, *source).run();
  if (!report) return report;
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->peak_memory = peak_memory();
  return report;
}

base::Result<ImportReport> import_to_folder(const ImportOptions& options, const OutputOptions& output, const Hooks& hooks) {
  model::ProblemLog output_problems;
  std::vector<Outputs> outputs;
  if (!output.folder.empty()) {
    auto created = Outputs::create(output, output_problems);
    if (!created) return std::move(created).error();
    outputs.push_back(std::move(*created));
  }
  const auto start = std::chrono::steady_clock::now();
  auto report = import_trajectories(options, hooks, [&](const model::Trajectory& trajectory) -> base::Status {
    if (!outputs.empty()) return outputs.front().add(trajectory);
    return {};
  });
  if (!report) return report;
  for (auto& [kind, tally] : output_problems.tallies()) report->problems[kind] = tally;
  if (output.strict && report->refused() > 0) {
    std::string kinds;
    for (const auto& [kind, tally] : report->problems)
      if (tally.severity == model::Severity::k_refused) kinds.append(kinds.empty() ? "" : ", ").append(kind + " " + std::to_string(tally.count));
    return base::Error(base::ErrorCode::k_refused_data, "some data was refused (" + kinds + "): nothing was written because of --strict");
  }
  if (!outputs.empty()) TJ_TRY(outputs.front().finish(lineage_of(options)));
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report->peak_memory = peak_memory();
  const std::string json = report->json();
  if (!outputs.empty()) TJ_TRY(outputs.front().commit(json));
  if (!output.report_file.empty()) TJ_TRY(base::write_file(output.report_file, json));
  return report;
}

std::uint64_t usable_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  std::uint64_t bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t limit = 0;
    if (std::ifstream(path) >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

}  // namespace trajectory::pipeline
