#include "pipeline/import.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/output_folder.h"
#include "base/scratch_file.h"
#include "base/time.h"
#include "json/write.h"
#include "pipeline/importer.h"
#include "pipeline/memory.h"
#include "pipeline/outputs.h"
#include "pipeline/select.h"

namespace trajectory::pipeline {

namespace {

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
  const Sink sink{{}, [&](const model::Trajectory& trajectory, auto) { return consumer(trajectory); }};
  auto report = run_import(options, hooks, sink, *source, base::scratch_folder(options.storage.variable("TMPDIR")));
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
  Sink sink{{}, [](const model::Trajectory&, auto) { return base::Status(); }};
  if (outputs)
    sink = {[&](const model::Trajectory& trajectory) { return outputs->prepare(trajectory); },
            [&](const model::Trajectory& trajectory, std::vector<record::Prepared> prepared) {
              return outputs->add(trajectory, std::move(prepared));
            }};
  auto report = run_import(options, hooks, sink, *source,
                           base::scratch_folder(options.storage.variable("TMPDIR"), output.folder));
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
