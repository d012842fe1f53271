#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/rows.h"

namespace trajectory::columnar {

/// Writes a Parquet file row by row (zstd; the bytes depend on the rows alone).
class TableWriter {
 public:
  /// Errors: k_io.
  [[nodiscard]] static base::Result<TableWriter> create(const std::string& path, const std::vector<Field>& schema);
  ~TableWriter();
  TableWriter(TableWriter&&) noexcept;

  /// Where the values of the next row go.
  [[nodiscard]] RowWriter& row();
  /// Ends the row; writes a row group when enough rows wait. Errors: k_io.
  [[nodiscard]] base::Status end_row();
  [[nodiscard]] base::Status close();

 private:
  struct Impl;
  explicit TableWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A file that `TableWriter` wrote, open for reading. Not thread-safe. Uses no threads of its own, so that a process
/// may fork while one is open.
class TableReader {
 public:
  /// Errors: k_bad_format (not there, damaged, or of another schema).
  [[nodiscard]] static base::Result<TableReader> open(const std::string& path, const std::vector<Field>& schema);
  ~TableReader();
  TableReader(TableReader&&) noexcept;

  /// Another reader of the same open file, whatever is under its name by now: for another thread. Errors: as `open`.
  [[nodiscard]] base::Result<TableReader> another(const std::vector<Field>& schema) const;

  [[nodiscard]] std::uint64_t rows() const;

  /// Hands out the values of a text column of the first level, in order of rows; null for none. Errors: k_bad_format.
  [[nodiscard]] base::Status read_texts(int column,
                                        const std::function<void(std::optional<std::string_view>)>& consumer);

  /// Hands out one row. The row group that it stands in stays decoded for the next. Errors: k_bad_format, and the
  /// consumer's.
  [[nodiscard]] base::Status read_row(std::uint64_t row, const std::function<base::Status(RowReader&)>& consumer);

 private:
  struct Impl;
  explicit TableReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::columnar
