#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "live/bulk_export.h"
#include "live/discover.h"
#include "live/journal.h"
#include "live/workspace.h"
#include "model/run.h"

namespace trajectory::live {

struct BulkSettings {
  std::string destination;  ///< id; empty: the only one of the workspace
  std::size_t traces_per_export = 200;
  std::size_t filter_bytes = 16'000;  ///< longest filter
  std::size_t exports_at_once = 4;    ///< the service runs a few of a workspace at a time, and the rest wait there
  std::int64_t first_look = 1'000;    ///< milliseconds until an export is looked at
  std::int64_t poll = 5'000;          ///< ... and then from look to look, growing to
  std::int64_t longest_poll = 30'000;
  std::int64_t timeout = 7'200'000;     ///< without any export having ended
  std::int64_t quota_wait = 3'700'000;  ///< for the hour's quota of exports to be renewed
  model::Micros late_children =
      std::int64_t{14} * 86'400'000'000;  ///< that a trace's runs may start after its root's end
};

/// What one finished export wrote.
struct ExportResult {
  std::string id;
  std::int64_t rows = 0;
  std::vector<std::string> files;  ///< beginning with the bucket's name; empty where the service does not tell
};

/// The destination to write to: of that id, or the only one. Errors: k_usage (none, none of that id, or several to
/// choose from).
[[nodiscard]] base::Result<Destination> find_destination(const Api& api, const std::string& id);

/// Plans the exports, once: batches of traces, or a single one without a filter when every trace of the project is
/// wanted. `whole`: the latter.
[[nodiscard]] base::Status plan_exports(const std::vector<Summary>& conversations, bool whole,
                                        const BulkSettings& settings, model::Micros now, Journal& journal);

/// Begins the planned exports, a few at a time, and waits until all are complete. The intent is written down before
/// each call; after a kill, or a call whose outcome is not known, an export of the same destination, project, window
/// and filter is taken over and no second one is made. Errors: those of `Api::call`; k_remote when an export fails, is
/// cancelled, times out, or is still running after `timeout` (it is left running); k_interrupted (likewise).
[[nodiscard]] base::Result<std::vector<ExportResult>> run_exports(const Api& api, const std::string& project,
                                                                  const BulkSettings& settings, Journal& journal);

}  // namespace trajectory::live
