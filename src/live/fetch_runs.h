#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "live/discover.h"
#include "live/journal.h"
#include "live/run_query.h"

namespace trajectory::live {

struct FetchSettings {
  unsigned traces_per_query = 50;
  unsigned queries_at_once = 8;
};

/// Plans which traces are asked for together, once; a journal with such a plan is left as it is.
[[nodiscard]] base::Status plan_queries(const std::vector<Summary>& conversations, const FetchSettings& settings,
                                        Journal& journal);

/// Reads whole traces by queries, several at once: one JSON file of runs a batch, in the journal's folder, payloads
/// that stand behind signed addresses put in their places. A file appears whole; what an earlier process wrote is kept.
/// Returns the files, in the order of the plan.
[[nodiscard]] base::Result<std::vector<std::string>> fetch_runs(const Api& api, const Generation& generation,
                                                                const std::string& project,
                                                                const FetchSettings& settings, Journal& journal);

/// The run's JSON with payloads that it only has addresses of (`inputs_s3_urls` and the like) read and put in place.
[[nodiscard]] base::Result<std::string> with_payloads(const Api& api, std::string run);

}  // namespace trajectory::live
