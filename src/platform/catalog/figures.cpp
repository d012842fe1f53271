#include "platform/catalog/figures.h"

#include <cmath>
#include <span>
#include <unordered_map>

#include "platform/catalog/query.h"

namespace trajectory::platform::catalog {

namespace {

using Counts = std::unordered_map<std::int64_t, std::int64_t>;

/// The beginning of the power of two below, 0 for none.
std::int64_t bucket_of(std::int64_t tokens) {
  std::int64_t bucket = 1;
  if (tokens < 1) return 0;
  while (bucket <= tokens / 2) bucket *= 2;
  return bucket;
}

/// Counts the rows, and gives back their ids in ascending order.
base::Result<std::vector<std::int64_t>> count_rows(sqlite::Database& database, const Query& q, Figures& out) {
  constexpr std::int64_t k_day = 86'400'000'000;
  std::vector<std::int64_t> ids;
  auto rows = q.prepare(database, "SELECT t.failed, t.tokens, t.reward, t.time, t.cost, t.id FROM " + q.from +
                                      " WHERE " + q.where + " ORDER BY " + q.order);
  if (!rows) return std::move(rows).error();
  TJ_TRY(rows->each([&](const sqlite::Statement& row) {
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
    ids.push_back(row.integer(5));
  }));
  return ids;
}

/// The labels of ascending ids that lie close together: one walk through all that lie between.
base::Status count_walking(sqlite::Database& database, std::span<const std::int64_t> ids, Counts& out) {
  auto all = database.prepare(
      "SELECT trajectory, label FROM labelled INDEXED BY labelled_by_trajectory WHERE trajectory BETWEEN ?1 AND ?2 "
      "ORDER BY trajectory");
  if (!all) return std::move(all).error();
  std::size_t at = 0;
  return all->bind(ids.front(), ids.back()).each([&](const sqlite::Statement& row) {
    while (ids[at] < row.integer(0)) ++at;
    if (ids[at] == row.integer(0)) ++out[row.integer(1)];
  });
}

base::Status count_one_by_one(sqlite::Database& database, std::span<const std::int64_t> ids, Counts& out) {
  auto labels = database.prepare("SELECT label FROM labelled WHERE trajectory = ?1");
  if (!labels) return std::move(labels).error();
  for (const std::int64_t id : ids)
    TJ_TRY(labels->bind(id).each([&](const sqlite::Statement& row) { ++out[row.integer(0)]; }));
  return {};
}

base::Status count_labels(sqlite::Database& database, std::span<const std::int64_t> ids, Figures& out) {
  constexpr std::int64_t k_close = 8;
  if (ids.empty()) return {};
  Counts counts;
  const bool close = (ids.back() - ids.front()) / k_close < static_cast<std::int64_t>(ids.size());
  TJ_TRY(close ? count_walking(database, ids, counts) : count_one_by_one(database, ids, counts));
  auto name = database.prepare("SELECT kind, name FROM labels WHERE id = ?1");
  if (!name) return std::move(name).error();
  for (const auto& [label, count] : counts)
    TJ_TRY(name->bind(label).each([&](const sqlite::Statement& row) {
      out.labels[std::string(row.text(0))][std::string(row.text(1))] += count;
    }));
  return {};
}

}  // namespace

base::Result<Figures> figures(Catalog& catalog, const Filter& filter) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<Figures> {
    Figures out;
    const auto found = query_of(database, filter, INT64_MAX);
    if (!found) return found.error();
    if (!*found) return out;
    const auto ids = count_rows(database, **found, out);
    if (!ids) return ids.error();
    TJ_TRY(count_labels(database, *ids, out));
    return out;
  });
}

}  // namespace trajectory::platform::catalog
