#include "platform/catalog/query.h"

#include <algorithm>
#include <utility>

namespace trajectory::platform::catalog {

namespace {

constexpr std::int64_t k_in_order = 20'000;  // ways into a selection are compared up to that many rows ...
constexpr std::int64_t k_sorted = 3'000;     // ... of those that come in another order than pages up to that many
constexpr std::int64_t k_times = 100'000;    // times mostly grow with the ids: it pays to know where theirs lie
constexpr std::int64_t k_looked_up = 500;    // rows that are asked one by one whether they have the words

/// The filter, with what its names mean in the catalog.
struct Meaning {
  const Filter& filter;
  std::int64_t dataset = 0;
  std::int64_t first = 0;  ///< ids of the dataset's rows, as far as they are asked for
  std::int64_t last = 0;
  std::vector<std::int64_t> labels;
};

template <class... Values>
base::Result<std::optional<std::int64_t>> one_integer(sqlite::Database& database, std::string_view sql,
                                                      const Values&... values) {
  auto find = database.prepare(sql);
  if (!find) return std::move(find).error();
  const auto row = find->bind(values...).step();
  if (!row) return row.error();
  return *row ? std::optional(find->integer(0)) : std::nullopt;
}

/// None: nothing can be found, since a label is not there at all, or no row.
base::Result<std::optional<Meaning>> meaning_of(sqlite::Database& database, const Filter& filter, std::int64_t before) {
  auto find = database.prepare("SELECT id, version FROM datasets WHERE name = ?1");
  if (!find) return std::move(find).error();
  const auto dataset = find->bind(filter.dataset).step();
  if (!dataset) return dataset.error();
  if (!*dataset) return base::Error(base::ErrorCode::k_not_found, "there is no dataset of that name");
  const std::int64_t version = find->integer(1);
  if (filter.version && (*filter.version < 0 || *filter.version > version))
    return base::Error(base::ErrorCode::k_not_found, "the dataset has versions 0 to " + std::to_string(version));
  Meaning out{.filter = filter, .dataset = find->integer(0), .labels = {}};
  for (const auto& [kind, name] : filter.labels) {
    const auto label = one_integer(database, "SELECT id FROM labels WHERE kind = ?1 AND name = ?2", kind, name);
    if (!label) return label.error();
    if (!*label) return std::optional<Meaning>();
    out.labels.push_back(**label);
  }
  const auto first =
      one_integer(database, "SELECT id FROM trajectories WHERE dataset = ?1 ORDER BY id LIMIT 1", out.dataset);
  if (!first) return first.error();
  // Ids grow with the versions of a dataset.
  const auto last = one_integer(database,
                                "SELECT id FROM trajectories WHERE dataset = ?1 AND added <= ?2 "
                                "ORDER BY added DESC, id DESC LIMIT 1",
                                out.dataset, filter.version.value_or(version));
  if (!last) return last.error();
  if (!*first || !*last || **first >= before) return std::optional<Meaning>();
  out.first = **first;
  out.last = std::min(**last, before - 1);
  return std::optional(std::move(out));
}

template <class T>
void compare(Query& q, const std::string& what, const std::optional<T>& value) {
  if (value) q.also(what + q.place(*value));
}

/// What leads to a trajectory from a table that names it. The index holds what filters ask for, and is a tenth of the
/// table. The plus keeps SQLite from looking for a range of ids in place of the one.
std::string joined(const Meaning& m, const std::string& id) {
  return std::string(" CROSS JOIN trajectories t") + (m.filter.version ? "" : " INDEXED BY trajectories_latest") +
         " ON t.id = +" + id;
}

/// A way into a selection: a table or an index that has its rows, and others.
struct Way {
  Query query;
  std::int64_t good = 0;         ///< below that many rows it is taken
  std::int64_t counted = 0;      ///< it is worth to count up to that many
  std::string behind;            ///< what leads from its rows to `t`
  std::size_t label = SIZE_MAX;  ///< the place of the label whose rows they are
};

Way indexed(const Meaning& m, const std::string& index, const std::string& condition) {
  Way out{.query = {.from = "trajectories t INDEXED BY " + index, .where = {}, .bound = {}, .order = "t.id"},
          .good = k_in_order,
          .counted = k_in_order,
          .behind = {}};
  out.query.also("t.dataset = " + out.query.place(m.dataset));
  if (!m.filter.version) out.query.also("t.replaced IS NULL");
  if (!condition.empty()) out.query.also(condition);
  return out;
}

Way labelled(const Meaning& m, std::size_t place) {
  Way out{.query = {.from = "labelled l", .where = {}, .bound = {}, .order = "l.trajectory"},
          .good = k_in_order,
          .counted = k_in_order,
          .behind = joined(m, "l.trajectory"),
          .label = place};
  out.query.also("l.label = " + out.query.place(m.labels[place]));
  return out;
}

/// The ways that the filter opens, those that go in the order of pages first.
std::vector<Way> ways_of(const Meaning& m) {
  const Filter& f = m.filter;
  std::vector<Way> out;
  for (std::size_t i = 0; i < m.labels.size(); ++i) out.push_back(labelled(m, i));
  if (f.version) return out;
  if (f.failed.value_or(false)) out.push_back(indexed(m, "trajectories_failed", "t.failed = 1"));
  const auto add_range = [&](const std::string& column, const auto& least, const auto& most, const char* below,
                             std::int64_t counted) {
    if (!least && !most) return;
    Way way = indexed(m, "trajectories_by_" + column, "");
    way.good = k_sorted;
    way.counted = counted;
    compare(way.query, "t." + column + " >= ", least);
    compare(way.query, "t." + column + below, most);
    out.push_back(std::move(way));
  };
  add_range("reward", f.least_reward, f.most_reward, " <= ", k_sorted);
  add_range("tokens", f.least_tokens, f.most_tokens, " <= ", k_sorted);
  add_range("time", f.since, f.until, " < ", k_times);
  return out;
}

struct Extent {
  std::int64_t rows = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// How many rows there are, up to `most`, and between which ids these lie.
base::Result<Extent> extent_of(sqlite::Database& database, const Query& q, std::int64_t most) {
  auto rows = q.prepare(database, "SELECT count(*), min(id), max(id) FROM (SELECT " + q.order + " AS id FROM " +
                                      q.from + " WHERE " + q.where + " LIMIT " + std::to_string(most) + ")");
  if (!rows) return std::move(rows).error();
  const auto row = rows->step();
  if (!row) return row.error();
  return Extent{rows->integer(0), rows->integer(1), rows->integer(2)};
}

/// The way with the fewest rows; any other goes in the order of pages, through which a page is met soon. What the ways
/// tell of where the ids lie is put down in the meaning.
base::Result<Way> narrowest(sqlite::Database& database, Meaning& m) {
  if (!m.filter.conversation.empty()) return indexed(m, "trajectories_of_conversation", "");
  if (!m.filter.trace_id.empty()) return indexed(m, "trajectories_by_trace", "");
  std::vector<Way> ways = ways_of(m);
  Way best = indexed(m, m.filter.version ? "trajectories_of_dataset" : "trajectories_latest", "");
  if (!ways.empty() && ways.front().good == k_in_order) best = ways.front();
  std::int64_t fewest = k_in_order;
  for (Way& way : ways) {
    const auto extent = extent_of(database, way.query, way.counted);
    if (!extent) return extent.error();
    if (extent->rows == way.counted) continue;
    m.first = std::max(m.first, extent->first);
    m.last = std::min(m.last, extent->last);
    if (extent->rows >= std::min(way.good, fewest)) continue;
    fewest = extent->rows;
    best = std::move(way);
  }
  return best;
}

/// Everything that the filter asks for beside the words, and beside one label.
void add_conditions(Query& q, const Meaning& m, std::size_t without_label) {
  const Filter& f = m.filter;
  q.also("t.dataset = " + q.place(m.dataset));
  if (f.version) q.also("(t.replaced IS NULL OR t.replaced > " + q.place(*f.version) + ")");
  else q.also("t.replaced IS NULL");
  for (std::size_t i = 0; i < m.labels.size(); ++i)
    if (i != without_label)
      q.also("EXISTS (SELECT 1 FROM labelled x WHERE x.label = " + q.place(m.labels[i]) + " AND x.trajectory = t.id)");
  if (f.failed) q.also(*f.failed ? "t.failed = 1" : "t.failed = 0");
  compare(q, "t.reward >= ", f.least_reward);
  compare(q, "t.reward <= ", f.most_reward);
  compare(q, "t.tokens >= ", f.least_tokens);
  compare(q, "t.tokens <= ", f.most_tokens);
  compare(q, "t.time >= ", f.since);
  compare(q, "t.time < ", f.until);
  if (!f.trace_id.empty()) q.also("t.trace_id = " + q.place(f.trace_id));
  if (!f.conversation.empty())
    q.also("t.conversation = (SELECT id FROM conversations WHERE dataset = " + q.place(m.dataset) +
           " AND name = " + q.place(f.conversation) + ")");
}

void keep_within(Query& q, const Meaning& m) {
  q.also(q.order + " BETWEEN " + q.place(m.first) + " AND " + q.place(m.last));
}

base::Result<Query> without_words(sqlite::Database& database, Meaning m) {
  auto way = narrowest(database, m);
  if (!way) return std::move(way).error();
  Query q = std::move(way->query);
  q.from += way->behind;
  keep_within(q, m);
  add_conditions(q, m, way->label);
  return q;
}

/// The ids of a selection when there are few.
base::Result<std::optional<std::vector<std::int64_t>>> few_ids(sqlite::Database& database, const Query& q) {
  auto rows = q.prepare(database, "SELECT t.id FROM " + q.from + " WHERE " + q.where + " ORDER BY " + q.order +
                                      " DESC LIMIT " + std::to_string(k_looked_up + 1));
  if (!rows) return std::move(rows).error();
  std::vector<std::int64_t> out;
  TJ_TRY(rows->each([&](const sqlite::Statement& row) { out.push_back(row.integer(0)); }));
  if (out.size() > k_looked_up) return std::optional<std::vector<std::int64_t>>();
  return std::optional(std::move(out));
}

/// Those of the rows that have the words.
base::Result<std::optional<Query>> with_words(sqlite::Database& database, const std::vector<std::int64_t>& ids,
                                              const std::string& words) {
  auto has = database.prepare("SELECT 1 FROM search.words WHERE words MATCH ?1 AND rowid = ?2");
  if (!has) return std::move(has).error();
  Query out{.from = "trajectories t", .where = {}, .bound = {}, .order = "t.id"};
  std::string list;
  for (const std::int64_t id : ids) {
    const auto found = has->bind(words, id).step();
    if (!found) return found.error();
    if (*found) list += (list.empty() ? "" : ",") + std::to_string(id);
  }
  if (list.empty()) return std::optional<Query>();
  out.also("t.id IN (" + list + ")");
  return std::optional(std::move(out));
}

}  // namespace

std::string Query::place(Bound value) {
  bound.push_back(std::move(value));
  return "?" + std::to_string(bound.size());
}

void Query::also(const std::string& condition) { where += (where.empty() ? "" : " AND ") + condition; }

base::Result<sqlite::Statement> Query::prepare(sqlite::Database& database, const std::string& sql) const {
  auto statement = database.prepare(sql);
  if (!statement) return statement;
  for (std::size_t i = 0; i < bound.size(); ++i)
    std::visit([&](const auto& value) { statement->set(static_cast<int>(i) + 1, value); }, bound[i]);
  return statement;
}

base::Result<std::optional<Query>> query_of(sqlite::Database& database, const Filter& filter, std::int64_t before) {
  const auto meaning = meaning_of(database, filter, before);
  if (!meaning) return meaning.error();
  if (!*meaning) return std::optional<Query>();
  const Meaning& m = **meaning;
  if (filter.words.empty()) {
    auto q = without_words(database, m);
    if (!q) return std::move(q).error();
    return std::optional(std::move(*q));
  }
  Query q{.from = "search.words w", .where = {}, .bound = {}, .order = "w.rowid"};
  q.also("w.words MATCH " + q.place(filter.words));
  keep_within(q, m);
  const auto found = extent_of(database, q, k_looked_up);
  if (!found) return found.error();
  // A word that many have is met soon on the way through them, unless few have everything else that is asked for.
  if (found->rows == k_looked_up) {
    auto others = without_words(database, m);
    if (!others) return std::move(others).error();
    const auto ids = few_ids(database, *others);
    if (!ids) return ids.error();
    if (*ids) return with_words(database, **ids, filter.words);
  }
  q.from += joined(m, "w.rowid");
  add_conditions(q, m, SIZE_MAX);
  return std::optional(std::move(q));
}

}  // namespace trajectory::platform::catalog
