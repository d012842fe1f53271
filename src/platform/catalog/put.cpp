#include "platform/catalog/put.h"

#include <map>

namespace trajectory::platform::catalog {

namespace {

using sqlite::Statement;

/// The statements of one upload, prepared once.
struct Statements {
  Statement find_conversation;
  Statement add_conversation;
  Statement find_payload;
  Statement add_payload;
  Statement replace;
  Statement add_trajectory;
  Statement point;
  Statement find_label;
  Statement add_label;
  Statement add_labelled;

  static base::Result<Statements> prepare(sqlite::Database& database) {
    std::vector<Statement> all;
    for (const std::string_view sql : {
             "SELECT c.id, c.public_id, t.id, t.upload_hash, t.number, t.trace_id FROM conversations c "
             "JOIN trajectories t ON t.id = c.latest WHERE c.dataset = ?1 AND c.name = ?2",
             "INSERT INTO conversations(dataset, name, public_id, latest) VALUES (?1, ?2, ?3, 0)",
             "SELECT id FROM payloads WHERE sha256 = ?1",
             "INSERT INTO payloads(sha256, size, stored, frame) VALUES (?1, ?2, ?3, ?4)",
             "UPDATE trajectories SET replaced = ?2 WHERE id = ?1",
             "INSERT INTO trajectories(conversation, dataset, number, added, created, upload_hash, payload, trace_id, "
             "title, error, failed, reward, tokens, cost, turns, steps, messages, tool_calls, time, end_time) "
             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
             "UPDATE conversations SET latest = ?2 WHERE id = ?1",
             "SELECT id FROM labels WHERE kind = ?1 AND name = ?2",
             "INSERT INTO labels(kind, name) VALUES (?1, ?2)",
             "INSERT OR IGNORE INTO labelled(label, trajectory) VALUES (?1, ?2)",
         }) {
      auto statement = database.prepare(sql);
      if (!statement) return std::move(statement).error();
      all.push_back(std::move(*statement));
    }
    return Statements{std::move(all[0]), std::move(all[1]), std::move(all[2]), std::move(all[3]), std::move(all[4]),
                      std::move(all[5]), std::move(all[6]), std::move(all[7]), std::move(all[8]), std::move(all[9])};
  }
};

struct Dataset {
  std::int64_t id = 0;
  std::int64_t version = 0;
};

base::Result<std::optional<Dataset>> find_dataset(sqlite::Database& database, const std::string& name) {
  auto find = database.prepare("SELECT id, version FROM datasets WHERE name = ?1");
  if (!find) return std::move(find).error();
  const auto row = find->bind(name).step();
  if (!row) return row.error();
  if (!*row) return std::optional<Dataset>();
  return std::optional(Dataset{find->integer(0), find->integer(1)});
}

std::optional<std::string_view> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

class Upload {
 public:
  Upload(sqlite::Database& database, Statements statements, std::string name, Dataset dataset, std::int64_t now)
      : database_(database), s_(std::move(statements)), name_(std::move(name)), dataset_(dataset), now_(now) {}

  base::Result<Stored> put(const Item& item) {
    const Facts& facts = item.facts;
    auto found = s_.find_conversation.bind(dataset_.id, facts.conversation).step();
    if (!found) return std::move(found).error();
    std::int64_t conversation = 0;
    std::int64_t number = 1;
    Stored out{trajectory_id(name_, facts.conversation), facts.trace_id, false};
    if (*found) {
      conversation = s_.find_conversation.integer(0);
      number = s_.find_conversation.integer(4) + 1;
      out.skipped = s_.find_conversation.text(3) == item.upload_hash;
      const std::int64_t latest = s_.find_conversation.integer(2);
      if (out.skipped) return out;
      TJ_TRY(s_.replace.bind(latest, dataset_.version + 1).run());
      ++changed_;
    } else {
      TJ_TRY(s_.add_conversation.bind(dataset_.id, facts.conversation, out.trajectory_id).run());
      conversation = database_.last_row();
      ++added_;
    }
    const auto payload = put_payload(item.payload);
    if (!payload) return payload.error();
    TJ_TRY(s_.add_trajectory
               .bind(conversation, dataset_.id, number, dataset_.version + 1, now_, item.upload_hash, *payload,
                     or_null(facts.trace_id), facts.title, or_null(facts.error), !facts.error.empty(), facts.reward,
                     facts.tokens, facts.cost, facts.turns, facts.steps, facts.messages, facts.tool_calls,
                     facts.time.value_or(now_), facts.end_time)
               .run());
    const std::int64_t trajectory = database_.last_row();
    TJ_TRY(s_.point.bind(conversation, trajectory).run());
    for (const auto& label : facts.labels) {
      const auto id = label_id(label);
      if (!id) return id.error();
      TJ_TRY(s_.add_labelled.bind(*id, trajectory).run());
    }
    return out;
  }

  base::Status finish() {
    if (added_ + changed_ == 0) return {};
    auto version =
        database_.prepare("INSERT INTO versions(dataset, number, created, added, changed) VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!version) return std::move(version).error();
    TJ_TRY(version->bind(dataset_.id, dataset_.version + 1, now_, added_, changed_).run());
    auto dataset =
        database_.prepare("UPDATE datasets SET version = ?2, conversations = conversations + ?3 WHERE id = ?1");
    if (!dataset) return std::move(dataset).error();
    return dataset->bind(dataset_.id, dataset_.version + 1, added_).run();
  }

 private:
  base::Result<std::int64_t> put_payload(const Payload& payload) {
    const auto found = s_.find_payload.bind(payload.sha256).step();
    if (!found) return found.error();
    if (*found) return s_.find_payload.integer(0);
    std::optional<sqlite::Blob> frame;
    if (payload.frame.size() <= k_most_inline) frame = sqlite::Blob{payload.frame};
    TJ_TRY(s_.add_payload.bind(payload.sha256, payload.size, payload.frame.size(), frame).run());
    return database_.last_row();
  }

  base::Result<std::int64_t> label_id(const std::pair<std::string, std::string>& label) {
    const auto [known, added] = labels_.try_emplace(label, 0);
    if (!added) return known->second;
    const auto found = s_.find_label.bind(label.first, label.second).step();
    if (!found) return found.error();
    if (*found) return known->second = s_.find_label.integer(0);
    TJ_TRY(s_.add_label.bind(label.first, label.second).run());
    return known->second = database_.last_row();
  }

  sqlite::Database& database_;
  Statements s_;
  std::string name_;
  Dataset dataset_;
  std::int64_t now_;
  std::int64_t added_ = 0;
  std::int64_t changed_ = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> labels_;
};

}  // namespace

base::Result<std::vector<Stored>> put_items(sqlite::Database& database, const std::string& dataset,
                                            std::span<const Item> items, std::int64_t now) {
  auto found = find_dataset(database, dataset);
  if (!found) return std::move(found).error();
  if (!*found) {
    auto add = database.prepare("INSERT INTO datasets(name, created) VALUES (?1, ?2)");
    if (!add) return std::move(add).error();
    TJ_TRY(add->bind(dataset, now).run());
    *found = Dataset{database.last_row(), 0};
  }
  auto statements = Statements::prepare(database);
  if (!statements) return std::move(statements).error();
  Upload upload(database, std::move(*statements), dataset, **found, now);
  std::vector<Stored> out;
  for (const Item& item : items) {
    auto stored = upload.put(item);
    if (!stored) return std::move(stored).error();
    out.push_back(std::move(*stored));
  }
  TJ_TRY(upload.finish());
  return out;
}

base::Result<std::vector<std::optional<Stored>>> known_items(
    sqlite::Database& database, const std::string& dataset,
    std::span<const std::pair<std::string, std::string>> asked) {
  std::vector<std::optional<Stored>> out(asked.size());
  const auto found = find_dataset(database, dataset);
  if (!found) return found.error();
  if (!*found) return out;
  auto find = database.prepare(
      "SELECT c.public_id, t.trace_id, t.upload_hash FROM conversations c JOIN trajectories t ON t.id = c.latest "
      "WHERE c.dataset = ?1 AND c.name = ?2");
  if (!find) return std::move(find).error();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto row = find->bind((*found)->id, asked[i].first).step();
    if (!row) return row.error();
    if (*row && find->text(2) == asked[i].second)
      out[i] = Stored{std::string(find->text(0)), std::string(find->text(1)), true};
  }
  return out;
}

}  // namespace trajectory::platform::catalog
