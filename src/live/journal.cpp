#include "live/journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "json/value.h"
#include "json/write.h"

namespace trajectory::live {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 1> k_tables{R"(
CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE open_window(id INTEGER PRIMARY KEY, first INTEGER, last INTEGER);
CREATE TABLE root(trace_id TEXT PRIMARY KEY, start INTEGER NOT NULL, finish INTEGER, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch(id INTEGER PRIMARY KEY, traces TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
                   state TEXT NOT NULL, export_id TEXT NOT NULL, files TEXT NOT NULL, runs INTEGER NOT NULL);
)"};

constexpr const char* k_journal = "journal.db";
constexpr const char* k_lock = "lock";

std::optional<std::int64_t> number(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

/// Only an empty folder, or one with nothing but what imports write, is ours: it is removed whole in the end.
bool is_ours(const fs::path& folder) {
  std::error_code error;
  bool marked = false;
  bool others = false;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == k_journal || name == k_lock) marked = true;
    else if (name == k_answers || name.starts_with(std::string(k_journal) + "-")) others = true;
    else return false;
  }
  return !error && (marked || !others);
}

base::Status make_folder(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!is_ours(folder))
      return base::Error(base::ErrorCode::k_usage,
                         "this is no state folder: name one that is empty, or that is not there yet")
          .with(folder);
  } else {
    fs::create_directories(fs::path(folder).parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)  // another process may have been faster
      return base::Error(base::ErrorCode::k_io, "the state folder cannot be made").with(folder);
  }
  fs::permissions(folder, fs::perms::owner_all, error);
  return {};
}

base::Result<int> lock_folder(const std::string& folder) {
  const int lock = ::open((folder + "/" + k_lock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return base::Error(base::ErrorCode::k_io, "the state folder cannot be written").with(folder);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return base::Error(base::ErrorCode::k_io,
                     "another process is at the same import: wait until it has ended, or name another state folder")
      .with(folder);
}

base::Status remove_folder(const std::string& folder) {
  std::error_code error;
  // The lock goes last: it tells whose folder it is when this is not come to an end.
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().filename() != k_lock) fs::remove_all(entry->path(), error);
  if (!error) fs::remove_all(folder, error);
  if (error)
    return base::Error(base::ErrorCode::k_io, "the state folder cannot be removed: " + error.message()).with(folder);
  return {};
}

/// When something in a state folder was last written.
model::Micros changed_at(const fs::path& folder) {
  model::Micros latest = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    struct stat status{};
    if (::stat(entry->path().c_str(), &status) == 0)
      latest = std::max(latest, static_cast<model::Micros>(status.st_mtime) * 1'000'000);
  }
  return latest;
}

/// Hands out the folders of journals that no process is at, and holds their locks meanwhile.
void each_left_state(const std::string& states, const std::function<void(const std::string&, model::Micros)>& take) {
  std::error_code error;
  for (fs::directory_iterator entry(states, error), end; !error && entry != end; entry.increment(error)) {
    const std::string folder = entry->path().string();
    if (!fs::exists(entry->path() / k_lock) || !is_ours(folder)) continue;
    const model::Micros changed = changed_at(folder);
    const auto lock = lock_folder(folder);
    if (!lock) continue;
    take(folder, changed);
    ::close(*lock);
  }
}

}  // namespace

std::string joined(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ",";
    json::append_string(out, text);
  }
  return out + "]";
}

std::vector<std::string> split(std::string_view json_list) {
  json::Parser parser;
  std::vector<std::string> out;
  const auto parsed = parser.parse(json_list);
  if (!parsed) return out;
  for (const json::Value& item : (*parsed)->items()) out.emplace_back(item.string());
  return out;
}

Journal::Journal(std::string folder, int lock, sqlite::Database database)
    : folder_(std::move(folder)), lock_(lock), database_(std::move(database)) {}

Journal::~Journal() {
  if (lock_ >= 0) ::close(lock_);
}

Journal::Journal(Journal&& other) noexcept
    : folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      resumed_(other.resumed_),
      database_(std::move(other.database_)) {}

base::Result<Journal> Journal::open(const std::string& folder, const std::string& request) {
  TJ_TRY(make_folder(folder));
  const auto lock = lock_folder(folder);
  if (!lock) return lock.error();
  auto database = sqlite::Database::open(folder + "/" + k_journal, k_tables);
  if (!database) {
    ::close(*lock);
    if (database.error().code() == base::ErrorCode::k_bad_format)
      return base::Error(base::ErrorCode::k_bad_format, "the journal is damaged: remove the folder to begin anew")
          .with(folder);
    return std::move(database).error();
  }
  Journal journal(folder, *lock, std::move(*database));
  const auto known = journal.fact("request");
  if (!known) return known.error();
  journal.resumed_ = known->has_value();
  if (*known && **known != request)
    return base::Error(base::ErrorCode::k_usage,
                       "the state folder belongs to another import (other project, selection, route or workspace): "
                       "name another one, or remove it")
        .with(folder);
  if (!*known) TJ_TRY(journal.set_fact("request", request));
  return journal;
}

base::Result<std::optional<std::string>> Journal::fact(std::string_view name) {
  auto rows = database_->prepare("SELECT value FROM fact WHERE name = ?1");
  if (!rows) return std::move(rows).error();
  const auto found = rows->bind(name).step();
  if (!found) return found.error();
  if (!*found) return std::optional<std::string>();
  return std::optional(std::string(rows->text(0)));
}

base::Status Journal::set_fact(std::string_view name, std::string_view value) {
  auto row = database_->prepare("INSERT OR REPLACE INTO fact VALUES (?1, ?2)");
  if (!row) return std::move(row).error();
  return row->bind(name, value).run();
}

base::Status Journal::begin_windows(const std::vector<Window>& windows, std::string_view fact) {
  return database_->transaction([&]() -> base::Status {
    auto row = database_->prepare("INSERT INTO open_window(first, last) VALUES (?1, ?2)");
    if (!row) return std::move(row).error();
    for (const Window& window : windows) TJ_TRY(row->bind(window.begin, window.end).run());
    return set_fact(fact, "1");
  });
}

base::Result<std::vector<Window>> Journal::open_windows() {
  auto rows = database_->prepare("SELECT id, first, last FROM open_window ORDER BY id");
  if (!rows) return std::move(rows).error();
  std::vector<Window> out;
  TJ_TRY(rows->each([&](const auto& row) { out.push_back({row.integer(0), number(row, 1), number(row, 2)}); }));
  return out;
}

base::Status Journal::take_page(std::int64_t window, const std::vector<Root>& roots,
                                const std::optional<Window>& rest) {
  return database_->transaction([&]() -> base::Status {
    auto root = database_->prepare("INSERT OR REPLACE INTO root VALUES (?1, ?2, ?3, ?4)");
    if (!root) return std::move(root).error();
    for (const Root& one : roots) TJ_TRY(root->bind(one.trace_id, one.start, one.end, one.row).run());
    auto left = database_->prepare(rest ? "UPDATE open_window SET first = ?2, last = ?3 WHERE id = ?1"
                                        : "DELETE FROM open_window WHERE id = ?1");
    if (!left) return std::move(left).error();
    return rest ? left->bind(window, rest->begin, rest->end).run() : left->bind(window).run();
  });
}

base::Status Journal::each_root(const std::function<base::Status(const Root&)>& take) {
  auto rows = database_->prepare("SELECT trace_id, start, finish, row FROM root ORDER BY start, trace_id");
  if (!rows) return std::move(rows).error();
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    TJ_TRY(take({std::string(rows->text(0)), rows->integer(1), number(*rows, 2), std::string(rows->text(3))}));
  }
}

base::Result<std::uint64_t> Journal::count_roots() {
  auto rows = database_->prepare("SELECT count(*) FROM root");
  if (!rows) return std::move(rows).error();
  const auto row = rows->step();
  if (!row) return row.error();
  return static_cast<std::uint64_t>(rows->integer(0));
}

base::Status Journal::plan(const std::vector<Batch>& batches, std::string_view fact, std::string_view value) {
  return database_->transaction([&]() -> base::Status {
    auto row = database_->prepare("INSERT INTO batch VALUES (?1, ?2, ?3, ?4, 'planned', '', '[]', 0)");
    if (!row) return std::move(row).error();
    for (const Batch& batch : batches) TJ_TRY(row->bind(batch.id, joined(batch.traces), batch.begin, batch.end).run());
    return set_fact(fact, value);
  });
}

base::Result<std::vector<Batch>> Journal::batches() {
  auto rows =
      database_->prepare("SELECT id, traces, first, last, state, export_id, files, runs FROM batch ORDER BY id");
  if (!rows) return std::move(rows).error();
  std::vector<Batch> out;
  TJ_TRY(rows->each([&](const auto& row) {
    out.push_back({row.integer(0), split(row.text(1)), row.integer(2), row.integer(3), std::string(row.text(4)),
                   std::string(row.text(5)), std::string(row.text(6)), row.integer(7)});
  }));
  return out;
}

base::Status Journal::update(const Batch& batch) {
  auto row = database_->prepare("UPDATE batch SET state = ?2, export_id = ?3, files = ?4, runs = ?5 WHERE id = ?1");
  if (!row) return std::move(row).error();
  return row->bind(batch.id, batch.state, batch.export_id, batch.files, batch.rows).run();
}

base::Status Journal::drop_plan() {
  return database_->transaction(
      [&] { return database_->execute("DELETE FROM batch; DELETE FROM fact WHERE name = 'plan'"); });
}

base::Status Journal::remove() && {
  database_.reset();
  return remove_folder(folder_);
}

LeftStates left_states(const std::string& states) {
  LeftStates out;
  std::vector<std::pair<model::Micros, std::string>> found;
  each_left_state(states, [&](const std::string& folder, model::Micros changed) {
    found.emplace_back(changed, folder);
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
      if (std::error_code none; entry->is_regular_file(none)) out.bytes += entry->file_size(none);
  });
  std::ranges::sort(found);
  for (auto& [changed, folder] : found) {
    out.latest = changed;
    out.folders.push_back(std::move(folder));
  }
  return out;
}

std::size_t remove_left_states(const std::string& states, model::Micros before) {
  std::size_t removed = 0;
  each_left_state(states, [&](const std::string& folder, model::Micros changed) {
    if (changed < before && remove_folder(folder).ok()) ++removed;
  });
  return removed;
}

}  // namespace trajectory::live
