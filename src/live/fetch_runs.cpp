#include "live/fetch_runs.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <unordered_map>

#include "base/hash.h"
#include "base/threads.h"
#include "json/value.h"
#include "json/write.h"
#include "live/private_file.h"

namespace trajectory::live {

namespace {

/// Children whose clocks are behind their root's.
constexpr model::Micros k_early = std::int64_t{3600} * 1'000'000;

std::string file_of(const Journal& journal, const Batch& batch) {
  char name[40];
  std::snprintf(name, sizeof name, "/%06lld.json", static_cast<long long>(batch.id));
  return journal.folder() + "/" + k_answers + name;
}

/// The address of a payload in `{"ROOT": {"presigned_url": ".."}}` or `{"presigned_url": ".."}`.
std::string address_in(const json::Value& urls) {
  if (urls.is_string()) return std::string(urls.text());
  for (const json::Value* place : {&urls["ROOT"], &urls})
    for (const std::string_view key : {"presigned_url", "signed_url", "url"})
      if (!(*place)[key].string().empty()) return std::string((*place)[key].string());
  return {};
}

bool holds_nothing(const json::Value& value) {
  return value.is_null() || (value.is_object() && value.expanded() && value.size() == 0);
}

}  // namespace

base::Result<std::string> with_payloads(const Api& api, std::string run) {
  if (run.find("_url") == std::string::npos) return run;
  json::Parser parser;
  const auto parsed = parser.parse(run, 4);
  if (!parsed) return run;  // the import says what is wrong with it
  const json::Value& value = **parsed;
  std::string added;
  for (const std::string_view name : {"inputs", "outputs", "extra", "error"}) {
    if (!holds_nothing(value[name])) continue;
    std::string url = address_in(value[std::string(name) + "_s3_urls"]);
    if (url.empty()) url = address_in(value["s3_urls"][name]);
    if (url.empty()) url = address_in(value[std::string(name) + "_or_signed_url"]);
    if (url.empty()) continue;
    auto payload = api.download(url);
    if (!payload) return std::move(payload).error().with("run " + std::string(value["id"].string()));
    json::Parser check;
    const bool is_json = check.parse(*payload).ok();
    added.append(",").append(json::quoted(name)).append(":").append(is_json ? *payload : json::quoted(*payload));
  }
  if (added.empty()) return run;
  // Of two members of a name the last one counts.
  run.insert(run.rfind('}'), added);
  return run;
}

base::Status plan_queries(const std::vector<Summary>& conversations, const FetchSettings& settings, Journal& journal) {
  const auto planned = journal.fact("plan");
  if (!planned) return planned.error();
  if (*planned) return {};
  // Traces of near times go together: the window of a query is then short.
  std::set<std::string> wanted;
  for (const Summary& one : conversations) wanted.insert(one.traces.begin(), one.traces.end());
  std::vector<Batch> batches;
  TJ_TRY(journal.each_root([&](const Root& root) -> base::Status {
    if (!wanted.contains(root.trace_id)) return {};
    if (batches.empty() || batches.back().traces.size() >= settings.traces_per_query) {
      Batch& next = batches.emplace_back();
      next.id = static_cast<std::int64_t>(batches.size());
      next.begin = root.start;
    }
    batches.back().traces.push_back(root.trace_id);
    batches.back().end = std::max(batches.back().end, root.end.value_or(root.start));
    return {};
  }));
  return journal.plan(batches, "plan", "queries");
}

namespace {

/// Reads one batch to its last page. Returns the number of runs.
base::Result<std::int64_t> fetch_batch(const Api& api, const Generation& generation, const std::string& project,
                                       const Batch& batch, const std::string& path) {
  RunQuery query{.project = project, .start = batch.begin - k_early};
  query.filter = filter_in("trace_id", batch.traces);
  PrivateFile file(path);
  std::set<base::Hash128> seen;  // pages may repeat
  TJ_TRY(each_page(api, generation, query, [&](RunPage& page) -> base::Result<bool> {
    for (std::string& run : page.runs) {
      if (!seen.insert(base::hash128(run)).second) continue;
      auto whole = with_payloads(api, std::move(run));
      if (!whole) return std::move(whole).error();
      std::string text = seen.size() == 1 ? "[\n" : ",\n";
      text.append(*whole);
      const base::Status written = file.write(text);
      if (!written) return written.error();
    }
    return true;
  }));
  if (seen.empty()) return std::int64_t{0};
  TJ_TRY(file.write("\n]\n"));
  TJ_TRY(file.commit());
  return static_cast<std::int64_t>(seen.size());
}

}  // namespace

base::Result<std::vector<std::string>> fetch_runs(const Api& api, const Generation& generation,
                                                  const std::string& project, const FetchSettings& settings,
                                                  Journal& journal) {
  auto batches = journal.batches();
  if (!batches) return std::move(batches).error();
  ::mkdir((journal.folder() + "/" + k_answers).c_str(), 0700);
  std::mutex mutex;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  // Two kinds of query, with limits of their own: neither is to wait for the other.
  const model::Micros now = api.clock().now() + api.server_is_ahead();
  std::array<std::vector<Batch*>, 2> open;
  for (Batch& batch : *batches) {
    total += batch.traces.size();
    if (batch.state == "done") done += batch.traces.size();
    else open[query_pace(batch.begin - k_early, now) == Pace::k_runs_recent ? 0 : 1].push_back(&batch);
  }
  const auto tell = [&] {
    if (api.hooks().progress) api.hooks().progress("fetching", done, total);
  };
  tell();
  const auto fetch = [&](Batch& batch) -> base::Status {
    auto runs = fetch_batch(api, generation, project, batch, file_of(journal, batch));
    if (!runs) return std::move(runs).error();
    batch.state = "done";
    batch.rows = *runs;
    const std::lock_guard lock(mutex);
    TJ_TRY(journal.update(batch));
    done += batch.traces.size();
    tell();
    return {};
  };
  const base::Status all = base::parallel_for(2, 2, [&](std::size_t kind, unsigned) {
    return base::parallel_for(settings.queries_at_once, open[kind].size(),
                              [&](std::size_t i, unsigned) { return fetch(*open[kind][i]); });
  });
  if (!all) return all.error();
  std::vector<std::string> files;
  for (const Batch& batch : *batches)
    if (batch.rows > 0) files.push_back(file_of(journal, batch));
  return files;
}

}  // namespace trajectory::live
