#include "live/run_query.h"

#include <string_view>
#include <unordered_set>

#include "base/time.h"
#include "json/write.h"
#include "live/answer.h"

namespace trajectory::live {

namespace {

/// Pages in a row that lead back to where the listing has been, and pages in a row without a run.
constexpr int k_most_in_place = 20;
constexpr int k_most_empty = 1000;
constexpr model::Micros k_day = 86'400'000'000;
/// v2 takes no query without a window and sees the last day alone when none is given.
constexpr model::Micros k_before_langsmith = 1'577'836'800'000'000;  // 2020-01-01

constexpr std::string_view k_v1_roots = R"(["id","trace_id","session_id","parent_run_id","name","run_type","status",)"
                                        R"("start_time","end_time","dotted_order","extra"])";
constexpr std::string_view k_v1_runs =
    R"(["id","trace_id","session_id","parent_run_id","parent_run_ids","name","run_type","status","error","start_time",)"
    R"("end_time","dotted_order","inputs","outputs","extra","feedback_stats","prompt_tokens","completion_tokens",)"
    R"("total_tokens","total_cost","inputs_s3_urls","outputs_s3_urls","s3_urls"])";
constexpr std::string_view k_v2_roots = R"(["ID","TRACE_ID","PROJECT_ID","PARENT_RUN_IDS","NAME","RUN_TYPE","STATUS",)"
                                        R"("START_TIME","END_TIME","DOTTED_ORDER","EXTRA"])";
constexpr std::string_view k_v2_runs =
    R"(["ID","TRACE_ID","PROJECT_ID","PARENT_RUN_IDS","NAME","RUN_TYPE","STATUS","ERROR","START_TIME","END_TIME",)"
    R"("DOTTED_ORDER","INPUTS","OUTPUTS","EXTRA","FEEDBACK_STATS","PROMPT_TOKENS","COMPLETION_TOKENS",)"
    R"("TOTAL_TOKENS","TOTAL_COST"])";

/// The body of a query, member by member.
class Body {
 public:
  void add(std::string_view name, std::string_view json) {
    text_.append(text_.empty() ? "{" : ",").append(json::quoted(name)).append(":").append(json);
  }
  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  std::string text_;
};

std::string body_v1(const RunQuery& query) {
  Body body;
  body.add("session", "[" + json::quoted(query.project) + "]");
  if (query.roots) body.add("is_root", "true");
  if (query.start) body.add("start_time", json::quoted(base::format_time(*query.start)));
  // The body's `end_time` is held against the run's own end; a window on starts is a filter.
  const std::string before =
      query.end ? "lt(start_time, " + filter_text(base::format_time(*query.end)) + ")" : std::string();
  const std::string filter = filter_and({before, query.filter});
  if (!filter.empty()) body.add("filter", json::quoted(filter));
  if (!query.run_filter.empty()) body.add("tree_filter", json::quoted(query.run_filter));
  body.add("limit", std::to_string(query.limit));
  body.add("order", R"("desc")");
  body.add("select", query.roots ? k_v1_roots : k_v1_runs);
  if (!query.cursor.empty()) body.add("cursor", json::quoted(query.cursor));
  return body.text();
}

std::string body_v2(const Api& api, const RunQuery& query) {
  const model::Micros now = api.clock().now() + api.server_is_ahead();
  Body body;
  body.add("project_ids", "[" + json::quoted(query.project) + "]");
  if (query.roots) body.add("is_root", "true");
  body.add("min_start_time", json::quoted(base::format_time(query.start.value_or(k_before_langsmith))));
  body.add("max_start_time", json::quoted(base::format_time(query.end.value_or(now + k_day))));
  if (!query.filter.empty()) body.add("filter", json::quoted(query.filter));
  if (!query.run_filter.empty()) body.add("tree_filter", json::quoted(query.run_filter));
  body.add("page_size", std::to_string(query.limit));
  body.add("selects", query.roots ? k_v2_roots : k_v2_runs);
  if (!query.cursor.empty()) body.add("cursor", json::quoted(query.cursor));
  return body.text();
}

Call query_call(const Api& api, const Generation& generation, const RunQuery& query) {
  Call call{.method = "POST", .path = generation.prefix + "/runs/query", .what = "query the project's runs"};
  call.body = generation.v2 ? body_v2(api, query) : body_v1(query);
  const model::Micros now = api.clock().now() + api.server_is_ahead();
  call.pace = query_pace(query.start, now);
  return call;
}

/// Whether v2 answers below that prefix.
base::Result<bool> serves_v2(const Api& api, const std::string& prefix, const std::string& project) {
  const model::Micros now = api.clock().now() + api.server_is_ahead();
  RunQuery probe{.project = project, .start = now - k_day, .end = now, .roots = true, .limit = 1};
  const Call call = query_call(api, {true, prefix}, probe);
  auto answer = api.ask(call);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404 || answer->status == 405 || answer->status == 410) return false;
  if (!answer->ok()) return api.explain(call, *answer);
  return true;
}

/// v2 where it is, else none. Its documents name one prefix, its specification the other.
base::Result<std::optional<Generation>> find_v2(const Api& api, const std::string& project) {
  for (const char* prefix : {"/api/v2", "/v2"}) {
    const auto served = serves_v2(api, prefix, project);
    if (!served) return served.error();
    if (*served) return std::optional(Generation{true, prefix});
  }
  return std::optional<Generation>();
}

base::Error no_interface(const std::string& which) {
  return {base::ErrorCode::k_remote, "this LangSmith does not serve " + which +
                                         " of its runs query: let it choose the version, or take the bulk route"};
}

}  // namespace

base::Result<Generation> choose_generation(const Api& api, const std::string& project, ApiVersion wanted) {
  if (wanted == ApiVersion::k_v1) return Generation{};
  if (wanted == ApiVersion::k_v2) {
    auto v2 = find_v2(api, project);
    if (!v2) return std::move(v2).error();
    if (!*v2) return no_interface("version 2");
    return **v2;
  }
  // A server too old to say anything of itself is a server of v1.
  const auto about = info(api);
  if (!about && about.error().code() != base::ErrorCode::k_not_found) return about.error();
  const Info flags = about ? *about : Info{};
  bool v1 = flags.v1_queries;
  bool prefer_v2 = false;
  if (v1) {
    const model::Micros now = api.clock().now() + api.server_is_ahead();
    const Call call = query_call(api, {}, {.project = project, .start = now - k_day, .roots = true, .limit = 1});
    auto answer = api.ask(call);
    if (!answer) return std::move(answer).error();
    v1 = answer->status != 404 && answer->status != 405 && answer->status != 410;
    if (v1 && !answer->ok()) return api.explain(call, *answer);
    const std::string_view deprecated = answer->header("deprecation");
    prefer_v2 = flags.v2_queries && !deprecated.empty() && deprecated != "false";
  }
  if (v1 && !prefer_v2) return Generation{};
  auto v2 = find_v2(api, project);
  if (!v2) return std::move(v2).error();
  if (*v2) return **v2;
  if (v1) return Generation{};
  return no_interface("any version");
}

namespace {

base::Result<RunPage> query_runs(const Api& api, const Generation& generation, const RunQuery& query) {
  const Call call = query_call(api, generation, query);
  auto answer = ask_json(api, call, 3);
  if (!answer) return std::move(answer).error();
  const json::Value& value = answer->value();
  const json::Value& list = value[generation.v2 ? "items" : "runs"];
  if (!list.is_array() && !(generation.v2 && list.is_null() && value.is_object()))
    return unexpected(call, "no page of runs");
  RunPage page;
  for (const json::Value& run : list.items()) page.runs.emplace_back(run.raw());
  page.cursor = generation.v2 ? value["next_cursor"].string() : value["cursors"]["next"].string();
  return page;
}

}  // namespace

base::Status each_page(const Api& api, const Generation& generation, RunQuery query,
                       const std::function<base::Result<bool>(RunPage&)>& take) {
  std::unordered_set<std::string> seen;
  int in_place = 0;
  int empty = 0;
  for (;;) {
    if (api.hooks().interrupted()) return interrupted();
    auto page = query_runs(api, generation, query);
    if (!page) return std::move(page).error();
    in_place = seen.insert(page->cursor).second ? 0 : in_place + 1;
    empty = page->runs.empty() ? empty + 1 : 0;
    const auto more = take(*page);
    if (!more) return more.error();
    if (!*more || page->cursor.empty()) return {};
    if (in_place >= k_most_in_place || empty >= k_most_empty)
      return base::Error(base::ErrorCode::k_remote,
                         "LangSmith repeats a page of runs without end: start again later, what is done is kept");
    query.cursor = std::move(page->cursor);
  }
}

Pace query_pace(const std::optional<model::Micros>& start, model::Micros now) {
  return start && now - *start <= 7 * k_day ? Pace::k_runs_recent : Pace::k_runs_long;
}

std::string filter_text(std::string_view text) { return json::quoted(text); }

std::string filter_in(std::string_view field, const std::vector<std::string>& values) {
  std::string out = "in(" + std::string(field) + ", [";
  for (std::size_t i = 0; i < values.size(); ++i) out.append(i > 0 ? ", " : "").append(filter_text(values[i]));
  return out + "])";
}

std::string filter_and(const std::vector<std::string>& parts) {
  std::string out;
  int count = 0;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    out.append(count++ > 0 ? ", " : "").append(part);
  }
  return count > 1 ? "and(" + out + ")" : out;
}

}  // namespace trajectory::live
