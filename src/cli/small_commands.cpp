#include "cli/options.h"
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
  terminal.out << (talk.json ? inspection->json() : inspection->text());
  return inspection->rows_refused > 0 ? 3 : 0;
}

int run_convert(const std::string& from, const OutputFlags& flags, const TalkFlags& talk, Terminal& terminal) {
  auto output = output_options(flags);
  if (!output) return fail(terminal, output.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto report = pipeline::convert(from, *output, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (talk.json) terminal.out << "{\"trajectories\": " << report->trajectories << "}\n";
  else if (!talk.quiet) terminal.err << "converted " << pipeline::with_commas(report->trajectories) << " trajectories to " << output->folder << "\n";
  int status = 0;
  for (const auto& [kind, tally] : report->problems) {
    if (tally.severity == model::Severity::k_refused) status = 3;
    for (const model::Problem& example : tally.examples) terminal.err << "trajectory: " << kind << ": " << example.place << ": " << example.detail << "\n";
  }
  return status;
}

int run_verify(const SourceOptions& source, const TalkFlags& talk, Terminal& terminal) {
  SourceOptions sources = source;
  if (sources.sources.size() < 2) return fail(terminal, {base::ErrorCode::k_usage, "verify needs SOURCE... and, last, the DATASET"});
  const std::string dataset = sources.sources.back();
  sources.sources.pop_back();
  auto options = import_options(sources);
  if (!options) return fail(terminal, options.error());
  Progress progress(terminal, talk.quiet || talk.json);
  const auto report = pipeline::verify(*options, dataset, progress.hooks());
  progress.clear();
  if (!report) return fail(terminal, report.error());
  std::uint64_t calls = 0;
  std::uint64_t exact = 0;
  std::string shapes;
  for (const auto& [shape, count] : report->calls_by_shape) {
    const auto replayed = report->replayed_by_shape.find(shape);
    const std::uint64_t same = replayed == report->replayed_by_shape.end() ? 0 : replayed->second;
    calls += count;
    exact += same;
    shapes += (shapes.empty() ? "" : ", ") + ("\"" + shape + "\": [" + std::to_string(same) + ", " + std::to_string(count) + "]");
  }
  if (talk.json) {
    terminal.out << "{\"trajectories\": " << report->trajectories << ", \"calls\": " << calls << ", \"exact\": " << exact << ", \"incomplete_chains\": " << report->incomplete_chains
                 << ", \"not_in_source\": " << report->not_in_source << ", \"by_shape\": {" << shapes << "}}\n";
  } else if (!talk.quiet) {
    terminal.out << pipeline::with_commas(exact) << " of " << pipeline::with_commas(calls) << " model calls of " << pipeline::with_commas(report->trajectories)
                 << " trajectories replay exactly\n";
    for (const auto& [shape, count] : report->calls_by_shape) {
      const auto replayed = report->replayed_by_shape.find(shape);
      terminal.out << "  " << shape << " " << (replayed == report->replayed_by_shape.end() ? 0 : replayed->second) << "/" << count << "\n";
    }
    if (report->incomplete_chains > 0) terminal.out << "  " << report->incomplete_chains << " stateful calls whose chain is not in the source, counted apart\n";
    if (report->not_in_source > 0) terminal.out << "  " << report->not_in_source << " calls whose runs are not in the source\n";
    for (const auto& [shape, tally] : report->differences)
      for (const model::Problem& example : tally.examples) terminal.out << "  differs: " << shape << ", run " << example.place << ", " << example.detail << "\n";
  }
  if (report->not_in_source > 0) {
    terminal.err << "trajectory: the dataset holds calls that the source lacks: was it made from another export?\n";
    return 1;
  }
  return report->differing() > 0 ? 3 : 0;
}

int print_completion(const std::string& shell, Terminal& terminal) {
  std::string names;
  for (const Command& command : commands()) names += (names.empty() ? "" : " ") + std::string(command.name);
  if (shell == "fish") {
    for (const Command& command : commands())
      terminal.out << "complete -c trajectory -n __fish_use_subcommand -a " << command.name << " -d '" << command.summary << "'\n";
    return 0;
  }
  if (shell == "zsh") terminal.out << "autoload -U +X bashcompinit && bashcompinit\n";
  terminal.out << "_trajectory() {\n"
                  "  local word=${COMP_WORDS[COMP_CWORD]}\n"
                  "  if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '"
               << names
               << "' -- \"$word\"))\n"
                  "  elif [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$(trajectory ${COMP_WORDS[1]} --help 2>/dev/null | grep -oE -- '--[a-z-]+')\" -- \"$word\"))\n"
                  "  else COMPREPLY=($(compgen -f -- \"$word\")); fi\n"
                  "}\n"
                  "complete -F _trajectory trajectory\n";
  return 0;
}

}  // namespace

Command inspect_command() {
  return {"inspect", "Say what an export holds, without importing it", "trajectory inspect export/", [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            add_source(app, *source);
            app.add_option("--keys", source->keys, "Metadata keys that name the conversation, best first [conversation_id,thread_id,session_id]");
            add_machine(app, *source);
            add_talk(app, *talk);
            return [source, talk](Terminal& terminal) { return run_inspect(*source, *talk, terminal); };
          }};
}

Command convert_command() {
  return {"convert", "Write a dataset in other forms", "trajectory convert dataset --format json --out saved", [](CLI::App& app) -> std::function<int(Terminal&)> {
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
  return {"verify", "Replay every model call of a dataset against its source", "trajectory verify export/ dataset", [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto source = std::make_shared<SourceOptions>();
            auto talk = std::make_shared<TalkFlags>();
            app.add_option("SOURCE... DATASET", source->sources, "What was imported, and last the dataset (or JSON lines) that came of it")->required();
            add_machine(app, *source);
            add_talk(app, *talk);
            return [source, talk](Terminal& terminal) { return run_verify(*source, *talk, terminal); };
          }};
}

Command completion_command() {
  return {"completion", "Print a completion script for a shell", "trajectory completion bash > ~/.local/share/bash-completion/completions/trajectory", [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto shell = std::make_shared<std::string>();
            app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
            return [shell](Terminal& terminal) { return print_completion(*shell, terminal); };
          }};
}

}  // namespace trajectory::cli
