#include "platform/catalog/search_index.h"

#include <set>

namespace trajectory::platform::catalog {

namespace {

constexpr std::uint64_t k_bytes_at_once = 1 << 20;
constexpr std::size_t k_most_at_once = 500;
constexpr std::int64_t k_pages_at_once = 500;  // of 4 KiB, in a merge

struct Entry {
  std::int64_t id = 0;
  std::string payload;
  std::uint64_t size = 0;
};

/// What was never taken in, and what a removal that did not come to its end has taken out.
base::Result<std::vector<Entry>> next_entries(Catalog& catalog) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::vector<Entry>> {
    std::vector<Entry> out;
    auto next = database.prepare(
        "SELECT t.id, p.sha256, p.size FROM (SELECT id FROM search.removing UNION ALL SELECT * FROM "
        "(SELECT id FROM trajectories WHERE id > (SELECT coalesce(max(id), 0) FROM search.done) ORDER BY id LIMIT ?1)) "
        "n CROSS JOIN trajectories t ON t.id = n.id JOIN payloads p ON p.id = t.payload LIMIT ?1");
    if (!next) return std::move(next).error();
    next->bind(static_cast<std::int64_t>(k_most_at_once));
    for (std::uint64_t bytes = 0; bytes < k_bytes_at_once;) {
      const auto row = next->step();
      if (!row) return row.error();
      if (!*row) break;
      out.push_back({next->integer(0), std::string(next->text(1)), static_cast<std::uint64_t>(next->integer(2))});
      bytes += out.back().size;
    }
    return out;
  });
}

/// The words of each trajectory; none where its record is damaged. Errors: k_io (it cannot be read now).
base::Result<std::vector<std::string>> words_in(Catalog& catalog, const std::vector<Entry>& entries,
                                                const WordsOf& words_of) {
  std::vector<std::string> out;
  for (const Entry& entry : entries) {
    const auto record = catalog.payload(entry.payload);
    if (!record && record.error().code() != base::ErrorCode::k_bad_format) return record.error();
    auto words = record ? words_of(*record) : base::Result<std::string>(std::string());
    out.push_back(words ? std::move(*words) : std::string());
  }
  return out;
}

base::Status add_words(Catalog& catalog, const std::vector<Entry>& entries, const std::vector<std::string>& words) {
  return catalog.write_search([&](sqlite::Database& database) -> base::Status {
    auto add = database.prepare("INSERT INTO words(rowid, text) VALUES (?1, ?2)");
    if (!add) return std::move(add).error();
    auto mark = database.prepare("INSERT INTO done(id) VALUES (?1)");
    if (!mark) return std::move(mark).error();
    auto unmark = database.prepare("DELETE FROM removing WHERE id = ?1");
    if (!unmark) return std::move(unmark).error();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      TJ_TRY(add->bind(entries[i].id, words[i]).run());
      TJ_TRY(mark->bind(entries[i].id).run());
      TJ_TRY(unmark->bind(entries[i].id).run());
    }
    return {};
  });
}

struct Removed {
  std::vector<Entry> entries;
  std::vector<std::string> trajectory_ids;
  std::vector<std::string> trace_ids;
};

base::Result<Removed> entries_of(Catalog& catalog, const std::string& conversation, const std::string& dataset) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<Removed> {
    Removed out;
    auto rows = database.prepare(
        "SELECT t.id, p.sha256, p.size, c.public_id, t.trace_id FROM conversations c JOIN datasets d ON d.id = "
        "c.dataset "
        "JOIN trajectories t ON t.conversation = c.id JOIN payloads p ON p.id = t.payload "
        "WHERE c.name = ?1 AND (?2 = '' OR d.name = ?2)");
    if (!rows) return std::move(rows).error();
    TJ_TRY(rows->bind(conversation, dataset).each([&](const sqlite::Statement& row) {
      out.entries.push_back({row.integer(0), std::string(row.text(1)), static_cast<std::uint64_t>(row.integer(2))});
      if (out.trajectory_ids.empty() || out.trajectory_ids.back() != row.text(3))
        out.trajectory_ids.emplace_back(row.text(3));
      if (!row.is_null(4)) out.trace_ids.emplace_back(row.text(4));
    }));
    if (out.entries.empty()) return base::Error(base::ErrorCode::k_not_found, "there is no conversation of that name");
    return out;
  });
}

/// An index without content has to be told the words that it forgets.
base::Status remove_words(Catalog& catalog, const std::vector<Entry>& entries, const WordsOf& words_of) {
  const auto words = words_in(catalog, entries, words_of);
  if (!words) return words.error();
  return catalog.write_search([&](sqlite::Database& database) -> base::Status {
    auto done = database.prepare("SELECT 1 FROM done WHERE id = ?1");
    auto forget = database.prepare("INSERT INTO words(words, rowid, text) VALUES ('delete', ?1, ?2)");
    auto remove = database.prepare("DELETE FROM done WHERE id = ?1");
    auto mark = database.prepare("INSERT INTO removing(id) VALUES (?1)");
    if (!done || !forget || !remove || !mark)
      return base::Error(base::ErrorCode::k_internal, "the search index has no tables");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto known = done->bind(entries[i].id).step();
      if (!known) return known.error();
      if (!*known) continue;
      TJ_TRY(forget->bind(entries[i].id, (*words)[i]).run());
      TJ_TRY(remove->bind(entries[i].id).run());
      TJ_TRY(mark->bind(entries[i].id).run());
    }
    return database.execute("INSERT OR REPLACE INTO erasing(id, step) VALUES (1, 0)");
  });
}

base::Status run_for(sqlite::Database& database, std::string_view sql, const auto&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  return statement->bind(values...).run();
}

base::Result<std::set<std::int64_t>> labels_of(sqlite::Database& database, const std::vector<Entry>& entries) {
  std::set<std::int64_t> out;
  auto labels = database.prepare("SELECT label FROM labelled WHERE trajectory = ?1");
  if (!labels) return std::move(labels).error();
  for (const Entry& entry : entries)
    TJ_TRY(labels->bind(entry.id).each([&](const sqlite::Statement& row) { out.insert(row.integer(0)); }));
  return out;
}

base::Status remove_rows(sqlite::Database& database, const Removed& removed) {
  const auto labels = labels_of(database, removed.entries);
  if (!labels) return labels.error();
  for (const Entry& entry : removed.entries) {
    TJ_TRY(run_for(database, "DELETE FROM labelled WHERE trajectory = ?1", entry.id));
    TJ_TRY(run_for(database, "DELETE FROM trajectories WHERE id = ?1", entry.id));
    TJ_TRY(run_for(database,
                   "DELETE FROM payloads WHERE sha256 = ?1 AND NOT EXISTS "
                   "(SELECT 1 FROM trajectories WHERE payload = payloads.id)",
                   entry.payload));
  }
  // Events that name the trace alone belong to every trajectory of it.
  for (const std::string& id : removed.trace_ids)
    TJ_TRY(run_for(database,
                   "DELETE FROM events WHERE trajectory_id IS NULL AND trace_id = ?1 AND NOT EXISTS "
                   "(SELECT 1 FROM trajectories WHERE trace_id = ?1)",
                   id));
  for (const std::string& id : removed.trajectory_ids) {
    TJ_TRY(run_for(database, "DELETE FROM events WHERE trajectory_id = ?1", id));
    TJ_TRY(run_for(database,
                   "UPDATE datasets SET conversations = conversations - 1 "
                   "WHERE id = (SELECT dataset FROM conversations WHERE public_id = ?1)",
                   id));
    TJ_TRY(run_for(database, "DELETE FROM conversations WHERE public_id = ?1", id));
  }
  for (const std::int64_t label : *labels)
    TJ_TRY(run_for(database,
                   "DELETE FROM labels WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM labelled WHERE label = ?1)", label));
  return {};
}

}  // namespace

base::Result<std::size_t> index_some(Catalog& catalog, const WordsOf& words_of) {
  std::size_t count = 0;
  const base::Status done = catalog.beside_removals([&]() -> base::Status {
    const auto entries = next_entries(catalog);
    if (!entries) return entries.error();
    count = entries->size();
    const auto words = words_in(catalog, *entries, words_of);
    if (!words) return words.error();
    if (!entries->empty()) return add_words(catalog, *entries, *words);
    // What is still marked has no row any more: its removal came to its end.
    return catalog.write_search([](sqlite::Database& database) { return database.execute("DELETE FROM removing"); });
  });
  if (!done.ok()) return done.error();
  return count;
}

base::Result<Erasing> erase_some(Catalog& catalog) {
  enum Step : std::int64_t { k_begin, k_merge, k_journals };
  std::optional<std::int64_t> step;
  const base::Status merged = catalog.write_search([&](sqlite::Database& database) -> base::Status {
    auto find = database.prepare("SELECT step FROM erasing");
    if (!find) return std::move(find).error();
    TJ_TRY(find->each([&](const sqlite::Statement& row) { step = row.integer(0); }));
    if (!step || *step == k_journals) return {};
    // A negative number makes one merge of everything, the next ones go on with it until there is nothing to write.
    const std::int64_t before = database.total_changes();
    TJ_TRY(run_for(database, "INSERT INTO words(words, rank) VALUES ('merge', ?1)",
                   *step == k_begin ? -k_pages_at_once : k_pages_at_once));
    const bool more = *step == k_begin || database.total_changes() - before >= 2;
    return run_for(database, "UPDATE erasing SET step = ?1", std::int64_t{more ? k_merge : k_journals});
  });
  if (!merged.ok()) return merged.error();
  if (!step) return Erasing::k_done;
  if (*step != k_journals) return Erasing::k_more;
  const auto empty = catalog.forget_deleted();
  if (!empty) return empty.error();
  if (!*empty) return Erasing::k_waits;
  // Unless something was removed meanwhile.
  TJ_TRY(catalog.write_search([](sqlite::Database& database) {
    return run_for(database, "DELETE FROM erasing WHERE step = ?1", std::int64_t{k_journals});
  }));
  return Erasing::k_more;
}

base::Result<std::int64_t> not_indexed(Catalog& catalog) {
  return catalog.read([&](sqlite::Database& database) -> base::Result<std::int64_t> {
    auto count =
        database.prepare("SELECT count(*) FROM trajectories WHERE id > (SELECT coalesce(max(id), 0) FROM search.done)");
    if (!count) return std::move(count).error();
    const auto row = count->step();
    if (!row) return row.error();
    return count->integer(0);
  });
}

base::Result<std::int64_t> remove_conversation(Catalog& catalog, const std::string& conversation,
                                               const std::string& dataset, const WordsOf& words_of) {
  std::int64_t count = 0;
  // Nobody stores meanwhile, so that no version is added and no payload that is removed is named anew.
  const base::Status done = catalog.alone_with_files([&](const PayloadFiles& files) -> base::Status {
    const auto removed = entries_of(catalog, conversation, dataset);
    if (!removed) return removed.error();
    count = static_cast<std::int64_t>(removed->entries.size());
    TJ_TRY(remove_words(catalog, removed->entries, words_of));
    const base::Status gone =
        catalog.write([&](sqlite::Database& database) { return remove_rows(database, *removed); });
    if (!gone.ok()) return gone;
    for (const Entry& entry : removed->entries) {
      const auto named = catalog.read([&](sqlite::Database& database) -> base::Result<bool> {
        auto find = database.prepare("SELECT 1 FROM payloads WHERE sha256 = ?1");
        if (!find) return std::move(find).error();
        return find->bind(entry.payload).step();
      });
      if (!named) return named.error();
      if (*named) continue;
      const base::Status unlinked = files.remove(entry.payload);
      if (!unlinked.ok()) return unlinked;
    }
    return {};
  });
  if (!done.ok()) return done.error();
  return count;
}

}  // namespace trajectory::platform::catalog
