#include "platform/catalog/search_index.h"

namespace trajectory::platform::catalog {

namespace {

constexpr std::uint64_t k_bytes_at_once = 1 << 20;
constexpr std::size_t k_most_at_once = 500;

struct Entry {
  std::int64_t id = 0;
  std::string payload;
  std::uint64_t size = 0;
};

base::Result<std::vector<Entry>> next_entries(Catalog& catalog) {
  std::vector<Entry> out;
  const base::Status done = catalog.read([&](sqlite::Database& database) -> base::Status {
    auto next = database.prepare(
        "SELECT t.id, p.sha256, p.size FROM trajectories t JOIN payloads p ON p.id = t.payload "
        "WHERE t.id > (SELECT coalesce(max(id), 0) FROM search.done) ORDER BY t.id LIMIT ?1");
    if (!next) return std::move(next).error();
    next->bind(static_cast<std::int64_t>(k_most_at_once));
    for (std::uint64_t bytes = 0; bytes < k_bytes_at_once;) {
      const auto row = next->step();
      if (!row) return row.error();
      if (!*row) return {};
      out.push_back({next->integer(0), std::string(next->text(1)), static_cast<std::uint64_t>(next->integer(2))});
      bytes += out.back().size;
    }
    return {};
  });
  if (!done.ok()) return done.error();
  return out;
}

/// The words of a trajectory; none where its record cannot be read.
std::string words_in(Catalog& catalog, const Entry& entry, const WordsOf& words_of) {
  const auto record = catalog.payload(entry.payload);
  if (!record) return {};
  auto words = words_of(*record);
  return words ? std::move(*words) : std::string();
}

base::Status add_words(Catalog& catalog, const std::vector<Entry>& entries, const std::vector<std::string>& words) {
  return catalog.write_search([&](sqlite::Database& database) -> base::Status {
    auto add = database.prepare("INSERT INTO words(rowid, text) VALUES (?1, ?2)");
    if (!add) return std::move(add).error();
    auto mark = database.prepare("INSERT INTO done(id) VALUES (?1)");
    if (!mark) return std::move(mark).error();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      TJ_TRY(add->bind(entries[i].id, words[i]).run());
      TJ_TRY(mark->bind(entries[i].id).run());
    }
    return {};
  });
}

struct Removed {
  std::vector<Entry> entries;
  std::vector<std::string> trajectory_ids;
};

base::Result<Removed> entries_of(Catalog& catalog, const std::string& conversation, const std::string& dataset) {
  Removed out;
  const base::Status done = catalog.read([&](sqlite::Database& database) -> base::Status {
    auto rows = database.prepare(
        "SELECT t.id, p.sha256, p.size, c.public_id FROM conversations c JOIN datasets d ON d.id = c.dataset "
        "JOIN trajectories t ON t.conversation = c.id JOIN payloads p ON p.id = t.payload "
        "WHERE c.name = ?1 AND (?2 = '' OR d.name = ?2)");
    if (!rows) return std::move(rows).error();
    rows->bind(conversation, dataset);
    for (;;) {
      const auto row = rows->step();
      if (!row) return row.error();
      if (!*row) return {};
      out.entries.push_back(
          {rows->integer(0), std::string(rows->text(1)), static_cast<std::uint64_t>(rows->integer(2))});
      if (out.trajectory_ids.empty() || out.trajectory_ids.back() != rows->text(3))
        out.trajectory_ids.emplace_back(rows->text(3));
    }
  });
  if (!done.ok()) return done.error();
  if (out.entries.empty()) return base::Error(base::ErrorCode::k_not_found, "there is no conversation of that name");
  return out;
}

/// An index without content has to be told the words that it forgets.
base::Status remove_words(Catalog& catalog, const std::vector<Entry>& entries, const WordsOf& words_of) {
  std::vector<std::string> words;
  for (const Entry& entry : entries) words.push_back(words_in(catalog, entry, words_of));
  return catalog.write_search([&](sqlite::Database& database) -> base::Status {
    auto done = database.prepare("SELECT 1 FROM done WHERE id = ?1");
    auto forget = database.prepare("INSERT INTO words(words, rowid, text) VALUES ('delete', ?1, ?2)");
    auto remove = database.prepare("DELETE FROM done WHERE id = ?1");
    if (!done || !forget || !remove) return base::Error(base::ErrorCode::k_internal, "the search index has no tables");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto known = done->bind(entries[i].id).step();
      if (!known) return known.error();
      if (!*known) continue;
      TJ_TRY(forget->bind(entries[i].id, words[i]).run());
      TJ_TRY(remove->bind(entries[i].id).run());
    }
    return {};
  });
}

base::Status run_for(sqlite::Database& database, std::string_view sql, const auto&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  return statement->bind(values...).run();
}

base::Status remove_rows(sqlite::Database& database, const Removed& removed) {
  for (const Entry& entry : removed.entries) {
    TJ_TRY(run_for(database, "DELETE FROM labelled WHERE trajectory = ?1", entry.id));
    TJ_TRY(run_for(database, "DELETE FROM trajectories WHERE id = ?1", entry.id));
    TJ_TRY(run_for(database,
                   "DELETE FROM payloads WHERE sha256 = ?1 AND NOT EXISTS "
                   "(SELECT 1 FROM trajectories WHERE payload = payloads.id)",
                   entry.payload));
  }
  for (const std::string& id : removed.trajectory_ids) {
    TJ_TRY(run_for(database, "DELETE FROM events WHERE trajectory_id = ?1", id));
    TJ_TRY(run_for(database,
                   "UPDATE datasets SET conversations = conversations - 1 "
                   "WHERE id = (SELECT dataset FROM conversations WHERE public_id = ?1)",
                   id));
    TJ_TRY(run_for(database, "DELETE FROM conversations WHERE public_id = ?1", id));
  }
  return database.execute("DELETE FROM labels WHERE id NOT IN (SELECT DISTINCT label FROM labelled)");
}

}  // namespace

base::Result<std::size_t> index_some(Catalog& catalog, const WordsOf& words_of) {
  std::size_t count = 0;
  const base::Status done = catalog.beside_removals([&]() -> base::Status {
    const auto entries = next_entries(catalog);
    if (!entries) return entries.error();
    count = entries->size();
    std::vector<std::string> words;
    for (const Entry& entry : *entries) words.push_back(words_in(catalog, entry, words_of));
    return entries->empty() ? base::Status() : add_words(catalog, *entries, words);
  });
  if (!done.ok()) return done.error();
  return count;
}

base::Status merge_index(Catalog& catalog) {
  return catalog.write_search(
      [](sqlite::Database& database) { return database.execute("INSERT INTO words(words) VALUES ('optimize')"); });
}

base::Result<std::int64_t> not_indexed(Catalog& catalog) {
  std::int64_t out = 0;
  const base::Status done = catalog.read([&](sqlite::Database& database) -> base::Status {
    auto count =
        database.prepare("SELECT count(*) FROM trajectories WHERE id > (SELECT coalesce(max(id), 0) FROM search.done)");
    if (!count) return std::move(count).error();
    const auto row = count->step();
    if (!row) return row.error();
    out = count->integer(0);
    return {};
  });
  if (!done.ok()) return done.error();
  return out;
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
      bool named = false;
      const base::Status asked = catalog.read([&](sqlite::Database& database) -> base::Status {
        auto find = database.prepare("SELECT 1 FROM payloads WHERE sha256 = ?1");
        if (!find) return std::move(find).error();
        const auto row = find->bind(entry.payload).step();
        if (!row) return row.error();
        named = *row;
        return {};
      });
      if (!asked.ok()) return asked;
      if (named) continue;
      const base::Status unlinked = files.remove(entry.payload);
      if (!unlinked.ok()) return unlinked;
    }
    return catalog.forget_deleted();
  });
  if (!done.ok()) return done.error();
  return count;
}

}  // namespace trajectory::platform::catalog
