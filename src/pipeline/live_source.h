#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "live/fetch.h"
#include "pipeline/import.h"

namespace trajectory::pipeline {

/// Brings the wanted runs of a project here and makes them the source of `import`, which says what is wanted and how
/// buckets are reached; what the request says of both counts for nothing but its filters. The journal must outlive the
/// import, and is to be removed when the import is done. Errors: those of `live::fetch`.
[[nodiscard]] base::Result<live::Fetched> fetch_project(live::FetchRequest request, ImportOptions& import,
                                                        const base::Clock& clock, const live::Hooks& hooks,
                                                        std::optional<live::Journal>& journal);

/// What was fetched and how: "12 runs of 2 traces by queries, 5 calls".
[[nodiscard]] std::string how_fetched(const live::Fetched& fetched);

}  // namespace trajectory::pipeline
