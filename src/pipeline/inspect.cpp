#include "pipeline/inspect.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/time.h"
#include "build/build.h"
#include "json/write.h"
#include "pipeline/forgetful_extractor.h"
#include "pipeline/read_facts.h"

namespace trajectory::pipeline {

namespace {

std::string time_json(const std::optional<model::Micros>& time) {
  return time ? json::quoted(base::format_time(*time)) : "null";
}

/// What one thread looks at runs with, and what places those that it has seen.
class Looker {
 public:
  Looker(messages::Tables& tables, const messages::ExtractOptions& options)
      : places_(tables, options), calls_(options) {}

  void look(const model::Run& run, model::ProblemLog& problems) {
    // Without run types it takes the payloads of a whole trace to tell what a run is.
    const bool untyped = run.type == model::RunType::k_unknown;
    runs.push_back(untyped ? places_.extract(run) : places_.extract_structure(run));
    std::vector<model::Problem> found = places_.take_problems();
    if (run.type == model::RunType::k_llm) {
      messages::Extractor& calls = calls_.next();
      (void)calls.extract(run);
      found = calls.take_problems();  // those of the structure, too
    }
    for (const model::Problem& problem : found) problems.add(problem);
  }

  void finish(Inspection& out) {
    messages::Census census = calls_.finish();
    census.add(places_.census());
    for (const auto& [shape, count] : census.calls_by_shape) out.calls_by_shape[shape] += count;
  }

  std::deque<messages::RunFacts> runs;

 private:
  messages::Extractor places_;
  ForgetfulExtractor calls_;
};

}  // namespace

base::Result<Inspection> inspect(const ImportOptions& options, const Hooks& hooks) {
  auto source = langsmith::RunSource::open(options.sources, options.streams, options.storage);
  if (!source) return std::move(source).error();
  messages::Tables tables;
  model::ProblemLog problems;
  std::vector<Looker> lookers;
  lookers.reserve(options.threads);
  for (unsigned i = 0; i < options.threads; ++i)
    lookers.emplace_back(tables, messages::ExtractOptions{options.selection.thread_keys});
  TJ_TRY(read_runs(*source, options, "looking over", nullptr, problems, hooks,
                   [&](std::span<const model::Run> runs, unsigned worker) -> base::Status {
                     for (const model::Run& run : runs) lookers[worker].look(run, problems);
                     return {};
                   }));
  Inspection out;
  for (const langsmith::SourceFile& file : source->files())
    out.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
  out.other_files = source->other_files();
  out.rows = source->rows_read();
  out.rows_refused = source->rows_refused();
  std::vector<messages::RunFacts> runs;
  for (Looker& looker : lookers) {
    looker.finish(out);
    std::ranges::move(std::exchange(looker.runs, {}), std::back_inserter(runs));
  }
  for (const messages::RunFacts& run : runs) {
    ++out.rows_by_project[std::string(tables.texts.get(run.project_id))];
    ++out.rows_by_type[std::string(model::run_type_name(run.type))];
    if (!run.start_time) continue;
    out.first_start = std::min(out.first_start.value_or(*run.start_time), *run.start_time);
    out.last_start = std::max(out.last_start.value_or(*run.start_time), *run.start_time);
  }
  build::BuildFigures figures;
  for (const build::Conversation& conversation :
       build::group_runs(std::move(runs), options.selection.thread_keys, tables, figures, options.threads)) {
    ++out.conversations;
    out.traces += conversation.traces.size();
    ++out.conversations_by_key[conversation.thread_key.empty() ? "trace id" : conversation.thread_key];
  }
  for (const model::Problem& problem : figures.problems) problems.add(problem);
  out.problems = problems.tallies();
  return out;
}

std::string Inspection::json() const {
  JsonPage page;
  page.files("files", files);
  page.number("other_files", other_files);
  page.number("rows", rows);
  page.number("rows_refused", rows_refused);
  page.literal("first_start", time_json(first_start));
  page.literal("last_start", time_json(last_start));
  page.counts("rows_by_project", rows_by_project);
  page.number("traces", traces);
  page.number("conversations", conversations);
  page.counts("conversations_by_key", conversations_by_key);
  page.counts("rows_by_type", rows_by_type);
  page.counts("calls_by_shape", calls_by_shape);
  page.object("problems", problems, [](const model::ProblemTally& tally) { return std::to_string(tally.count); });
  return page.text();
}

std::string Inspection::text() const {
  std::string out;
  const auto row = [&](std::string_view name, const std::string& value) {
    out.append(name).append(std::string(name.size() < 16 ? 16 - name.size() : 1, ' ')).append(value).append("\n");
  };
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> missing;
  for (const ReportFile& file : files) {
    bytes += file.bytes;
    for (const std::string& column : file.missing_columns) ++missing[column];
  }
  row("files", with_commas(files.size()) + " (" + human_bytes(bytes) + ")" +
                   (other_files > 0 ? ", " + counted(other_files, "other file") : ""));
  row("rows", with_commas(rows) + (rows_refused > 0 ? ", " + with_commas(rows_refused) + " of them not usable" : ""));
  if (first_start) row("time span", base::format_time(*first_start) + " to " + base::format_time(*last_start));
  row("projects", with_commas(rows_by_project.size()));
  for (const auto& [project, count] : rows_by_project)
    row("", (project.empty() ? std::string("(none)") : project) + "  " + counted(count, "row"));
  row("traces", with_commas(traces));
  row("conversations", with_commas(conversations) + ": " + list_of(conversations_by_key));
  if (!rows_by_type.empty()) row("run types", list_of(rows_by_type));
  if (!calls_by_shape.empty()) row("payload shapes", list_of(calls_by_shape, total_of(calls_by_shape)));
  std::string columns;
  for (const auto& [name, count] : missing) {
    columns.append(columns.empty() ? "" : ", ").append(name);
    if (count < files.size())
      columns.append(" (in " + with_commas(count) + " of " + counted(files.size(), "file") + ")");
  }
  if (!columns.empty()) row("missing columns", columns);
  for (const auto& [kind, tally] : problems)
    row("problem",
        kind + " " + with_commas(tally.count) +
            (tally.examples.empty() ? ""
                                    : ", e.g. " + tally.examples.front().place + ": " + tally.examples.front().detail));
  return out;
}

}  // namespace trajectory::pipeline
