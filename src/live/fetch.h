#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "live/access.h"
#include "live/bulk_route.h"
#include "live/discover.h"
#include "live/fetch_runs.h"
#include "live/journal.h"
#include "live/run_query.h"
#include "live/workspace.h"
#include "store/settings.h"

namespace trajectory::live {

enum class Route : std::uint8_t {
  k_auto,  ///< bulk, else the API, saying why
  k_bulk,
  k_api
};

/// Their names in every front end.
inline constexpr auto k_routes = std::to_array<std::pair<std::string_view, Route>>(
    {{"auto", Route::k_auto}, {"bulk", Route::k_bulk}, {"api", Route::k_api}});

/// One import of a project, before anything is built.
struct FetchRequest {
  Access access;
  std::string project;  ///< id or exact name
  Route route = Route::k_auto;
  ApiVersion version = ApiVersion::k_auto;
  Wanted wanted;
  /// The window as it was asked for ("7d"), where that means another moment each time: a process that goes on with an
  /// earlier one's work takes over its moments.
  std::string window_as_asked;
  std::string state;   ///< folder of the journal; empty: one below `states`, the same for equal requests
  std::string states;  ///< see `states_folder`
  std::string target;  ///< what the import is for, such as its output: equal requests of other targets are others
  /// Narrows the listed conversations further, by what only the caller knows; may be empty. What it leaves must depend
  /// on nothing that changes between a process and the one that goes on with its work.
  std::function<void(std::vector<Summary>&)> choose;
  FetchSettings fetch;
  BulkSettings bulk;
  std::string bucket;       ///< how the destination's bucket is read here; see `locate_files`
  store::Settings storage;  ///< ... and with which options
  std::string keep_export;  ///< a folder to keep the exported Parquet files in; empty: they are read from the bucket
};

/// What there is to import now.
struct Fetched {
  Route route = Route::k_api;
  std::string why;  ///< why `k_auto` did not take the bulk route
  Project project;
  std::vector<std::string> sources;    ///< files and URIs, to be read in this order
  store::Settings storage;             ///< how the URIs are reached
  std::optional<std::uint64_t> rows;   ///< that the exports say they wrote
  std::vector<std::string> exports;    ///< their ids
  Wanted wanted;                       ///< with the moments that hold
  std::vector<Summary> conversations;  ///< those that are brought here
  std::uint64_t traces = 0;
  std::uint64_t runs = 0;
  std::uint64_t calls = 0;    ///< sent by this process
  std::uint64_t refused = 0;  ///< of these, for their number
  bool resumed = false;
};

/// Finds the wanted traces and brings their runs here (or says where they lie). The journal is made, or gone on with,
/// in `request.state`; it must outlive the reading of the sources, and is then to be removed. Errors: those of
/// `Api::call` and `Journal::open`; k_not_found when the project has no such trace; when
/// `choose` leaves none there is nothing to import, and no source.
[[nodiscard]] base::Result<Fetched> fetch(const FetchRequest& request, const base::Clock& clock, const Hooks& hooks,
                                          std::optional<Journal>& journal);

}  // namespace trajectory::live
