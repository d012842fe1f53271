#include "platform/catalog/datasets.h"

namespace trajectory::platform::catalog {

namespace {

/// Reads every row of a question with `read`.
template <class T, class Bind, class Read>
base::Result<std::vector<T>> all_rows(Catalog& catalog, std::string_view sql, Bind&& bind, Read&& read) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<T>> {
    auto rows = database.prepare(sql);
    if (!rows) return std::move(rows).error();
    bind(*rows);
    std::vector<T> out;
    TJ_TRY(rows->each([&](const sqlite::Statement& row) { out.push_back(read(row)); }));
    return out;
  });
}

struct Head {
  std::int64_t id = 0;
  std::int64_t version = 0;
};

base::Result<Head> head_of(Catalog& catalog, const std::string& dataset) {
  const auto found = all_rows<Head>(
      catalog, "SELECT id, version FROM datasets WHERE name = ?1", [&](auto& s) { s.bind(dataset); },
      [](const auto& s) { return Head{s.integer(0), s.integer(1)}; });
  if (!found) return found.error();
  if (found->empty()) return base::Error(base::ErrorCode::k_not_found, "there is no dataset of that name");
  return found->front();
}

}  // namespace

base::Result<std::vector<DatasetInfo>> datasets(Catalog& catalog) {
  return all_rows<DatasetInfo>(
      catalog,
      "SELECT d.name, d.version, d.conversations, d.created, coalesce(v.created, d.created) FROM datasets d "
      "LEFT JOIN versions v ON v.dataset = d.id AND v.number = d.version ORDER BY d.name",
      [](auto&) {},
      [](const auto& s) {
        return DatasetInfo{std::string(s.text(0)), s.integer(1), s.integer(2), s.integer(3), s.integer(4)};
      });
}

base::Result<std::vector<VersionInfo>> versions(Catalog& catalog, const std::string& dataset, std::int64_t before,
                                                std::size_t limit) {
  const auto head = head_of(catalog, dataset);
  if (!head) return head.error();
  return all_rows<VersionInfo>(
      catalog,
      "SELECT number, created, added, changed FROM versions WHERE dataset = ?1 AND number < ?2 "
      "ORDER BY number DESC LIMIT ?3",
      [&](auto& s) { s.bind(head->id, before, static_cast<std::int64_t>(limit)); },
      [](const auto& s) { return VersionInfo{s.integer(0), s.integer(1), s.integer(2), s.integer(3)}; });
}

base::Result<std::vector<Difference>> diff(Catalog& catalog, const std::string& dataset, std::int64_t from,
                                           std::int64_t to, std::int64_t after, std::size_t limit) {
  const auto head = head_of(catalog, dataset);
  if (!head) return head.error();
  if (from < 0 || from > to || to > head->version)
    return base::Error(base::ErrorCode::k_not_found,
                       "there are versions 0 to " + std::to_string(head->version) + ", and `from` comes before `to`");
  // What stands in `to` and came after `from`; ids grow with the versions.
  return all_rows<Difference>(
      catalog,
      "SELECT t.id, c.public_id, c.name, t.number, (SELECT o.number FROM trajectories o WHERE o.conversation = c.id "
      "AND o.added <= ?2 AND (o.replaced IS NULL OR o.replaced > ?2)) "
      "FROM trajectories t INDEXED BY trajectories_of_dataset CROSS JOIN conversations c ON c.id = t.conversation "
      "WHERE t.dataset = ?1 AND (t.replaced IS NULL OR t.replaced > ?3) AND t.id > "
      "max(?4, coalesce((SELECT id FROM trajectories INDEXED BY trajectories_by_version WHERE dataset = ?1 AND added "
      "<= ?2 "
      "ORDER BY added DESC, id DESC LIMIT 1), 0)) AND t.id <= "
      "(SELECT id FROM trajectories INDEXED BY trajectories_by_version WHERE dataset = ?1 AND added <= ?3 "
      "ORDER BY added DESC, id DESC LIMIT 1) ORDER BY t.id LIMIT ?5",
      [&](auto& s) { s.bind(head->id, from, to, after, static_cast<std::int64_t>(limit)); },
      [](const auto& s) {
        Difference out{s.integer(0), std::string(s.text(1)), std::string(s.text(2)), {}, s.integer(3)};
        if (!s.is_null(4)) out.before = s.integer(4);
        return out;
      });
}

}  // namespace trajectory::platform::catalog
