#include "base/clock.h"
#include "cli/live_import.h"
#include "cli/printable.h"
#include "cli/table_text.h"
#include "live/doctor.h"
#include "live/find_access.h"

namespace trajectory::cli {

namespace {

struct Options {
  AccessOptions access;
  SourceOptions source;  // the storage options alone
  std::string project;
  std::string destination;
  std::string bucket;
  std::string out = ".";
  bool json = false;
};

std::string word(live::Health health) {
  if (health == live::Health::k_good) return "ok";
  return health == live::Health::k_bad ? "FAILS" : "look";
}

int run_doctor(const Options& options, Terminal& terminal) {
  auto access = find_access(options.access, terminal);
  if (!access) return fail(terminal, access.error());
  auto import = import_options(options.source, terminal);
  if (!import) return fail(terminal, import.error());
  live::Examination examination;
  examination.access = std::move(*access);
  examination.project = options.project;
  examination.destination = options.destination;
  examination.bucket = options.bucket;
  examination.storage = import->storage;
  examination.states = live::states_folder(terminal.environment);
  examination.folders = {examination.states, options.out};
  live::Hooks hooks;
  hooks.stop = terminal.stop;
  const auto findings = live::examine(examination, base::system_clock(terminal.stop), hooks);
  TableText table{{"", "", ""}, {}};
  if (options.json) table.columns = {"health", "what", "text"};
  bool bad = false;
  for (const live::Finding& one : findings) {
    table.rows.push_back({word(one.health), one.what, one.text});
    bad |= one.health == live::Health::k_bad;
  }
  table.print(terminal.out, options.json);
  return bad ? 1 : 0;
}

}  // namespace

Command doctor_command() {
  return {"doctor", "Say whether a live import can work, and what to do where it cannot",
          "trajectory doctor --project my-project", [](CLI::App& app) -> std::function<int(Terminal&)> {
            auto options = std::make_shared<Options>();
            app.add_option("--project", options->project, "A project's id or name to look for");
            app.add_option("--destination", options->destination, "The destination of bulk exports to look at, by id");
            app.add_option("--bucket", options->bucket, "Where its bucket is read, gs://NAME or s3://NAME");
            app.add_option("--out", options->out, "The folder that an import will write [.]");
            add_storage(app, options->source);
            add_access(app, options->access);
            app.add_flag("--json", options->json, "Print the findings as JSON");
            return [options](Terminal& terminal) { return run_doctor(*options, terminal); };
          }};
}

}  // namespace trajectory::cli
