#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3_stmt;

namespace trajectory::sqlite {

/// Bytes that are no text. Views them.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement: bind, step, read. Belongs to one thread at a time and must not outlive its database. Failures
/// of `bind` show at the next `step`.
class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Sets the parameters ?1, ?2, ... from the first on; texts and bytes are copied.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  /// Sets the parameter ?`index` alone.
  template <class Value>
  Statement& set(int index, const Value& value) {
    bind_one(index, value);
    return *this;
  }

  /// Goes to the next row. False at the end. Errors: k_io, k_bad_format (the file is no database).
  [[nodiscard]] base::Result<bool> step();
  /// Runs a statement without rows to its end.
  [[nodiscard]] base::Status run();
  /// Calls `read` for each row that is left. Errors: as `step`.
  template <class Read>
  [[nodiscard]] base::Status each(Read&& read) {
    for (;;) {
      const auto row = step();
      if (!row) return row.error();
      if (!*row) return {};
      read(*this);
    }
  }

  /// Columns of the present row, counted from 0. Texts live until the next step.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void reset();
  void note(int status);
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, double value);
  void bind_one(int index, Blob value);
  void bind_one(int index, std::nullptr_t);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint64_t value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  template <class T>
  void bind_one(int index, const std::optional<T>& value) {
    if (value) bind_one(index, *value);
    else bind_one(index, nullptr);
  }

  sqlite3_stmt* statement_;
  int failed_ = 0;  ///< the first status of a bind that was not right
};

/// A database in one file, in WAL mode, with foreign keys on and durable commits; what is deleted is overwritten. One
/// thread at a time.
class Database {
 public:
  /// Opens or makes the file; with mode 0600 when it is made. `migrations` are scripts that lead from one version of
  /// the tables to the next; those that the file (`user_version`) has not seen are run, each in a transaction. Errors:
  /// k_io (also of a file made by a newer program, whose version is above the number of scripts), k_bad_format (no
  /// database).
  [[nodiscard]] static base::Result<Database> open(const std::string& path,
                                                   std::span<const std::string_view> migrations);
  ~Database();
  Database(Database&&) noexcept;

  [[nodiscard]] base::Result<Statement> prepare(std::string_view sql);
  /// Runs one or more statements without parameters and rows.
  [[nodiscard]] base::Status execute(const std::string& sql);
  /// Runs `work` in a transaction; its error, or an exception, takes back everything.
  [[nodiscard]] base::Status transaction(const std::function<base::Status()>& work);
  /// Moves the journal into the file and empties it, so that what was deleted is nowhere. False: somebody still reads
  /// the state before; is not waited for long, since nobody can write meanwhile. Errors: k_io.
  [[nodiscard]] base::Result<bool> empty_journal();
  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;
  /// Rows changed since it was opened, those of tables behind virtual ones, too.
  [[nodiscard]] std::int64_t total_changes() const;
  /// The row that the last insert made.
  [[nodiscard]] std::int64_t last_row() const;
  /// Ends statements that take longer than that with k_too_large, counted from now; 0 lets them run.
  void limit_time(std::int64_t milliseconds);

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  /// How many migrations the file has seen.
  base::Result<std::size_t> version();
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::sqlite
