#include "live/fetch.h"

#include <algorithm>

#include "base/time.h"
#include "json/write.h"

namespace trajectory::live {

namespace {

std::string moment(const std::optional<model::Micros>& time) { return time ? base::format_time(*time) : ""; }

/// What makes two requests one import. Nothing of the key is in it.
std::string words_of(const FetchRequest& request, const std::string& url, const Project& project) {
  const Wanted& wanted = request.wanted;
  std::vector<std::string> words{url, request.access.workspace, project.id,
                                 std::to_string(static_cast<int>(request.route)),
                                 std::to_string(static_cast<int>(request.version)), wanted.filter};
  if (request.window_as_asked.empty()) {
    words.push_back(moment(wanted.since));
    words.push_back(moment(wanted.until));
  } else {
    words.push_back(request.window_as_asked);
  }
  words.push_back(wanted.limit ? std::to_string(*wanted.limit) : "");
  words.push_back(joined(wanted.conversations));
  words.push_back(joined(wanted.thread_keys));
  return joined(words);
}

/// The moments that were meant when the import began.
base::Status settle_window(Journal& journal, Wanted& wanted) {
  auto known = journal.fact("window");
  if (!known) return std::move(known).error();
  if (!*known) return journal.set_fact("window", joined({moment(wanted.since), moment(wanted.until)}));
  const std::vector<std::string> moments = split(**known);
  if (moments.size() != 2) return {};
  wanted.since = base::parse_time(moments[0]);
  wanted.until = base::parse_time(moments[1]);
  return {};
}

base::Error nothing_there(const Project& project, const Wanted& wanted) {
  const bool narrowed = wanted.since || wanted.until || !wanted.filter.empty() || !wanted.conversations.empty();
  return {base::ErrorCode::k_not_found, "the project \"" + project.name + "\" has no trace" +
                                            (narrowed ? " in this selection: widen it" : " yet")};
}

}  // namespace

base::Result<Fetched> fetch(const FetchRequest& request, const base::Clock& clock, const Hooks& hooks,
                            std::optional<Journal>& journal) {
  const auto api = Api::open(request.access, clock, hooks);
  if (!api) return api.error();
  Fetched out;
  auto found = project(*api, request.project);
  if (!found) return std::move(found).error();
  out.project = std::move(*found);
  auto opened = Journal::open(request.state, words_of(request, api->url(), out.project));
  if (!opened) return std::move(opened).error();
  journal.emplace(std::move(*opened));
  out.resumed = journal->resumed();
  out.wanted = request.wanted;
  TJ_TRY(settle_window(*journal, out.wanted));

  auto generation = choose_generation(*api, out.project.id, request.version);
  if (!generation) return std::move(generation).error();
  TJ_TRY(discover(*api, *generation, out.project.id, out.wanted, *journal));
  auto listed = conversations(*journal, out.wanted);
  if (!listed) return std::move(listed).error();
  if (listed->empty()) return nothing_there(out.project, out.wanted);
  out.conversations = listed->size();
  for (const Summary& one : *listed) out.traces += one.traces.size();

  TJ_TRY(plan_queries(*listed, request.fetch, *journal));
  auto files = fetch_runs(*api, *generation, out.project.id, request.fetch, *journal);
  if (!files) return std::move(files).error();
  out.sources = std::move(*files);
  auto batches = journal->batches();
  if (!batches) return std::move(batches).error();
  for (const Batch& batch : *batches) out.runs += static_cast<std::uint64_t>(batch.rows);
  out.calls = api->sent();
  out.refused = api->refused();
  return out;
}

}  // namespace trajectory::live
