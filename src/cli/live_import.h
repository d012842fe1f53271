#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/command.h"
#include "cli/live_access.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "live/fetch.h"

namespace trajectory::cli {

struct LiveOptions {
  AccessOptions access;
  std::string route;
  std::string api;
  std::string state;
  std::string destination;
  std::string bucket;
  std::string keep_export;
  std::string timeout;
  std::string filter;
  std::string trace_filter;
};

void add_live(CLI::App& app, LiveOptions& options);
/// Conditions in LangSmith's filter language.
void add_filters(CLI::App& app, std::string& filter, std::string& trace_filter);

/// Whether a source is a project of LangSmith: "langsmith://NAME_OR_ID".
[[nodiscard]] bool is_live(const SourceOptions& source);

/// Refuses options of live imports where the source is none. Errors: k_usage.
[[nodiscard]] base::Status no_live_options(const LiveOptions& options);

/// What the command line asks for, to be imported into `out`. Errors: k_usage, also for an option that the route has
/// no use for.
[[nodiscard]] base::Result<live::FetchRequest> live_request(const SourceOptions& source, const LiveOptions& options,
                                                            const std::string& out, const Terminal& terminal);

/// `pipeline::fetch_project`, telling the terminal of it.
[[nodiscard]] base::Result<live::Fetched> fetch_live(const live::FetchRequest& request, pipeline::ImportOptions& import,
                                                     std::optional<live::Journal>& journal, Progress& progress,
                                                     Terminal& terminal, bool quiet);

/// The live package's handles of a terminal.
[[nodiscard]] live::Hooks live_hooks(Progress& progress, Terminal& terminal, bool quiet);

}  // namespace trajectory::cli
