#pragma once

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

/// `GET /api/v1/export`: a selection as JSON lines of native records (`format=jsonl`), Parquet (`parquet`) or an Arrow
/// stream (`arrow`), both with a dataset's columns. The latest first. Written as it is read; a failure under way cuts
/// the answer off.
[[nodiscard]] base::Result<Answer> export_selection(const Context& context, const Request& request);

}  // namespace trajectory::platform::requests
