#include "platform/catalog/select.h"

#include <algorithm>

#include "platform/catalog/query.h"

namespace trajectory::platform::catalog {

namespace {

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

}  // namespace

base::Result<std::vector<Row>> select(Catalog& catalog, const Filter& filter, std::int64_t before, std::size_t limit) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<Row>> {
    const auto found = query_of(database, filter, before);
    if (!found) return found.error();
    if (!*found) return std::vector<Row>();
    const Query& q = **found;
    auto rows = q.prepare(database, std::string(k_columns) + q.from + std::string(k_joins) + " WHERE " + q.where +
                                        " ORDER BY " + q.order + " DESC LIMIT " + std::to_string(limit));
    if (!rows) return std::move(rows).error();
    return rows_of(database, *rows);
  });
}

base::Result<std::vector<std::int64_t>> select_ids(Catalog& catalog, const Filter& filter) {
  using Ids = std::vector<std::int64_t>;
  return catalog.read([&](sqlite::Database& database) -> base::Result<Ids> {
    const auto found = query_of(database, filter, INT64_MAX);
    if (!found) return found.error();
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
