#include "cli/live_import.h"

#include "base/choice.h"
#include "base/clock.h"
#include "base/time.h"
#include "cli/printable.h"
#include "live/find_access.h"
#include "pipeline/live_source.h"
#include "store/uri.h"

namespace trajectory::cli {

namespace {

constexpr std::string_view k_scheme = "langsmith://";

struct Given {
  std::string_view option;
  std::string_view value;
};

/// What only a bulk export has a use for.
std::vector<Given> of_bulk_exports(const LiveOptions& options) {
  return {{"--destination", options.destination},
          {"--bucket", options.bucket},
          {"--keep-export", options.keep_export},
          {"--timeout", options.timeout}};
}

/// An option without effect is told: whoever gave it expects one.
base::Status none_of(const std::vector<Given>& options, std::string_view why) {
  for (const Given& one : options)
    if (!one.value.empty())
      return base::Error(base::ErrorCode::k_usage,
                         std::string(one.option) + " " + std::string(one.value) + ": " + std::string(why));
  return {};
}

/// Spans such as 7d mean another moment each time; times do not.
bool is_span(const std::string& text) { return !text.empty() && !base::parse_time(text); }

}  // namespace

bool is_live(const SourceOptions& source) {
  for (const std::string& one : source.sources)
    if (one.starts_with(k_scheme)) return true;
  return false;
}

base::Status no_live_options(const LiveOptions& options) {
  std::vector<Given> all = of_bulk_exports(options);
  all.insert(all.end(), {{"--filter", options.filter},
                         {"--trace-filter", options.trace_filter},
                         {"--route", options.route},
                         {"--api", options.api},
                         {"--state", options.state},
                         {"--workspace", options.access.workspace},
                         {"--config", options.access.config}});
  TJ_TRY(none_of(all, "only imports of langsmith://PROJECT have a use for it"));
  if (options.access.key_from_input)
    return base::Error(base::ErrorCode::k_usage, "--key-stdin: only imports of langsmith://PROJECT have a use for it");
  return {};
}

void add_live(CLI::App& app, LiveOptions& options) {
  app.add_option("--route", options.route,
                 "With langsmith://: bulk (a bulk export to a bucket), api (queries), or auto [auto]");
  app.add_option("--api", options.api, "With langsmith://: the version of the queries, v1, v2 or auto [auto]");
  app.add_option(
      "--state", options.state,
      "With langsmith://: the folder that an interrupted import goes on from [in ~/.local/state/trajectory]");
  app.add_option("--destination", options.destination,
                 "With --route bulk: the id of the destination to export to [the workspace's only one]");
  app.add_option(
      "--bucket", options.bucket,
      "With --route bulk: where the destination's bucket is read, gs://NAME or s3://NAME [as it is written]");
  app.add_option("--keep-export", options.keep_export,
                 "With --route bulk: keep the exported Parquet files in this folder");
  app.add_option("--timeout", options.timeout,
                 "With --route bulk: how long to wait without an export ending, as 90m or 6h [2h]; it is left running");
  add_access(app, options.access);
}

void add_filters(CLI::App& app, std::string& filter, std::string& trace_filter) {
  app.add_option("--filter", filter,
                 "With langsmith://: only traces with a run that is so, in LangSmith's filter language, as in "
                 "'eq(name, \"search\")'");
  app.add_option("--trace-filter", trace_filter,
                 "With langsmith://: only traces whose root run is so, as in 'eq(status, \"error\")'");
}

live::Hooks live_hooks(Progress& progress, Terminal& terminal, bool quiet) {
  live::Hooks hooks;
  hooks.stop = terminal.stop;
  hooks.progress = [&progress](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    progress.show(stage, done, total);
  };
  hooks.note = [&progress, &terminal, quiet](std::string_view line) {
    if (quiet) return;
    progress.clear();
    terminal.err << printable(std::string(line), true) << "\n";
  };
  return hooks;
}

base::Result<live::FetchRequest> live_request(const SourceOptions& source, const LiveOptions& options,
                                              const std::string& out, const Terminal& terminal) {
  if (source.sources.size() > 1)
    return base::Error(base::ErrorCode::k_usage, "a project of LangSmith is imported alone: name no other source");
  live::FetchRequest request;
  request.project = source.sources.front().substr(k_scheme.size());
  if (request.project.empty())
    return base::Error(base::ErrorCode::k_usage, "langsmith:// needs a project: langsmith://NAME_OR_ID");
  if (!source.project.empty())
    return base::Error(base::ErrorCode::k_usage, "langsmith://PROJECT names the project already: leave --project away");
  auto access = find_access(options.access, terminal);
  if (!access) return std::move(access).error();
  request.access = std::move(*access);
  if (!options.route.empty()) {
    const auto route = base::choose(options.route, "--route", live::k_routes);
    if (!route) return route.error();
    request.route = *route;
  }
  if (request.route == live::Route::k_api) {
    std::vector<Given> given = of_bulk_exports(options);
    if (!source.storage.empty()) given.push_back({"--storage-option", source.storage.front()});
    TJ_TRY(none_of(given, "--route api makes no bulk export: leave one of the two away"));
  }
  if (!options.api.empty()) {
    const auto version = base::choose(options.api, "--api", live::k_api_versions);
    if (!version) return version.error();
    request.version = *version;
  }
  if (!options.timeout.empty()) {
    const auto past = parse_moment(options.timeout, "--timeout", 0);
    if (!past || *past > 0 || base::parse_time(options.timeout))
      return base::Error(base::ErrorCode::k_usage,
                         "--timeout " + options.timeout + ": expected a span such as 90m or 6h");
    request.bulk.timeout = -*past / 1000;
  }
  request.bulk.destination = options.destination;
  if (!options.bucket.empty() && !store::is_uri(options.bucket))
    return base::Error(base::ErrorCode::k_usage,
                       "--bucket " + options.bucket + ": expected a bucket's URI, gs://NAME or s3://NAME");
  request.bucket = options.bucket;
  request.keep_export = options.keep_export;
  request.wanted.filter = options.trace_filter;
  request.wanted.run_filter = options.filter;
  if (is_span(source.since) || is_span(source.until)) request.window_as_asked = source.since + " to " + source.until;
  request.state = options.state;
  request.states = live::states_folder(terminal.environment);
  request.target = out;
  return request;
}

base::Result<live::Fetched> fetch_live(const live::FetchRequest& request, pipeline::ImportOptions& import,
                                       std::optional<live::Journal>& journal, Progress& progress, Terminal& terminal,
                                       bool quiet) {
  auto fetched = pipeline::fetch_project(request, import, base::system_clock(terminal.stop),
                                         live_hooks(progress, terminal, quiet), journal);
  progress.clear();
  if (fetched && !quiet)
    terminal.err << "  fetched               " << printable(pipeline::how_fetched(*fetched)) << "\n";
  return fetched;
}

}  // namespace trajectory::cli
