#include "cli/live_import.h"
#include "cli/printable.h"
#include "cli/table_text.h"
#include "live/sync_folder.h"

namespace trajectory::cli {

namespace {

struct Options {
  SourceOptions source;
  OutputFlags output;
  LiveOptions live;
  TalkFlags talk;
};

int run_sync(const Options& options, Terminal& terminal) {
  if (!is_live(options.source) || options.output.out.empty())
    return fail(terminal, {base::ErrorCode::k_usage, "sync needs langsmith://PROJECT and --out DIR"});
  auto import = import_options(options.source, terminal);
  if (!import) return fail(terminal, import.error());
  auto output = output_options(options.output);
  if (!output) return fail(terminal, output.error());
  auto folder = live::SyncFolder::open(output->folder);
  if (!folder) return fail(terminal, folder.error());
  auto request = live_request(options.source, options.live, output->folder, terminal);
  if (!request) return fail(terminal, request.error());
  folder->narrow(*request);

  const bool quiet = options.talk.quiet || options.talk.json;
  Progress progress(terminal, quiet);
  std::optional<live::Journal> journal;
  const auto fetched = fetch_live(*request, *import, journal, progress, terminal, quiet);
  if (!fetched) return fail(terminal, fetched.error());
  const auto news = folder->has_news(*fetched);
  if (!news) return fail(terminal, news.error());
  TableText table{{"change", "conversation", "version", "before"}, {}};
  std::size_t refused = 0;
  if (*news) {
    output->folder = folder->next();
    output->force = true;
    auto report = pipeline::import_to_folder(*import, *output, progress.hooks());
    progress.clear();
    if (!report) return fail(terminal, report.error());
    refused = report->refused();
    const auto changes = folder->take(*fetched);
    if (!changes) return fail(terminal, changes.error());
    for (const live::SyncChange& one : *changes)
      table.rows.push_back({one.before.empty() ? "new" : "grown", one.conversation, one.version, one.before});
  }
  if (const auto removed = std::move(*journal).remove(); !removed) return fail(terminal, removed.error());
  if (options.talk.json || (!options.talk.quiet && !table.rows.empty())) table.print(terminal.out, options.talk.json);
  else if (!options.talk.quiet) terminal.err << "nothing is new or has grown\n";
  if (refused == 0) return 0;
  terminal.err << "trajectory: done, but not with everything (see " << printable(output->folder + "/report.json", true)
               << ")\n";
  return 3;
}

}  // namespace

Command sync_command() {
  return {"sync", "Bring what is new or has grown in a project", "trajectory sync langsmith://my-project --out synced",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto options = std::make_shared<Options>();
            add_source(app, options->source);
            app.add_option("--out", options->output.out,
                           "The folder of versions: each run that brings something adds one, older ones stay");
            add_keys(app, options->source);
            add_threads(app, options->source);
            add_memory(app, options->source);
            add_live(app, options->live);
            add_talk(app, options->talk);
            return [options](Terminal& terminal) { return run_sync(*options, terminal); };
          }};
}

}  // namespace trajectory::cli
