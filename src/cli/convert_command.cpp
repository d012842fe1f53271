#include "cli/options.h"
#include "cli/printable.h"
#include "cli/progress.h"
#include "pipeline/convert.h"
#include "pipeline/report_text.h"

namespace trajectory::cli {

namespace {

int run_convert(const std::string& from, const OutputFlags& flags, const TalkFlags& talk, Terminal& terminal) {
  auto output = output_options(flags);
  if (!output) return fail(terminal, output.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto report = pipeline::convert(from, *output, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (talk.json) terminal.out << "{\"trajectories\": " << report->trajectories << "}\n";
  else if (!talk.quiet)
    terminal.err << "converted " << pipeline::counted(report->trajectories, "trajectory", "trajectories") << " to "
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

}  // namespace

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

}  // namespace trajectory::cli
