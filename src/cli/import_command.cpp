#include "cli/live_import.h"
#include "cli/options.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "pipeline/outputs.h"
#include "pipeline/report_text.h"

namespace trajectory::cli {

namespace {

struct Options {
  SourceOptions source;
  OutputFlags output;
  TalkFlags talk;
  LiveOptions live;
  std::string report;
  bool dry_run = false;
  bool strict = false;
  bool no_feedback = false;
};

/// Where the problems are named.
std::string where(const pipeline::OutputOptions& output) {
  const bool in_folder = !output.folder.empty() && output.formats != std::vector{record::Format::k_json};
  if (output.report_file.empty() && !in_folder) return "the report names them: --report FILE keeps it";
  return "see " + printable(in_folder ? output.folder + "/report.json" : output.report_file, true);
}

int run_import(const Options& options, Terminal& terminal) {
  auto import = import_options(options.source, terminal);
  if (!import) return fail(terminal, import.error());
  import->selection.feedback = !options.no_feedback;
  auto output = output_options(options.output);
  if (!output) return fail(terminal, output.error());
  if (options.dry_run) output->folder.clear();
  else if (output->folder.empty())
    return fail(terminal, {base::ErrorCode::k_usage, "import needs --out DIR, or --dry-run to write nothing"});
  output->report_file = options.report;
  output->strict = options.strict;

  Progress progress(terminal, options.talk.quiet || options.talk.json);
  std::optional<live::Journal> journal;
  if (is_live(options.source)) {
    // An output that cannot be written is better known before the fetching than after it.
    model::ProblemLog ignored;
    if (!output->folder.empty())
      if (const auto place = pipeline::Outputs::create(*output, ignored); !place) return fail(terminal, place.error());
    const auto request = live_request(options.source, options.live, options.output.out, terminal);
    if (!request) return fail(terminal, request.error());
    const auto fetched =
        fetch_live(*request, *import, journal, progress, terminal, options.talk.quiet || options.talk.json);
    if (!fetched) return fail(terminal, fetched.error());
  } else if (const auto none = no_live_options(options.live); !none.ok()) {
    return fail(terminal, none.error());
  }
  auto report = pipeline::import_to_folder(*import, *output, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (journal)
    if (const auto removed = std::move(*journal).remove(); !removed) return fail(terminal, removed.error());
  if (options.talk.json) terminal.out << report->json();
  else if (!options.talk.quiet) {
    terminal.err << printable(report->text());
    if (!output->folder.empty()) terminal.err << "  written to            " << printable(output->folder, true) << "\n";
  }
  if (!report->adds_up()) {
    terminal.err << "trajectory: the counts of the report do not add up: this is a bug, please report it\n";
    return 3;
  }
  if (report->refused() == 0) return 0;
  terminal.err << "trajectory: done, but not with everything: " << report->refusals() << " (" << where(*output)
               << ")\n";
  return 3;
}

}  // namespace

Command import_command() {
  return {"import", "Import runs into trajectories", "trajectory import export/ --out dataset --since 7d",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto options = std::make_shared<Options>();
            add_source(app, options->source);
            app.add_option("--out", options->output.out, "The folder to write; it appears whole or not at all");
            add_output(app, options->output);
            add_selection(app, options->source);
            add_threads(app, options->source);
            add_memory(app, options->source);
            app.add_option("--report", options->report, "Also write the import report to this file");
            app.add_flag("--dry-run", options->dry_run, "Read and build everything, write nothing");
            app.add_flag("--strict", options->strict, "Fail, and write nothing, when any data is refused");
            app.add_flag("--no-feedback", options->no_feedback, "Do not turn feedback into rewards");
            add_live(app, options->live);
            add_filters(app, options->live.filter, options->live.trace_filter);
            add_talk(app, options->talk);
            return [options](Terminal& terminal) { return run_import(*options, terminal); };
          }};
}

}  // namespace trajectory::cli
