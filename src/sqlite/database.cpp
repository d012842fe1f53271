#include "sqlite/database.h"

#include <chrono>
#include <fcntl.h>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace trajectory::sqlite {

namespace {

constexpr int k_wait = 5000;  // milliseconds, for another process
constexpr int k_short_wait = 200;

base::Error error_of(sqlite3* handle, int status) {
  const char* text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(status);
  switch (status & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {base::ErrorCode::k_bad_format, std::string("the database is damaged: ") + text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {base::ErrorCode::k_io, "the database is in use by another process: wait until it has ended"};
    case SQLITE_INTERRUPT:
      return {base::ErrorCode::k_too_large, "the question takes too long: narrow it down"};
    case SQLITE_FULL:
      return {base::ErrorCode::k_io, "the database cannot grow: the disk is full"};
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
      return {base::ErrorCode::k_internal, std::string("the database refuses a statement: ") + text};
    default:
      return {base::ErrorCode::k_io, std::string("the database cannot be read or written: ") + text};
  }
}

/// SQLite does not wait by itself where two want to change into this mode at once.
int begin_write_ahead_log(sqlite3* handle) {
  constexpr int k_step = 10;
  int status = SQLITE_OK;
  for (int waited = 0; waited <= k_wait; waited += k_step) {
    status = sqlite3_exec(handle, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if ((status & 0xff) != SQLITE_BUSY) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(k_step));
  }
  return status;
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }
Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), failed_(other.failed_) {}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  failed_ = SQLITE_OK;
}

void Statement::note(int status) {
  if (failed_ == SQLITE_OK) failed_ = status;
}

void Statement::bind_one(int index, std::int64_t value) { note(sqlite3_bind_int64(statement_, index, value)); }
void Statement::bind_one(int index, double value) { note(sqlite3_bind_double(statement_, index, value)); }
void Statement::bind_one(int index, Blob value) {
  note(sqlite3_bind_blob64(statement_, index, value.bytes.data() == nullptr ? "" : value.bytes.data(),
                           value.bytes.size(), SQLITE_TRANSIENT));
}
void Statement::bind_one(int index, std::nullptr_t) { note(sqlite3_bind_null(statement_, index)); }
void Statement::bind_one(int index, std::string_view value) {
  note(sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
}

base::Result<bool> Statement::step() {
  const int status = failed_ != SQLITE_OK ? failed_ : sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  base::Error error = error_of(sqlite3_db_handle(statement_), status);
  sqlite3_reset(statement_);
  return error;
}

base::Status Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

struct Database::Impl {
  sqlite3* handle = nullptr;
  std::string path;
  std::chrono::steady_clock::time_point deadline;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { sqlite3_close_v2(handle); }
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

base::Result<Database> Database::open(const std::string& path, std::span<const std::string_view> migrations) {
  // The files beside it (-wal, -shm) take the mode of the database.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return base::Error(base::ErrorCode::k_io, "the database cannot be opened or made").with(path);
  ::close(file);
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  const int status = sqlite3_open_v2(path.c_str(), &impl->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (status != SQLITE_OK) return error_of(impl->handle, status).with(path);
  sqlite3_busy_timeout(impl->handle, k_wait);
  sqlite3_extended_result_codes(impl->handle, 1);
  if (const int begun = begin_write_ahead_log(impl->handle); begun != SQLITE_OK)
    return error_of(impl->handle, begun).with(path);
  Database database(std::move(impl));
  TJ_TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"));
  const auto seen = database.version();
  if (!seen) return seen.error();
  if (*seen > migrations.size())
    return base::Error(base::ErrorCode::k_io, "the database was made by a newer version of this program: use that")
        .with(path);
  for (std::size_t next = *seen; next < migrations.size(); ++next) {
    const base::Status migrated = database.transaction([&]() -> base::Status {
      // Another process may have come first.
      const auto now = database.version();
      if (!now || *now > next) return now ? base::Status() : base::Status(now.error());
      TJ_TRY(database.execute(std::string(migrations[next])));
      return database.execute("PRAGMA user_version = " + std::to_string(next + 1));
    });
    if (!migrated.ok()) return migrated.error();
  }
  return database;
}

base::Result<std::size_t> Database::version() {
  auto version = prepare("PRAGMA user_version");
  if (!version) return std::move(version).error();
  const auto row = version->step();
  if (!row) return base::Error(row.error()).with(impl_->path);
  return static_cast<std::size_t>(version->integer(0));
}

base::Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v2(impl_->handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return error_of(impl_->handle, status).with(impl_->path);
  return Statement(statement);
}

base::Status Database::execute(const std::string& sql) {
  const int status = sqlite3_exec(impl_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error_of(impl_->handle, status).with(impl_->path);
  return {};
}

base::Status Database::transaction(const std::function<base::Status()>& work) {
  TJ_TRY(execute("BEGIN IMMEDIATE"));
  // Also where `work` leaves by an exception: a transaction that stays open would refuse every later one.
  struct TakeBack {
    Database& database;
    bool armed = true;
    ~TakeBack() {
      if (armed) (void)database.execute("ROLLBACK");
    }
  } take_back{*this};
  TJ_TRY(work());
  TJ_TRY(execute("COMMIT"));
  take_back.armed = false;
  return {};
}

base::Result<bool> Database::empty_journal() {
  sqlite3_busy_timeout(impl_->handle, k_short_wait);
  const int status = sqlite3_wal_checkpoint_v2(impl_->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(impl_->handle, k_wait);
  if (status == SQLITE_BUSY) return false;
  if (status != SQLITE_OK) return error_of(impl_->handle, status).with(impl_->path);
  return true;
}

std::int64_t Database::changes() const { return sqlite3_changes64(impl_->handle); }
std::int64_t Database::total_changes() const { return sqlite3_total_changes64(impl_->handle); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(impl_->handle); }

void Database::limit_time(std::int64_t milliseconds) {
  constexpr int k_operations = 100'000;  // about a millisecond
  impl_->deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  const auto late = [](void* impl) -> int {
    return std::chrono::steady_clock::now() > static_cast<Impl*>(impl)->deadline ? 1 : 0;
  };
  sqlite3_progress_handler(impl_->handle, milliseconds > 0 ? k_operations : 0, milliseconds > 0 ? +late : nullptr,
                           impl_.get());
}

}  // namespace trajectory::sqlite
