#include "pipeline/live_source.h"

#include "pipeline/report_text.h"
#include "pipeline/select.h"

namespace trajectory::pipeline {

base::Result<live::Fetched> fetch_project(live::FetchRequest request, ImportOptions& import, const base::Clock& clock,
                                          const live::Hooks& hooks, std::optional<live::Journal>& journal) {
  Selection& selection = import.selection;
  TJ_TRY(check_window(selection));  // before anything is asked
  request.wanted.since = selection.since;
  request.wanted.until = selection.until;
  request.wanted.limit = selection.limit;
  request.wanted.conversations = selection.conversations;
  request.wanted.thread_keys = selection.thread_keys;
  request.storage = import.storage;
  auto fetched = live::fetch(request, clock, hooks, journal);
  if (!fetched) return fetched;
  import.sources = fetched->sources;
  import.storage = fetched->storage;
  import.expected_rows = fetched->rows;
  selection.project = fetched->project.id;
  selection.since = fetched->wanted.since;
  selection.until = fetched->wanted.until;
  return fetched;
}

std::string how_fetched(const live::Fetched& fetched) {
  std::string out = counted(fetched.runs, "run") + " of " + counted(fetched.traces, "trace") + " by " +
                    (fetched.route == live::Route::k_bulk ? "bulk export" : "queries");
  out += ", " + counted(fetched.calls, "call");
  if (fetched.refused > 0) out += ", " + with_commas(fetched.refused) + " of them refused by the rate limit";
  if (fetched.resumed) out += ", going on with an earlier import";
  return out;
}

}  // namespace trajectory::pipeline
