#include "cli/options.h"
#include "cli/printable.h"
#include "pipeline/convert.h"
#include "pipeline/inspect.h"
#include "pipeline/verify.h"

namespace trajectory::cli {

namespace {

int run_inspect(const SourceOptions& source, const TalkFlags& talk, Terminal& terminal) {
  auto options = import_options(source);
  if (!options) return fail(terminal, options.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto inspection = pipeline::inspect(*options, progress.hooks());
  progress.clear();
  if (!inspection) return fail(terminal, inspection.error());
  terminal.out << (talk.json ? inspection->json() : printable(inspection->text()));
  if (inspection->rows_refused == 0) return 0;
  terminal.err << "trajectory: " << pipeline::with_commas(inspection->rows_refused)
               << " rows are no runs: an import would refuse them\n";
  return 3;
}

int run_convert(const std::string& from, const OutputFlags& flags, const TalkFlags& talk, Terminal& terminal) {
  auto output = output_options(flags);
  if (!output) return fail(terminal, output.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto report = pipeline::convert(from, *output, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (talk.json) terminal.out << "{\"trajectories\": " << report->trajectories << "}\n";
  else if (!talk.quiet)
    terminal.err << "converted " << pipeline::with_commas(report->trajectories) << " trajectories to "
                 << printable(output->folder, true) << "\n";
  int status = 0;
  for (const auto& [kind, tally] : report->problems) {
    if (tally.severity == model::Severity::k_refused) status = 3;
    if (talk.quiet && tally.severity != model::Severity::k_refused) continue;
    for (const model::Problem& example : tally.examples)
      terminal.err << "trajectory: " << printable(kind + ": " + example.place + ": " + example.detail, true) << "\n";
  }
  return status;
}

int run_verify(const SourceOptions& source, const TalkFlags& talk, Terminal& terminal) {
  SourceOptions sources = source;
  if (sources.sources.size() < 2)
    return fail(terminal, {base::ErrorCode::k_usage, "verify needs SOURCE... and, last, the DATASET"});
  const std::string dataset = sources.sources.back();
  sources.sources.pop_back();
  auto options = import_options(sources);
  if (!options) return fail(terminal, options.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto report = pipeline::verify(*options, dataset, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (talk.json) terminal.out << report->json();
  else if (!talk.quiet) terminal.out << printable(report->text());
  if (report->not_in_source > 0) {
    terminal.err << "trajectory: the dataset holds calls that the source lacks: was it made from another export?\n";
    return 1;
  }
  return report->differing() > 0 ? 3 : 0;
}

}  // namespace

Command inspect_command() {
  return {"inspect", "Say what an export holds, without importing it", "trajectory inspect export/",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            add_source(app, *source);
            app.add_option(
                "--keys", source->keys,
                "Metadata keys that name the conversation, best first [conversation_id,thread_id,session_id]");
            add_threads(app, *source);
            add_talk(app, *talk);
            return [source, talk](Terminal& terminal) { return run_inspect(*source, *talk, terminal); };
          }};
}

Command convert_command() {
  return {"convert", "Write a dataset in other forms", "trajectory convert dataset --format json --out saved",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto from = std::make_shared<std::string>();
            auto flags = std::make_shared<OutputFlags>();
            auto talk = std::make_shared<TalkFlags>();
            app.add_option("DATASET", *from, "A dataset, or a file of native JSON lines")->required();
            app.add_option("--out", flags->out, "The folder to write; it appears whole or not at all")->required();
            add_output(app, *flags);
            add_talk(app, *talk);
            return [from, flags, talk](Terminal& terminal) { return run_convert(*from, *flags, *talk, terminal); };
          }};
}

Command verify_command() {
  return {"verify", "Replay every model call of a dataset against its source", "trajectory verify export/ dataset",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            app.add_option("SOURCE... DATASET", source->sources,
                           "What was imported, and last the dataset (or JSON lines) that came of it")
                ->required();
            add_threads(app, *source);
            add_memory(app, *source);
            add_talk(app, *talk);
            return [source, talk](Terminal& terminal) { return run_verify(*source, *talk, terminal); };
          }};
}

}  // namespace trajectory::cli
