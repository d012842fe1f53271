#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/output_folder.h"
#include "cli/live_import.h"
#include "cli/printable.h"
#include "cli/table_text.h"
#include "json/value.h"
#include "json/write.h"

namespace trajectory::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  SourceOptions source;
  OutputFlags output;
  LiveOptions live;
  TalkFlags talk;
};

struct Known {
  std::uint64_t version = 0;  ///< the folder with the conversation's newest record
  std::string state;          ///< of the conversation then
};

/// What a synchronized folder holds: a dataset a version, and `sync.json`, which says where each conversation's newest
/// record is. Older versions stay as they are.
struct Ledger {
  std::string project;
  std::uint64_t version = 0;  ///< the newest folder's number
  std::map<std::string, Known> conversations;
};

std::string version_name(std::uint64_t version) {
  const std::string digits = std::to_string(version);
  return "version-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

base::Result<Ledger> read_ledger(const std::string& folder) {
  Ledger out;
  const std::string path = folder + "/sync.json";
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return out;
    return base::Error(base::ErrorCode::k_exists,
                       "this folder holds something else than what sync writes: name a new one")
        .with(folder);
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  json::Parser parser;
  const auto parsed = parser.parse(text);
  if (!parsed || !(**parsed)["conversations"].is_object())
    return base::Error(base::ErrorCode::k_bad_format, "the list of what was synchronized is damaged: name a new folder")
        .with(path);
  const json::Value& value = **parsed;
  out.project = value["project"].string();
  out.version = static_cast<std::uint64_t>(value["version"].integer());
  for (const json::Member& one : value["conversations"].members())
    out.conversations[std::string(one.key)] = {static_cast<std::uint64_t>(one.value["version"].integer()),
                                               std::string(one.value["state"].string())};
  return out;
}

base::Status write_ledger(const std::string& folder, const Ledger& ledger) {
  std::string out = "{\"project\": " + json::quoted(ledger.project) +
                    ", \"version\": " + std::to_string(ledger.version) + ", \"conversations\": {";
  const char* separator = "\n";
  for (const auto& [id, known] : ledger.conversations) {
    out.append(separator).append(json::quoted(id)).append(": {\"version\": ").append(std::to_string(known.version));
    out.append(", \"state\": ").append(json::quoted(known.state)).append("}");
    separator = ",\n";
  }
  return base::write_file(folder + "/sync.json", out + "\n}}\n");
}

int run_sync(const Options& options, Terminal& terminal) {
  if (!is_live(options.source) || options.output.out.empty())
    return fail(terminal, {base::ErrorCode::k_usage, "sync needs langsmith://PROJECT and --out DIR"});
  auto import = import_options(options.source, terminal);
  if (!import) return fail(terminal, import.error());
  auto output = output_options(options.output);
  if (!output) return fail(terminal, output.error());
  auto ledger = read_ledger(output->folder);
  if (!ledger) return fail(terminal, ledger.error());
  const std::string folder = output->folder;
  auto request = live_request(options.source, options.live, folder + " sync " + std::to_string(ledger->version),
                              *import, terminal);
  if (!request) return fail(terminal, request.error());
  request->choose = [&](std::vector<live::Summary>& all) {
    std::erase_if(all, [&](const live::Summary& one) {
      const auto known = ledger->conversations.find(one.id);
      return known != ledger->conversations.end() && known->second.state == one.state;
    });
  };

  const bool quiet = options.talk.quiet || options.talk.json;
  Progress progress(terminal, quiet);
  std::optional<live::Journal> journal;
  const auto fetched = fetch_live(*request, *import, journal, progress, terminal, quiet);
  if (!fetched) return fail(terminal, fetched.error());
  if (!ledger->project.empty() && ledger->project != fetched->project.id)
    return fail(terminal,
                base::Error(base::ErrorCode::k_usage, "the folder holds another project: name a new one").with(folder));
  TableText table{{"change", "conversation", "version", "before"}, {}};
  std::size_t refused = 0;
  if (!fetched->conversations.empty()) {
    const std::uint64_t version = ledger->version + 1;
    output->folder = folder + "/" + version_name(version);
    output->force = true;  // left by a process that ended before the list was written
    std::error_code error;
    fs::create_directories(folder, error);
    auto report = pipeline::import_to_folder(*import, *output, progress.hooks());
    progress.clear();
    if (!report) return fail(terminal, report.error());
    refused = report->refused();
    ledger->project = fetched->project.id;
    ledger->version = version;
    for (const live::Summary& one : fetched->conversations) {
      Known& known = ledger->conversations[one.id];
      table.rows.push_back({known.version == 0 ? "new" : "grown", one.id, version_name(version),
                            known.version == 0 ? "" : version_name(known.version)});
      known = {version, one.state};
    }
    if (const auto written = write_ledger(folder, *ledger); !written) return fail(terminal, written.error());
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
