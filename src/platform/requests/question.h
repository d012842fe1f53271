#pragma once

#include <string>

#include "model/trajectory.h"
#include "platform/catalog/select.h"
#include "platform/requests/context.h"

namespace trajectory::platform::requests {

/// The filter that query parameters ask for: `dataset`; `source`, `model`, `tool`, `tag` (may be repeated: all must
/// hold); `error` (true, false); `reward_min`, `reward_max`, `tokens_min`, `tokens_max`; `since`, `until` (ISO 8601);
/// `version`; `q` (words); `conversation_id`; `trace_id`. Errors: k_usage, naming the parameter.
[[nodiscard]] base::Result<catalog::Filter> filter_of(const Request& request);

/// A whole number; `fallback` where there is none. Errors: k_usage.
[[nodiscard]] base::Result<std::int64_t> number_of(const Request& request, std::string_view name,
                                                   std::int64_t fallback);

/// Where a page begins, and how many it may hold.
struct Page {
  std::int64_t from = 0;
  std::size_t limit = 0;
};

/// From `cursor` and `limit` (1 to 1000, else 50). Errors: k_usage.
[[nodiscard]] base::Result<Page> page_of(const Request& request, std::int64_t first);

/// What a list item shows of a trajectory: everything but its payload.
[[nodiscard]] std::string row_json(const catalog::Row& row);

/// A record and the place of a large one, held as long.
struct Loaded {
  LargeBodies::Place place;
  model::Trajectory trajectory;
};

/// The record of a row, with the messages that its contract's form says. Errors: k_not_found, k_bad_format, k_io.
[[nodiscard]] base::Result<Loaded> load(const Context& context, const catalog::Row& row);

/// The same of a stored text. Errors: k_bad_format.
[[nodiscard]] base::Result<model::Trajectory> parse_record(const std::string& record);

/// What the search index holds of a record: the texts of its messages on every line, reasoning, arguments of calls,
/// errors, names. Errors: k_bad_format.
[[nodiscard]] base::Result<std::string> words_of(const std::string& record);

}  // namespace trajectory::platform::requests
