#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/api.h"
#include "live/journal.h"
#include "live/run_query.h"
#include "model/run.h"

namespace trajectory::live {

/// Which traces of a project are wanted.
struct Wanted {
  std::optional<model::Micros> since;      ///< traces whose root starts at or after
  std::optional<model::Micros> until;      ///< ... and before
  std::optional<std::uint64_t> limit;      ///< the first conversations in sorted order of their id
  std::vector<std::string> conversations;  ///< ids; empty: all
  std::vector<std::string> thread_keys;    ///< metadata keys that may name the conversation, best first
  std::string filter;                      ///< in LangSmith's language, on root runs
  std::string run_filter;                  ///< ... traces of which some run is so
};

/// One conversation, as its root runs tell.
struct Summary {
  std::string id;
  std::uint64_t turns = 0;
  std::optional<model::Micros> first_seen;  ///< earliest start of a root
  std::optional<model::Micros> last_seen;   ///< latest end of a root, or its start while it is pending
  std::vector<std::string> root_names;      ///< each once, in order of first appearance
  std::vector<std::string> traces;          ///< in order
  std::string state;                        ///< another text once a trace came to it or a root run ended
};

/// Lists the root runs of the project into the journal, several windows at once, within the limits. What an earlier
/// process listed is not asked for again.
[[nodiscard]] base::Status discover(const Api& api, const Generation& generation, const std::string& project,
                                    const Wanted& wanted, Journal& journal);

/// The wanted conversations among the journal's roots, by the engine's own rule of grouping, in order of their ids.
[[nodiscard]] base::Result<std::vector<Summary>> conversations(Journal& journal, const Wanted& wanted);

/// The newest conversations of a project (its id or exact name): root runs are read, newest first, until `limit` of the
/// conversations are whole, or the end. Newest first.
[[nodiscard]] base::Result<std::vector<Summary>> newest_conversations(const Api& api, const std::string& project,
                                                                      std::uint64_t limit, const Wanted& wanted);

/// The root run in a page's JSON. None when it has no trace or no start.
[[nodiscard]] std::optional<Root> root_in(const std::string& run);

}  // namespace trajectory::live
