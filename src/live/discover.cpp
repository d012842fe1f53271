#include "live/discover.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/sha256.h"
#include "base/threads.h"
#include "base/time.h"
#include "build/build.h"
#include "json/value.h"
#include "json/write.h"
#include "langsmith/run_row.h"
#include "messages/extract.h"

namespace trajectory::live {

namespace {

constexpr model::Micros k_week = std::int64_t{7} * 86'400'000'000;
/// How long before the limit of a week passes a window still counts as within it.
constexpr model::Micros k_hour = std::int64_t{3600} * 1'000'000;
/// Windows that the last week is cut into, so that answers can be awaited beside each other.
constexpr int k_parts_of_week = 3;
/// Whether a bound is inclusive differs between services: one more is asked for, and what lies outside is dropped.
constexpr model::Micros k_edge = 1'000;
constexpr unsigned k_windows_at_once = 4;
/// Conversations that one filter names; above, everything is listed and chosen from.
constexpr std::size_t k_named_at_once = 40;

/// The text with everything but the thread keys left out of the metadata: a root's `extra` can be large.
std::string placing_text(const json::Value& run, const std::vector<std::string>& thread_keys) {
  std::string out = "{";
  const auto add = [&](std::string_view name, std::string_view json) {
    if (json.empty()) return;
    out.append(out.size() > 1 ? "," : "").append(json::quoted(name)).append(":").append(json);
  };
  for (const std::string_view name : {"id", "trace_id", "session_id", "project_id", "parent_run_id", "parent_run_ids",
                                      "name", "run_type", "status", "start_time", "end_time", "dotted_order"})
    add(name, run[name].raw());
  const json::Value& metadata = run["extra"]["metadata"].is_object() ? run["extra"]["metadata"] : run["metadata"];
  std::string keys;
  for (const std::string& key : thread_keys)
    if (metadata.has(key))
      keys.append(keys.empty() ? "" : ",").append(json::quoted(key)).append(":").append(metadata[key].raw());
  add("extra", R"({"metadata":{)" + keys + "}}");
  return out + "}";
}

std::optional<Root> read_root(const std::string& text, const std::vector<std::string>& thread_keys) {
  json::Parser parser;
  const auto parsed = parser.parse(text);
  if (!parsed) return std::nullopt;
  const json::Value& run = **parsed;
  const auto start = base::parse_time(run["start_time"].string());
  const std::string_view trace = run["trace_id"].string();
  if (!start || trace.empty()) return std::nullopt;
  return Root{std::string(trace), *start, base::parse_time(run["end_time"].string()), placing_text(run, thread_keys)};
}

/// Queries that reach back a week at most have a higher limit of their own.
std::vector<Window> windows_of(const Wanted& wanted, model::Micros now) {
  const model::Micros recent = now - k_week + k_hour;
  const model::Micros begin = std::max(wanted.since.value_or(INT64_MIN), recent);
  if (begin >= now || (wanted.until && *wanted.until <= recent)) return {{0, wanted.since, wanted.until}};
  std::vector<Window> out;
  const model::Micros step = (now - begin) / k_parts_of_week;
  for (int part = k_parts_of_week - 1; part >= 0; --part) {
    const bool last = part + 1 == k_parts_of_week;
    out.push_back({0, begin + part * step, last ? wanted.until : std::optional(begin + (part + 1) * step)});
  }
  if (begin == recent) out.push_back({0, wanted.since, recent});
  return out;
}

/// The work of listing: windows taken from a list by several threads, results written down under a lock.
class Discovery {
 public:
  Discovery(const Api& api, const Generation& generation, std::string project, const Wanted& wanted, Journal& journal)
      : api_(api), generation_(generation), project_(std::move(project)), wanted_(wanted), journal_(journal) {}

  base::Status run() {
    auto windows = journal_.open_windows();
    if (!windows) return std::move(windows).error();
    auto found = journal_.count_roots();
    if (!found) return std::move(found).error();
    found_ = *found;
    return base::parallel_for(k_windows_at_once, windows->size(),
                              [&](std::size_t i, unsigned) { return list((*windows)[i]); });
  }

 private:
  base::Status list(Window window) {
    RunQuery query{.project = project_, .filter = wanted_.filter, .run_filter = wanted_.run_filter, .roots = true};
    if (window.begin) query.start = *window.begin - k_edge;
    query.end = window.end;
    return each_page(api_, generation_, query, [&](RunPage& page) -> base::Result<bool> {
      std::vector<Root> roots;
      std::optional<model::Micros> last;
      for (const std::string& run : page.runs) {
        auto root = read_root(run, wanted_.thread_keys);
        if (!root) {
          api_.note("a root run without a trace id or a start time is left out: " +
                    api_.in_one_line(run.substr(0, 200)));
          continue;
        }
        last = std::min(last.value_or(root->start), root->start);
        if (wanted_.since && root->start < *wanted_.since) continue;
        if (wanted_.until && root->start >= *wanted_.until) continue;
        roots.push_back(std::move(*root));
      }
      // What is left begins at the last start seen: its own microsecond once more, since several may share it.
      if (last) window.end = std::min(window.end.value_or(INT64_MAX), *last + 1);
      const base::Status taken = take(window, roots, !page.cursor.empty());
      if (!taken) return taken.error();
      return true;
    });
  }

  base::Status take(const Window& window, const std::vector<Root>& roots, bool more) {
    const std::lock_guard lock(mutex_);
    TJ_TRY(journal_.take_page(window.id, roots, more ? std::optional(window) : std::nullopt));
    found_ += roots.size();
    if (api_.hooks().progress) api_.hooks().progress("discovering", found_, 0);
    return {};
  }

  const Api& api_;
  const Generation& generation_;
  const std::string project_;
  const Wanted& wanted_;
  Journal& journal_;
  std::mutex mutex_;  ///< for everything below, and the journal
  std::uint64_t found_ = 0;
};

/// Narrows root runs to named conversations: thread keys, or the traces' own ids.
std::string conversation_filter(const Wanted& wanted) {
  if (wanted.conversations.empty() || wanted.conversations.size() > k_named_at_once) return {};
  std::vector<std::string> parts;
  std::vector<std::string> traces;
  for (const std::string& id : wanted.conversations) {
    if (is_uuid(id)) traces.push_back(id);
    parts.push_back("and(" + filter_in("metadata_key", wanted.thread_keys) + ", eq(metadata_value, " + filter_text(id) +
                    "))");
  }
  if (!traces.empty()) parts.push_back(filter_in("trace_id", traces));
  if (parts.size() == 1) return parts.front();
  std::string out = "or(";
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i > 0 ? ", " : "").append(parts[i]);
  return out + ")";
}

/// Groups root runs as an import does.
class Grouping {
 public:
  explicit Grouping(const std::vector<std::string>& thread_keys)
      : thread_keys_(thread_keys), extractor_(tables_, {thread_keys}) {}

  base::Status add(const Root& root) {
    auto parsed = parser_.parse(root.row);
    if (!parsed) return std::move(parsed).error();
    langsmith::UnreadableTimes unreadable;  // named when the run is read for good
    const model::Run run = langsmith::run_from_json(**parsed, kept_, unreadable);
    facts_.push_back(extractor_.extract_structure(run));
    kept_.clear();
    parser_.reset();
    return {};
  }

  std::vector<Summary> summaries() {
    build::BuildFigures figures;
    std::vector<Summary> out;
    for (const build::Conversation& conversation :
         build::group_runs(std::move(facts_), thread_keys_, tables_, figures, 1)) {
      Summary& summary = out.emplace_back();
      summary.id = conversation.id;
      summary.turns = conversation.traces.size();
      std::string state;
      for (const build::Trace& trace : conversation.traces) {
        summary.traces.push_back(trace.id);
        const messages::RunFacts& root = trace.runs[trace.root];
        state.append(trace.id).append(" ").append(root.end_time ? std::to_string(*root.end_time) : "").append("\n");
        const std::string name(tables_.texts.get(root.name));
        if (std::find(summary.root_names.begin(), summary.root_names.end(), name) == summary.root_names.end())
          summary.root_names.push_back(name);
        const auto last = root.end_time ? root.end_time : root.start_time;
        if (root.start_time)
          summary.first_seen = std::min(summary.first_seen.value_or(*root.start_time), *root.start_time);
        if (last) summary.last_seen = std::max(summary.last_seen.value_or(*last), *last);
      }
      summary.state = base::sha256_hex(state).substr(0, 32);
    }
    return out;
  }

 private:
  const std::vector<std::string>& thread_keys_;
  messages::Tables tables_;
  messages::Extractor extractor_;
  json::Parser parser_;
  std::deque<std::string> kept_;
  std::vector<messages::RunFacts> facts_;
};

}  // namespace

std::optional<Root> root_in(const std::string& run) { return read_root(run, messages::ExtractOptions().thread_keys); }

base::Status discover(const Api& api, const Generation& generation, const std::string& project, const Wanted& wanted,
                      Journal& journal) {
  auto done = journal.fact("discovered");
  if (!done) return std::move(done).error();
  if (*done) return {};
  auto begun = journal.fact("windows");
  if (!begun) return std::move(begun).error();
  if (!*begun) TJ_TRY(journal.begin_windows(windows_of(wanted, api.clock().now() + api.server_is_ahead()), "windows"));
  Wanted narrowed = wanted;
  narrowed.filter = filter_and({wanted.filter, conversation_filter(wanted)});
  TJ_TRY(Discovery(api, generation, project, narrowed, journal).run());
  return journal.set_fact("discovered", "1");
}

base::Result<std::vector<Summary>> conversations(Journal& journal, const Wanted& wanted) {
  Grouping grouping(wanted.thread_keys);
  TJ_TRY(journal.each_root([&](const Root& root) { return grouping.add(root); }));
  std::vector<Summary> out = grouping.summaries();
  const auto& ids = wanted.conversations;
  if (!ids.empty())
    std::erase_if(out, [&](const Summary& one) { return std::find(ids.begin(), ids.end(), one.id) == ids.end(); });
  if (wanted.limit && out.size() > *wanted.limit) out.resize(*wanted.limit);
  return out;
}

base::Result<std::vector<Summary>> newest_conversations(const Api& api, const std::string& project, std::uint64_t limit,
                                                        const Wanted& wanted) {
  const auto found_project = live::project(api, project);
  if (!found_project) return found_project.error();
  const auto generation = choose_generation(api, found_project->id, ApiVersion::k_auto);
  if (!generation) return generation.error();
  std::map<std::string, Root> roots;
  const auto read = [&](const RunQuery& query, const std::function<bool()>& enough) {
    return each_page(api, *generation, query, [&](RunPage& page) -> base::Result<bool> {
      for (const std::string& run : page.runs)
        if (auto root = read_root(run, wanted.thread_keys)) roots.insert_or_assign(root->trace_id, std::move(*root));
      if (api.hooks().progress) api.hooks().progress("discovering", roots.size(), 0);
      return !enough();
    });
  };
  const auto newest = [&]() -> base::Result<std::vector<Summary>> {
    Grouping grouping(wanted.thread_keys);
    for (const auto& [trace, root] : roots) TJ_TRY(grouping.add(root));
    std::vector<Summary> out = grouping.summaries();
    std::stable_sort(out.begin(), out.end(),
                     [](const Summary& a, const Summary& b) { return a.last_seen > b.last_seen; });
    return out;
  };

  RunQuery query{.project = found_project->id, .start = wanted.since, .end = wanted.until, .roots = true};
  query.filter = filter_and({wanted.filter, conversation_filter(wanted)});
  query.run_filter = wanted.run_filter;
  // One conversation more than wanted: then the wanted ones have begun, though older turns may be missing yet.
  base::Result<std::vector<Summary>> found = std::vector<Summary>();
  TJ_TRY(read(query, [&] {
    found = newest();
    return !found || found->size() > limit;
  }));
  found = newest();
  if (!found || found->size() <= limit) return found;
  found->resize(limit);
  Wanted named = wanted;
  for (std::size_t begin = 0; begin < found->size(); begin += k_named_at_once) {
    named.conversations.clear();
    for (std::size_t i = begin; i < std::min(found->size(), begin + k_named_at_once); ++i)
      named.conversations.push_back((*found)[i].id);
    query.filter = filter_and({wanted.filter, conversation_filter(named)});
    TJ_TRY(read(query, [] { return false; }));
  }
  found = newest();
  if (found && found->size() > limit) found->resize(limit);
  return found;
}

}  // namespace trajectory::live
