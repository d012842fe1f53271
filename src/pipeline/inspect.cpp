#include "pipeline/inspect.h"

#include <algorithm>

#include "base/time.h"
#include "build/build.h"
#include "json/write.h"
#include "pipeline/read_facts.h"

namespace trajectory::pipeline {

namespace {

std::string counts_json(const std::map<std::string, std::uint64_t>& counts) {
  std::string out = "{";
  for (const auto& [name, count] : counts) {
    if (out.size() > 1) out.append(", ");
    json::append_string(out, name);
    out.append(": ").append(std::to_string(count));
  }
  return out + "}";
}

using json::quoted;

std::string time_json(const std::optional<model::Micros>& time) {
  return time ? quoted(base::format_time(*time)) : "null";
}

std::string list_of(const std::map<std::string, std::uint64_t>& counts, std::uint64_t total) {
  std::string out;
  for (const auto& [name, count] : counts) {
    out.append(out.empty() ? "" : ", ").append(name).append(" ").append(with_commas(count));
    if (total > 0) out.append(" (").append(std::to_string((count * 100 + total / 2) / total)).append(" %)");
  }
  return out;
}

std::uint64_t total_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

}  // namespace

base::Result<Inspection> inspect(const ImportOptions& options, const Hooks& hooks) {
  auto source = langsmith::RunSource::open(options.sources);
  if (!source) return std::move(source).error();
  messages::Tables tables;
  auto facts = read_facts(*source, tables, options, Depth::k_shapes, 0, nullptr, hooks);
  if (!facts) return std::move(facts).error();
  Inspection out;
  for (const langsmith::SourceFile& file : source->files())
    out.files.push_back({file.path, file.bytes, file.rows, file.missing_columns});
  out.other_files = source->other_files();
  out.rows = source->rows_read();
  out.rows_refused = source->rows_refused();
  for (const messages::RunFacts& run : facts->runs) {
    ++out.rows_by_project[std::string(tables.texts.get(run.project_id))];
    ++out.rows_by_type[std::string(model::run_type_name(run.type))];
    if (!run.start_time) continue;
    out.first_start = std::min(out.first_start.value_or(*run.start_time), *run.start_time);
    out.last_start = std::max(out.last_start.value_or(*run.start_time), *run.start_time);
  }
  for (const auto& [shape, count] : facts->census.calls_by_shape) out.calls_by_shape[shape] = count;
  build::BuildFigures figures;
  for (const build::Conversation& conversation :
       build::group_runs(std::move(facts->runs), options.selection.thread_keys, tables, figures)) {
    ++out.conversations;
    out.traces += conversation.traces.size();
    ++out.conversations_by_key[conversation.thread_key.empty() ? "trace id" : conversation.thread_key];
  }
  model::ProblemLog of_structure;
  for (const model::Problem& problem : figures.problems) of_structure.add(problem);
  out.problems = of_structure.tallies();
  merge(out.problems, facts->row_problems);
  merge(out.problems, facts->payload_problems);
  return out;
}

std::string Inspection::json() const {
  std::string out = "{\n  \"files\": [";
  for (std::size_t i = 0; i < files.size(); ++i) {
    out.append(i > 0 ? "," : "")
        .append("\n    {\"path\": ")
        .append(quoted(files[i].path))
        .append(", \"bytes\": ")
        .append(std::to_string(files[i].bytes))
        .append(", \"rows\": ");
    out.append(std::to_string(files[i].rows)).append(", \"missing_columns\": [");
    for (std::size_t k = 0; k < files[i].missing_columns.size(); ++k)
      out.append(k > 0 ? ", " : "").append(quoted(files[i].missing_columns[k]));
    out.append("]}");
  }
  out.append("\n  ],\n  \"other_files\": ").append(std::to_string(other_files));
  const auto member = [&](std::string_view name, const std::string& value) {
    out.append(",\n  \"").append(name).append("\": ").append(value);
  };
  member("rows", std::to_string(rows));
  member("rows_refused", std::to_string(rows_refused));
  member("first_start", time_json(first_start));
  member("last_start", time_json(last_start));
  member("rows_by_project", counts_json(rows_by_project));
  member("traces", std::to_string(traces));
  member("conversations", std::to_string(conversations));
  member("conversations_by_key", counts_json(conversations_by_key));
  member("rows_by_type", counts_json(rows_by_type));
  member("calls_by_shape", counts_json(calls_by_shape));
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [kind, tally] : problems) counts[kind] = tally.count;
  member("problems", counts_json(counts));
  return out + "\n}\n";
}

std::string Inspection::text() const {
  std::string out;
  const auto row = [&](std::string_view name, const std::string& value) {
    out.append(name).append(std::string(name.size() < 16 ? 16 - name.size() : 1, ' ')).append(value).append("\n");
  };
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> missing;
  for (const ImportReport::File& file : files) {
    bytes += file.bytes;
    for (const std::string& column : file.missing_columns) ++missing[column];
  }
  row("files", with_commas(files.size()) + " (" + human_bytes(bytes) + ")" +
                   (other_files > 0 ? ", " + with_commas(other_files) + " other files" : ""));
  row("rows", with_commas(rows) + (rows_refused > 0 ? ", " + with_commas(rows_refused) + " of them no runs" : ""));
  if (first_start) row("time span", base::format_time(*first_start) + " to " + base::format_time(*last_start));
  row("projects", with_commas(rows_by_project.size()));
  for (const auto& [project, count] : rows_by_project)
    row("", (project.empty() ? std::string("(none)") : project) + "  " + with_commas(count) + " rows");
  row("traces", with_commas(traces));
  row("conversations", with_commas(conversations) + ": " + list_of(conversations_by_key, 0));
  row("run types", list_of(rows_by_type, 0));
  row("payload shapes", list_of(calls_by_shape, total_of(calls_by_shape)));
  if (!missing.empty()) row("missing columns", list_of(missing, 0) + " (files without them)");
  for (const auto& [kind, tally] : problems)
    row("problem",
        kind + " " + with_commas(tally.count) +
            (tally.examples.empty() ? ""
                                    : ", e.g. " + tally.examples.front().place + ": " + tally.examples.front().detail));
  return out;
}

}  // namespace trajectory::pipeline
