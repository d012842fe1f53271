#include "cli/options.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "pipeline/inspect.h"
#include "pipeline/report_text.h"

namespace trajectory::cli {

namespace {

int run_inspect(const SourceOptions& source, const TalkFlags& talk, Terminal& terminal) {
  auto options = import_options(source, terminal);
  if (!options) return fail(terminal, options.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto inspection = pipeline::inspect(*options, progress.hooks());
  progress.clear();
  if (!inspection) return fail(terminal, inspection.error());
  terminal.out << (talk.json ? inspection->json() : printable(inspection->text()));
  if (inspection->rows_refused == 0) return 0;
  terminal.err << "trajectory: " << pipeline::counted(inspection->rows_refused, "row")
               << " not usable: an import would refuse as many\n";
  return 3;
}

}  // namespace

Command inspect_command() {
  return {"inspect", "Say what an export holds, without importing it", "trajectory inspect export/",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            add_source(app, *source);
            add_keys(app, *source);
            add_threads(app, *source);
            add_talk(app, *talk, "No progress, the result alone");
            return [source, talk](Terminal& terminal) { return run_inspect(*source, *talk, terminal); };
          }};
}

}  // namespace trajectory::cli
