#include "platform/catalog/check.h"

#include <vector>

namespace trajectory::platform::catalog {

namespace {

/// Questions that have no answer in a sound catalog, and what an answer means.
struct Rule {
  const char* sql;
  const char* fault;
};

constexpr Rule k_rules[] = {
    {"SELECT c.public_id FROM conversations c LEFT JOIN trajectories t ON t.id = c.latest "
     "WHERE t.id IS NULL OR t.conversation <> c.id OR t.replaced IS NOT NULL",
     "the latest version of a conversation is missing or replaced"},
    {"SELECT t.id FROM trajectories t JOIN conversations c ON c.id = t.conversation "
     "WHERE (t.replaced IS NULL AND t.id <> c.latest) OR t.dataset <> c.dataset",
     "a trajectory stands beside the latest, or in another dataset than its conversation"},
    {"SELECT d.name FROM datasets d WHERE d.conversations <> "
     "(SELECT count(*) FROM conversations c WHERE c.dataset = d.id)",
     "a dataset counts its conversations wrongly"},
    {"SELECT d.name FROM datasets d WHERE d.version <> "
     "(SELECT coalesce(max(number), 0) FROM versions v WHERE v.dataset = d.id)",
     "a dataset names a version that is not its latest"},
    {"SELECT t.id FROM trajectories t JOIN datasets d ON d.id = t.dataset WHERE t.added > d.version",
     "a trajectory stands in a version that its dataset does not have"},
    {"SELECT p.sha256 FROM payloads p WHERE NOT EXISTS (SELECT 1 FROM trajectories t WHERE t.payload = p.id)",
     "a payload that no trajectory names"},
    // What is behind the last one, or was left by a removal that was cut off, waits for the index.
    {"SELECT t.id FROM trajectories t WHERE t.id < (SELECT max(id) FROM search.done) "
     "AND t.id NOT IN (SELECT id FROM search.done) AND t.id NOT IN (SELECT id FROM search.removing)",
     "the search index lacks a trajectory: remove search.db, it is made anew"},
    {"SELECT id FROM search.done WHERE id NOT IN (SELECT id FROM trajectories)",
     "the search index names a trajectory that is not there: remove search.db, it is made anew"},
};

class Examination {
 public:
  Examination(Catalog& catalog, const CheckRecord& check, const std::function<void(const std::string&)>& fault)
      : catalog_(catalog), check_(check), fault_(fault) {}

  base::Result<Examined> run() {
    TJ_TRY(rows("PRAGMA integrity_check", [&](const sqlite::Statement& s) {
      if (s.text(0) != "ok") fault("catalog.db: " + std::string(s.text(0)));
    }));
    TJ_TRY(rows("PRAGMA foreign_key_check", [&](const sqlite::Statement& s) {
      fault("catalog.db: a row of " + std::string(s.text(0)) + " names a row of " + std::string(s.text(2)) +
            " that is not there");
    }));
    for (const Rule& rule : k_rules)
      TJ_TRY(rows(rule.sql, [&](const sqlite::Statement& s) {
        fault(std::string(rule.fault) + " (" + std::string(s.text(0)) + ")");
      }));
    TJ_TRY(count("SELECT count(*) FROM datasets", out_.datasets));
    TJ_TRY(count("SELECT count(*) FROM events", out_.events));
    TJ_TRY(count("SELECT count(*) FROM payloads", out_.payloads));
    TJ_TRY(payloads());
    TJ_TRY(files());
    const base::Status index = catalog_.write_search([](sqlite::Database& database) {
      return database.execute("INSERT INTO words(words) VALUES ('integrity-check')");
    });
    if (!index.ok()) fault("search.db: " + index.error().text() + "; remove it, it is made anew");
    return out_;
  }

 private:
  void fault(const std::string& text) {
    ++out_.faults;
    fault_(text);
  }

  base::Status rows(const std::string& sql, const std::function<void(const sqlite::Statement&)>& read) {
    return catalog_.read([&](sqlite::Database& database) -> base::Status {
      database.limit_time(0);
      auto rows = database.prepare(sql);
      if (!rows) return std::move(rows).error();
      return rows->each(read);
    });
  }

  base::Status count(const std::string& sql, std::int64_t& out) {
    return rows(sql, [&](const sqlite::Statement& s) { out = s.integer(0); });
  }

  struct Named {
    std::int64_t id = 0;
    std::string sha256;
    std::string conversation;
    std::string hash;
  };

  /// Some hundreds at a time: a catalog of millions does not fit in memory.
  base::Result<std::vector<Named>> next_named(std::int64_t after) {
    return catalog_.read([&](sqlite::Database& database) -> base::Result<std::vector<Named>> {
      std::vector<Named> out;
      auto next = database.prepare(
          "SELECT t.id, p.sha256, c.name, t.upload_hash FROM trajectories t CROSS JOIN payloads p ON p.id = t.payload "
          "CROSS JOIN conversations c ON c.id = t.conversation WHERE t.id > ?1 ORDER BY t.id LIMIT 500");
      if (!next) return std::move(next).error();
      TJ_TRY(next->bind(after).each([&](const sqlite::Statement& s) {
        out.push_back({s.integer(0), std::string(s.text(1)), std::string(s.text(2)), std::string(s.text(3))});
      }));
      return out;
    });
  }

  base::Status payloads() {
    for (std::int64_t after = 0;;) {
      const auto some = next_named(after);
      if (!some) return some.error();
      if (some->empty()) return {};
      for (const Named& one : *some) payload(one);
      after = some->back().id;
    }
  }

  void payload(const Named& one) {
    ++out_.trajectories;
    const auto record = catalog_.payload(one.sha256);
    const std::string wrong = record ? check_(*record, one.conversation, one.hash) : record.error().text();
    if (!wrong.empty()) fault("conversation " + one.conversation + ": " + wrong);
  }

  base::Status files() {
    return catalog_.alone_with_files([&](const PayloadFiles& files) {
      return files.each([&](const std::string& name, bool is_payload) -> base::Status {
        const auto named = is_payload ? names(name) : base::Result<bool>(false);
        if (!named) return named.error();
        if (!is_payload && !name.ends_with(".part")) fault("no payload of ours: " + name);
        else if (!*named) ++out_.leftovers;
        return {};
      });
    });
  }

  /// Whether a row names the file.
  base::Result<bool> names(const std::string& file) {
    return catalog_.read([&](sqlite::Database& database) -> base::Result<bool> {
      auto find = database.prepare("SELECT 1 FROM payloads WHERE sha256 = ?1 AND frame IS NULL");
      if (!find) return std::move(find).error();
      return find->bind(file).step();
    });
  }

  Catalog& catalog_;
  const CheckRecord& check_;
  const std::function<void(const std::string&)>& fault_;
  Examined out_;
};

}  // namespace

base::Result<Examined> examine(Catalog& catalog, const CheckRecord& check_record,
                               const std::function<void(const std::string&)>& fault) {
  return Examination(catalog, check_record, fault).run();
}

}  // namespace trajectory::platform::catalog
