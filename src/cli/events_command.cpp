#include "base/clock.h"
#include "cli/options.h"
#include "cli/platform_access.h"
#include "cli/printable.h"
#include "pipeline/report_text.h"
#include "platform/client/events.h"

namespace trajectory::cli {

namespace {

namespace client = platform::client;

struct Options {
  std::string file;
  PlatformOptions platform;
  TalkFlags talk;
};

int run_push(const Options& options, Terminal& terminal) {
  const auto events = client::open_events(options.file);
  if (!events) return fail(terminal, events.error());
  const auto access = find_platform(options.platform, terminal);
  if (!access) return fail(terminal, access.error());
  Progress progress(terminal, options.talk.quiet || options.talk.json);
  const auto service = client::Service::open(*access, base::system_clock(terminal.stop), platform_hooks(progress));
  if (!service) return fail(terminal, service.error());
  const auto report = client::push_events(*service, *events, {});
  progress.clear();
  if (!report) return fail(terminal, report.error());
  if (options.talk.json) terminal.out << report->json() << "\n";
  else if (!options.talk.quiet)
    terminal.err << "pushed " << pipeline::counted(report->pushed, "event", "events") << "\n";
  for (const std::string& error : report->errors)
    terminal.err << "trajectory: left out: " << printable(error, true) << "\n";
  return report->skipped > 0 ? 3 : 0;
}

}  // namespace

Command events_command() {
  return {"events", "Push events to the platform", "trajectory events push events.jsonl",
          [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto options = std::make_shared<Options>();
            app.require_subcommand(1);
            CLI::App* push = app.add_subcommand("push", "Push the events of a file; invalid ones are left out");
            push->add_option("FILE", options->file, "JSON lines of events, or one JSON array")->required();
            add_platform(*push, options->platform);
            add_talk(*push, options->talk);
            return [options](Terminal& terminal) { return run_push(*options, terminal); };
          }};
}

}  // namespace trajectory::cli
