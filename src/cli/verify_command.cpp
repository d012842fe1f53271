#include "cli/options.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "pipeline/verify.h"

namespace trajectory::cli {

namespace {

int run_verify(const SourceOptions& source, const TalkFlags& talk, Terminal& terminal) {
  SourceOptions sources = source;
  if (sources.sources.size() < 2)
    return fail(terminal, {base::ErrorCode::k_usage, "verify needs SOURCE... and, last, the DATASET"});
  const std::string dataset = sources.sources.back();
  sources.sources.pop_back();
  auto options = import_options(sources, terminal);
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
  return report->differing() + report->messages_differing > 0 ? 3 : 0;
}

}  // namespace

Command verify_command() {
  return {"verify", "Replay every model call of a dataset against its source", "trajectory verify export/ dataset",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            app.add_option("SOURCE... DATASET", source->sources,
                           "What was imported, and last the dataset (or JSON lines) that came of it")
                ->required();
            add_storage(app, *source);
            add_threads(app, *source);
            add_memory(app, *source);
            add_talk(app, *talk);
            return [source, talk](Terminal& terminal) { return run_verify(*source, *talk, terminal); };
          }};
}

}  // namespace trajectory::cli
