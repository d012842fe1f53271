#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "live/workspace.h"
#include "model/run.h"

namespace trajectory::live {

/// Which of the service's two interfaces answers queries of runs, and where it is.
struct Generation {
  bool v2 = false;
  std::string prefix = "/api/v1";  ///< "/api/v1", "/api/v2" or "/v2"
};

enum class ApiVersion : std::uint8_t { k_auto, k_v1, k_v2 };

/// Their names in every front end.
inline constexpr auto k_api_versions = std::to_array<std::pair<std::string_view, ApiVersion>>(
    {{"auto", ApiVersion::k_auto}, {"v1", ApiVersion::k_v1}, {"v2", ApiVersion::k_v2}});

/// Asks the service. v1, unless it has been switched off or is deprecated there and v2 is served. Costs one or two
/// calls. Errors: those of `Api::call`.
[[nodiscard]] base::Result<Generation> choose_generation(const Api& api, const std::string& project, ApiVersion wanted);

/// Which runs, and what of them. The window is on the run's own start.
struct RunQuery {
  std::string project{};                 ///< id
  std::optional<model::Micros> start{};  ///< at or after
  std::optional<model::Micros> end{};    ///< before
  std::string filter{};                  ///< in LangSmith's language, narrows further
  std::string run_filter{};              ///< ... to traces of which some run is so (`tree_filter`)
  bool roots = false;                    ///< only those, and only what places them
  bool oldest_first = false;             ///< v1 only
  int limit = 100;
  std::string cursor{};
};

/// One page of runs: their JSON as the service wrote it. The end is where there is no cursor, not where a page is
/// empty.
struct RunPage {
  std::vector<std::string> runs;
  std::string cursor;
};

/// Gives every page from `query.cursor` on to `take`, until it returns false or fails, or the cursor ends. Errors:
/// those of `Api::call` and of `take`, k_interrupted, k_remote (the service repeats an empty page without end).
[[nodiscard]] base::Status each_page(const Api& api, const Generation& generation, RunQuery query,
                                     const std::function<base::Result<bool>(RunPage&)>& take);

/// The limit that a query of runs from `start` on falls under, at the time `now`.
[[nodiscard]] Pace query_pace(const std::optional<model::Micros>& start, model::Micros now);

/// A text in LangSmith's filter language, quoted. https://docs.langchain.com/langsmith/trace-query-syntax
[[nodiscard]] std::string filter_text(std::string_view text);
/// in(field, ["..", ...])
[[nodiscard]] std::string filter_in(std::string_view field, const std::vector<std::string>& values);
/// and(...) of those that are not empty.
[[nodiscard]] std::string filter_and(const std::vector<std::string>& parts);

}  // namespace trajectory::live
