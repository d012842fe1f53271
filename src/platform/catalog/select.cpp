#include "platform/catalog/select.h"

#include <algorithm>
#include <cmath>
#include <variant>

namespace trajectory::platform::catalog {

namespace {

using Bound = std::variant<std::int64_t, double, std::string>;

/// A question and what is bound to it.
struct Query {
  std::string from;
  std::string where;
  std::vector<Bound> bound;
  std::string order;  ///< the column that pages go by

  std::string place(Bound value) {
    bound.push_back(std::move(value));
    return "?" + std::to_string(bound.size());
  }
  void also(const std::string& condition) { where += (where.empty() ? "" : " AND ") + condition; }
  template <class T>
  void compare(const std::string& what, const std::optional<T>& value) {
    if (value) also(what + place(*value));
  }
  base::Result<sqlite::Statement> prepare(sqlite::Database& database, const std::string& sql) const {
    auto statement = database.prepare(sql);
    if (!statement) return statement;
    for (std::size_t i = 0; i < bound.size(); ++i)
      std::visit([&](const auto& value) { statement->set(static_cast<int>(i) + 1, value); }, bound[i]);
    return statement;
  }
};

/// A dataset as a selection needs it.
struct Head {
  std::int64_t id = 0;
  std::int64_t version = 0;
};

base::Result<Head> head_of(sqlite::Database& database, const Filter& filter) {
  auto find = database.prepare("SELECT id, version FROM datasets WHERE name = ?1");
  if (!find) return std::move(find).error();
  const auto row = find->bind(filter.dataset).step();
  if (!row) return row.error();
  if (!*row) return base::Error(base::ErrorCode::k_not_found, "there is no dataset of that name");
  const Head head{find->integer(0), find->integer(1)};
  if (filter.version && (*filter.version < 0 || *filter.version > head.version))
    return base::Error(base::ErrorCode::k_not_found, "the dataset has versions 0 to " + std::to_string(head.version));
  return head;
}

base::Result<std::optional<std::int64_t>> label_id(sqlite::Database& database, const std::string& kind,
                                                   const std::string& name) {
  auto find = database.prepare("SELECT id FROM labels WHERE kind = ?1 AND name = ?2");
  if (!find) return std::move(find).error();
  const auto row = find->bind(kind, name).step();
  if (!row) return row.error();
  return *row ? std::optional(find->integer(0)) : std::nullopt;
}

/// A range of one column, if the filter has one.
struct Range {
  const char* column;
  std::string where;
  std::vector<Bound> bound;

  template <class T>
  Range(const char* name, const std::optional<T>& least, const std::optional<T>& most, const char* below)
      : column(name) {
    if (least) add(">=", *least);
    if (most) add(below, *most);
  }

 private:
  void add(const char* compare, Bound value) {
    bound.push_back(std::move(value));
    where += " AND " + std::string(column) + compare + "?" + std::to_string(bound.size() + 1);
  }
};

/// The index of a range that so few rows are in that reading them all and sorting them is quick; empty for none. Any
/// other range is met soon by going through the rows in the order of pages.
base::Result<std::string> narrow_index(sqlite::Database& database, const Filter& filter, std::int64_t dataset) {
  constexpr std::int64_t k_few = 3000;
  for (const Range& range : {Range("reward", filter.least_reward, filter.most_reward, "<="),
                             Range("tokens", filter.least_tokens, filter.most_tokens, "<="),
                             Range("time", filter.since, filter.until, "<")}) {
    if (range.bound.empty()) continue;
    const std::string index = "trajectories_by_" + std::string(range.column);
    auto count = database.prepare("SELECT count(*) FROM (SELECT 1 FROM trajectories INDEXED BY " + index +
                                  " WHERE replaced IS NULL AND dataset = ?1" + range.where + " LIMIT " +
                                  std::to_string(k_few + 1) + ")");
    if (!count) return std::move(count).error();
    count->set(1, dataset);
    for (std::size_t i = 0; i < range.bound.size(); ++i)
      std::visit([&](const auto& value) { count->set(static_cast<int>(i) + 2, value); }, range.bound[i]);
    const auto row = count->step();
    if (!row) return row.error();
    if (count->integer(0) <= k_few) return index;
  }
  return std::string();
}

/// None: nothing can be found, since a label is not there at all.
base::Result<std::optional<Query>> query_of(sqlite::Database& database, const Filter& filter) {
  const auto dataset = head_of(database, filter);
  if (!dataset) return dataset.error();
  std::vector<std::int64_t> labels;
  for (const auto& [kind, name] : filter.labels) {
    const auto label = label_id(database, kind, name);
    if (!label) return label.error();
    if (!*label) return std::optional<Query>();
    labels.push_back(**label);
  }
  // The outermost table gives the order of pages, so that a page reads little more than its rows.
  Query q;
  std::size_t outer_labels = 0;
  const bool pointed = !filter.conversation.empty() || !filter.trace_id.empty();
  std::string narrow;
  if (filter.words.empty() && !filter.version && !pointed) {
    auto index = narrow_index(database, filter, dataset->id);
    if (!index) return std::move(index).error();
    narrow = std::move(*index);
  }
  if (!narrow.empty()) {
    q.from = "trajectories t INDEXED BY " + narrow;
    q.order = "t.id";
  } else if (!filter.words.empty()) {
    q.from = "search.words w CROSS JOIN trajectories t";
    q.order = "w.rowid";
    q.also("w.words MATCH " + q.place(filter.words));
    q.also("t.id = w.rowid");
  } else if (!labels.empty() && !pointed) {
    q.from = "labelled l CROSS JOIN trajectories t";
    q.order = "l.trajectory";
    q.also("l.label = " + q.place(labels.front()));
    q.also("t.id = l.trajectory");
    outer_labels = 1;
  } else {
    q.from = filter.version || pointed ? "trajectories t" : "trajectories t INDEXED BY trajectories_latest";
    q.order = "t.id";
  }
  q.also("t.dataset = " + q.place(dataset->id));
  if (filter.version) {
    const std::string version = q.place(*filter.version);
    q.also("t.added <= " + version + " AND (t.replaced IS NULL OR t.replaced > " + version + ")");
  } else {
    q.also("t.replaced IS NULL");
  }
  for (std::size_t i = outer_labels; i < labels.size(); ++i)
    q.also("EXISTS (SELECT 1 FROM labelled x WHERE x.label = " + q.place(labels[i]) + " AND x.trajectory = t.id)");
  if (filter.failed) q.also(*filter.failed ? "t.failed = 1" : "t.failed = 0");
  q.compare("t.reward >= ", filter.least_reward);
  q.compare("t.reward <= ", filter.most_reward);
  q.compare("t.tokens >= ", filter.least_tokens);
  q.compare("t.tokens <= ", filter.most_tokens);
  q.compare("t.time >= ", filter.since);
  q.compare("t.time < ", filter.until);
  if (!filter.trace_id.empty()) q.also("t.trace_id = " + q.place(filter.trace_id));
  if (!filter.conversation.empty())
    q.also("t.conversation = (SELECT id FROM conversations WHERE dataset = " + q.place(dataset->id) +
           " AND name = " + q.place(filter.conversation) + ")");
  return std::optional(std::move(q));
}

constexpr std::string_view k_columns =
    "SELECT t.id, c.public_id, d.name, t.number, t.added, t.replaced, t.created, t.upload_hash, p.sha256, p.size, "
    "c.name, "
    "t.trace_id, t.title, t.error, t.reward, t.tokens, t.cost, t.turns, t.steps, t.messages, t.tool_calls, t.time, "
    "t.end_time FROM ";
constexpr std::string_view k_joins =
    " CROSS JOIN conversations c ON c.id = t.conversation CROSS JOIN payloads p ON p.id = t.payload "
    "CROSS JOIN datasets d ON d.id = t.dataset";

template <class T>
std::optional<T> optional_of(const sqlite::Statement& s, int column) {
  if (s.is_null(column)) return std::nullopt;
  if constexpr (std::is_same_v<T, double>) return s.real(column);
  else return s.integer(column);
}

Row row_of(const sqlite::Statement& s) {
  Row out;
  out.id = s.integer(0);
  out.trajectory_id = s.text(1);
  out.dataset = s.text(2);
  out.number = s.integer(3);
  out.added = s.integer(4);
  out.replaced = optional_of<std::int64_t>(s, 5);
  out.created = s.integer(6);
  out.upload_hash = s.text(7);
  out.payload = s.text(8);
  out.size = static_cast<std::uint64_t>(s.integer(9));
  Facts& f = out.facts;
  f.conversation = s.text(10);
  f.trace_id = s.text(11);
  f.title = s.text(12);
  f.error = s.text(13);
  f.reward = optional_of<double>(s, 14);
  f.tokens = optional_of<std::int64_t>(s, 15);
  f.cost = optional_of<double>(s, 16);
  f.turns = optional_of<std::int64_t>(s, 17);
  f.steps = s.integer(18);
  f.messages = s.integer(19);
  f.tool_calls = s.integer(20);
  f.time = s.integer(21);
  f.end_time = optional_of<std::int64_t>(s, 22);
  return out;
}

base::Result<std::vector<Row>> rows_of(sqlite::Database& database, sqlite::Statement& statement) {
  std::vector<Row> out;
  TJ_TRY(statement.each([&](const sqlite::Statement& row) { out.push_back(row_of(row)); }));
  auto labels = database.prepare(
      "SELECT l.kind, l.name FROM labelled x JOIN labels l ON l.id = x.label WHERE x.trajectory = ?1 ORDER BY 1, 2");
  if (!labels) return std::move(labels).error();
  for (Row& row : out) {
    TJ_TRY(labels->bind(row.id).each(
        [&](const sqlite::Statement& label) { row.facts.labels.emplace_back(label.text(0), label.text(1)); }));
  }
  return out;
}

/// The beginning of the power of two below, 0 for none.
std::int64_t bucket_of(std::int64_t tokens) {
  std::int64_t bucket = 1;
  if (tokens < 1) return 0;
  while (bucket <= tokens / 2) bucket *= 2;
  return bucket;
}

base::Status count_rows(sqlite::Database& database, const Query& q, Figures& out) {
  constexpr std::int64_t k_day = 86'400'000'000;
  auto rows =
      q.prepare(database, "SELECT t.failed, t.tokens, t.reward, t.time, t.cost FROM " + q.from + " WHERE " + q.where);
  if (!rows) return std::move(rows).error();
  return rows->each([&](const sqlite::Statement& row) {
    ++out.count;
    out.failed += row.integer(0);
    const std::int64_t time = row.integer(3);
    Day& day = out.days[time - ((time % k_day) + k_day) % k_day];
    ++day.count;
    day.failed += row.integer(0);
    day.tokens += row.integer(1);
    out.tokens += row.integer(1);
    out.cost += row.real(4);
    if (!row.is_null(1)) ++out.tokens_from[bucket_of(row.integer(1))];
    if (!row.is_null(2)) ++out.rewards_from[static_cast<std::int64_t>(std::floor(row.real(2) * 10 + 1e-9))];
  });
}

base::Status count_labels(sqlite::Database& database, const Query& q, Figures& out) {
  auto rows = q.prepare(database, "SELECT y.kind, y.name, count(*) FROM " + q.from +
                                      " CROSS JOIN labelled z ON z.trajectory = t.id CROSS JOIN labels y ON y.id = "
                                      "z.label WHERE " +
                                      q.where + " GROUP BY y.id");
  if (!rows) return std::move(rows).error();
  return rows->each([&](const sqlite::Statement& row) {
    out.labels[std::string(row.text(0))][std::string(row.text(1))] += row.integer(2);
  });
}

}  // namespace

base::Result<std::vector<Row>> select(Catalog& catalog, const Filter& filter, std::int64_t before, std::size_t limit) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<Row>> {
    auto found = query_of(database, filter);
    if (!found) return std::move(found).error();
    if (!*found) return std::vector<Row>();
    Query& q = **found;
    q.also(q.order + " < " + q.place(before));
    auto rows = q.prepare(database, std::string(k_columns) + q.from + std::string(k_joins) + " WHERE " + q.where +
                                        " ORDER BY " + q.order + " DESC LIMIT " + std::to_string(limit));
    if (!rows) return std::move(rows).error();
    return rows_of(database, *rows);
  });
}

base::Result<std::vector<std::int64_t>> select_ids(Catalog& catalog, const Filter& filter) {
  using Ids = std::vector<std::int64_t>;
  return catalog.read([&](sqlite::Database& database) -> base::Result<Ids> {
    auto found = query_of(database, filter);
    if (!found) return std::move(found).error();
    Ids out;
    if (!*found) return out;
    const Query& q = **found;
    auto ids = q.prepare(database, "SELECT " + q.order + " FROM " + q.from + " WHERE " + q.where + " ORDER BY 1 DESC");
    if (!ids) return std::move(ids).error();
    TJ_TRY(ids->each([&](const sqlite::Statement& row) { out.push_back(row.integer(0)); }));
    return out;
  });
}

base::Result<std::vector<Row>> rows(Catalog& catalog, std::span<const std::int64_t> ids) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<Row>> {
    auto find = database.prepare(std::string(k_columns) + "trajectories t" + std::string(k_joins) + " WHERE t.id = ?1");
    if (!find) return std::move(find).error();
    std::vector<Row> out;
    for (const std::int64_t id : ids) {
      find->bind(id);
      auto found = rows_of(database, *find);
      if (!found) return found;
      for (Row& row : *found) out.push_back(std::move(row));
    }
    return out;
  });
}

base::Result<Row> find(Catalog& catalog, const std::string& trajectory_id, std::optional<std::int64_t> number) {
  auto all = history(catalog, trajectory_id);
  if (!all) return std::move(all).error();
  for (Row& row : *all)
    if (!number || row.number == *number) return std::move(row);
  return base::Error(base::ErrorCode::k_not_found, "the conversation has no version of that number");
}

base::Result<std::vector<Row>> history(Catalog& catalog, const std::string& trajectory_id) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<Row>> {
    auto rows = database.prepare(std::string(k_columns) + "trajectories t" + std::string(k_joins) +
                                 " WHERE t.conversation = (SELECT id FROM conversations WHERE public_id = ?1) "
                                 "ORDER BY t.number DESC");
    if (!rows) return std::move(rows).error();
    rows->bind(trajectory_id);
    auto out = rows_of(database, *rows);
    if (out && out->empty()) return base::Error(base::ErrorCode::k_not_found, "there is no trajectory of that id");
    return out;
  });
}

base::Result<Figures> figures(Catalog& catalog, const Filter& filter) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<Figures> {
    Figures out;
    const auto found = query_of(database, filter);
    if (!found) return found.error();
    if (!*found) return out;
    TJ_TRY(count_rows(database, **found, out));
    TJ_TRY(count_labels(database, **found, out));
    return out;
  });
}

std::string question_of(std::string_view typed) {
  std::string out;
  const auto add = [&](std::string_view words, bool beginning) {
    if (words.find_first_not_of(" \t\n\r") == std::string_view::npos) return;
    out.append(out.empty() ? "\"" : " \"");
    for (const char c : words)
      if (c != '"' && c != '\0') out.push_back(c);
    out.append(beginning ? "\" *" : "\"");
  };
  while (!typed.empty()) {
    const bool quoted = typed.front() == '"';
    if (quoted) typed.remove_prefix(1);
    const std::size_t end = std::min(typed.find_first_of(quoted ? "\"" : " \t\n\r\""), typed.size());
    std::string_view words = typed.substr(0, end);
    const bool beginning = !quoted && words.size() > 1 && words.back() == '*';
    if (beginning) words.remove_suffix(1);
    add(words, beginning);
    typed.remove_prefix(end);
    if (!typed.empty() && (quoted || typed.front() != '"')) typed.remove_prefix(1);
  }
  return out;
}

}  // namespace trajectory::platform::catalog
