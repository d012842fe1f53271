#include "live/fetch.h"

#include <algorithm>
#include <filesystem>

#include "base/sha256.h"
#include "base/time.h"
#include "json/write.h"
#include "live/export_files.h"

namespace trajectory::live {

namespace {

/// After this time nobody goes on with an import: exports are gone by then, and answers hold what others should not
/// find.
constexpr model::Micros k_keep_states = std::int64_t{30} * 86'400'000'000;

std::string moment(const std::optional<model::Micros>& time) { return time ? base::format_time(*time) : ""; }

/// What makes two requests one import. Nothing of the key is in it.
std::string words_of(const FetchRequest& request, const std::string& url, const Project& project) {
  const Wanted& wanted = request.wanted;
  std::vector<std::string> words{url,
                                 request.access.workspace,
                                 project.id,
                                 std::to_string(static_cast<int>(request.route)),
                                 std::to_string(static_cast<int>(request.version)),
                                 wanted.filter,
                                 wanted.run_filter};
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

/// The moments that were meant when the import began, and the service's time then.
base::Result<model::Micros> settle_window(Journal& journal, Wanted& wanted, model::Micros now) {
  auto known = journal.fact("window");
  if (!known) return std::move(known).error();
  if (!*known) {
    TJ_TRY(journal.set_fact("window", joined({moment(wanted.since), moment(wanted.until), base::format_time(now)})));
    return now;
  }
  const std::vector<std::string> moments = split(**known);
  if (moments.size() != 3)
    return base::Error(base::ErrorCode::k_bad_format, "the journal is damaged: remove it").with(journal.folder());
  wanted.since = base::parse_time(moments[0]);
  wanted.until = base::parse_time(moments[1]);
  return base::parse_time(moments[2]).value_or(now);
}

bool is_whole(const Wanted& wanted) {
  return !wanted.since && !wanted.until && !wanted.limit && wanted.conversations.empty() && wanted.filter.empty() &&
         wanted.run_filter.empty();
}

/// The bulk route, from the plan to the files' URIs.
base::Status fetch_in_bulk(const Api& api, const FetchRequest& request, const base::Result<Destination>& destination,
                           const std::vector<Summary>& listed, model::Micros begun, Journal& journal, Fetched& out) {
  if (!destination) return destination.error();
  BulkSettings settings = request.bulk;
  settings.destination = destination->id;
  const bool whole = is_whole(out.wanted) && !request.choose;
  TJ_TRY(plan_exports(listed, whole, settings, begun, journal));
  auto results = run_exports(api, out.project.id, settings, journal);
  if (!results) return std::move(results).error();
  std::uint64_t rows = 0;
  for (const ExportResult& one : *results) {
    rows += static_cast<std::uint64_t>(one.rows);
    out.exports.push_back(one.id);
  }
  if (rows == 0)
    return base::Error(
               base::ErrorCode::k_remote,
               "the bulk export wrote no row, though the project has traces in this selection: take the route api")
        .with("export " + out.exports.front());
  auto files = locate_files(*destination, request.bucket, request.storage, *results);
  if (!files) return std::move(files).error();
  out.storage = files->storage;
  out.sources = files->sources;
  if (!request.keep_export.empty()) {
    auto kept = keep_files(*files, request.keep_export, api.hooks());
    if (!kept) return std::move(kept).error();
    out.sources = std::move(*kept);
  }
  out.rows = rows;
  out.runs = rows;
  out.route = Route::k_bulk;
  if (!whole) return {};
  // Traces that began after the listing are in an export without a filter, and in no other route's answer.
  model::Micros last = begun;
  TJ_TRY(journal.each_root([&](const Root& root) -> base::Status {
    last = std::max(last, root.start + 1);
    return {};
  }));
  out.wanted.until = last;
  return {};
}

base::Status fetch_by_queries(const Api& api, const FetchRequest& request, const Generation& generation,
                              const std::vector<Summary>& listed, Journal& journal, Fetched& out) {
  TJ_TRY(plan_queries(listed, request.fetch, journal));
  auto files = fetch_runs(api, generation, out.project.id, request.fetch, journal);
  if (!files) return std::move(files).error();
  out.sources = std::move(*files);
  auto batches = journal.batches();
  if (!batches) return std::move(batches).error();
  for (const Batch& batch : *batches) out.runs += static_cast<std::uint64_t>(batch.rows);
  out.route = Route::k_api;
  return {};
}

/// Whether the other route may do better than this failure.
bool may_fall_back(const base::Error& error) {
  using base::ErrorCode;
  return error.code() == ErrorCode::k_denied || error.code() == ErrorCode::k_not_found ||
         error.code() == ErrorCode::k_remote || error.code() == ErrorCode::k_usage;
}

/// Bulk where it is possible, else by queries. A plan that an earlier process made is kept to.
base::Status fetch_somehow(const Api& api, const FetchRequest& request, const Generation& generation,
                           const base::Result<Destination>& destination, const std::vector<Summary>& listed,
                           model::Micros begun, Journal& journal, Fetched& out) {
  if (request.route == Route::k_bulk) return fetch_in_bulk(api, request, destination, listed, begun, journal, out);
  auto plan = journal.fact("plan");
  if (!plan) return std::move(plan).error();
  const bool undecided = request.route == Route::k_auto && plan->value_or("exports") == "exports";
  if (undecided) {
    const base::Status done = fetch_in_bulk(api, request, destination, listed, begun, journal, out);
    if (done.ok() || !may_fall_back(done.error())) return done;
    out.why = done.error().text();
    api.note("no bulk export: " + out.why + "; going on by queries" +
             (request.keep_export.empty() ? "" : ", which leave nothing in " + request.keep_export));
    out.exports.clear();
    TJ_TRY(journal.drop_plan());
  }
  return fetch_by_queries(api, request, generation, listed, journal, out);
}

base::Error nothing_there(const Project& project, const Wanted& wanted) {
  if (!wanted.conversations.empty())
    return {base::ErrorCode::k_not_found,
            "the project \"" + project.name +
                "\" has no trace in this selection, none of the conversations that are named: check their ids, or list "
                "them"};
  const bool narrowed =
      wanted.since || wanted.until || wanted.limit || !wanted.filter.empty() || !wanted.run_filter.empty();
  return {base::ErrorCode::k_not_found,
          "the project \"" + project.name + "\" has no trace" + (narrowed ? " in this selection: widen it" : " yet")};
}

/// What can be known to be wrong before LangSmith is asked.
base::Status check(const FetchRequest& request) {
  std::error_code error;
  if (!request.keep_export.empty() && std::filesystem::exists(request.keep_export, error) &&
      !std::filesystem::is_directory(request.keep_export, error))
    return base::Error(base::ErrorCode::k_usage, "what is to keep the export is no folder: name another")
        .with(request.keep_export);
  if (request.route == Route::k_api) return {};
  return request.bucket.empty() ? store::check_names(request.storage.options)
                                : check_bucket({}, request.bucket, request.storage);
}

/// Where a bulk export would be written to. What was named wrongly is an error of the whole import; where there is
/// nowhere to write to, another route may do: that error is the inner one.
base::Result<base::Result<Destination>> choose_destination(const Api& api, const FetchRequest& request) {
  using Found = base::Result<Destination>;
  if (request.route == Route::k_api) return Found(base::Error(base::ErrorCode::k_usage, "there is no bulk export"));
  Found found = find_destination(api, request.bulk.destination);
  const bool named = !request.bulk.destination.empty();
  if (!found && (request.route == Route::k_bulk || (named && found.error().code() == base::ErrorCode::k_usage)))
    return found.error();
  if (found) TJ_TRY(check_bucket(*found, request.bucket, request.storage));
  return found;
}

}  // namespace

base::Result<Fetched> fetch(const FetchRequest& request, const base::Clock& clock, const Hooks& hooks,
                            std::optional<Journal>& journal) {
  TJ_TRY(check(request));
  const auto api = Api::open(request.access, clock, hooks);
  if (!api) return api.error();
  Fetched out;
  auto found = project(*api, request.project);
  if (!found) return std::move(found).error();
  out.project = std::move(*found);
  const auto destination = choose_destination(*api, request);
  if (!destination) return destination.error();
  const std::string words = words_of(request, api->url(), out.project);
  std::string state = request.state;
  if (state.empty()) {
    if (const std::size_t old = remove_left_states(request.states, clock.now() - k_keep_states); old > 0)
      api->note("removed what " + std::to_string(old) + (old == 1 ? " import has left" : " imports have left") +
                " unfinished more than 30 days ago");
    state = request.states + "/" + base::sha256_hex(joined({words, request.target})).substr(0, 20);
  }
  auto opened = Journal::open(state, words);
  if (!opened) return std::move(opened).error();
  journal.emplace(std::move(*opened));
  out.resumed = journal->resumed();
  out.wanted = request.wanted;
  // The import leaves it out again, and its report says so: as with files, to want none is no error.
  if (out.wanted.limit) out.wanted.limit = std::max<std::uint64_t>(*out.wanted.limit, 1);
  const auto begun = settle_window(*journal, out.wanted, clock.now() + api->server_is_ahead());
  if (!begun) return begun.error();

  auto generation = choose_generation(*api, out.project.id, request.version);
  if (!generation) return std::move(generation).error();
  TJ_TRY(discover(*api, *generation, out.project.id, out.wanted, *journal));
  auto listed = conversations(*journal, out.wanted);
  if (!listed) return std::move(listed).error();
  if (listed->empty()) {
    // There is nothing to go on with: the next import looks anew.
    TJ_TRY(std::move(*journal).remove());
    journal.reset();
    return nothing_there(out.project, out.wanted);
  }
  if (request.choose) request.choose(*listed);
  for (const Summary& one : *listed) out.traces += one.traces.size();

  if (!listed->empty()) TJ_TRY(fetch_somehow(*api, request, *generation, *destination, *listed, *begun, *journal, out));
  out.conversations = std::move(*listed);
  out.calls = api->sent();
  out.refused = api->refused();
  return out;
}

}  // namespace trajectory::live
