#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/cells.h"

namespace trajectory::columnar {

/// A Parquet file whose metadata was read; the file itself is open only while it is read. Reads pages through the
/// low-level readers: never more than a batch is decoded. Thread-safe for `read_row_group` of different row groups.
class ParquetFile {
 public:
  /// Errors: k_io (cannot be opened), k_bad_format (no Parquet file, truncated, encrypted).
  [[nodiscard]] static base::Result<ParquetFile> open(const std::string& path);
  ~ParquetFile();
  ParquetFile(ParquetFile&&) noexcept;

  [[nodiscard]] std::uint64_t rows() const;
  [[nodiscard]] int row_groups() const;
  [[nodiscard]] std::uint64_t rows_in(int row_group) const;
  [[nodiscard]] const std::vector<ColumnInfo>& columns() const;

  /// The number in the file of a row group's first row.
  [[nodiscard]] std::uint64_t first_row_of(int row_group) const;

  /// Reads the named columns of one row group in batches of up to `batch_rows` rows, in order. A column that the file
  /// lacks, or that is unreadable, has no present cell; a text of more than `most_bytes` is left out (see `Cell`).
  /// Stops with the consumer's error. Errors: k_bad_format (damaged pages), k_io (cannot be opened any more), and the
  /// consumer's.
  [[nodiscard]] base::Status read_row_group(int row_group, std::span<const std::string_view> columns,
                                            std::size_t batch_rows, std::uint64_t most_bytes,
                                            const std::function<base::Status(const RowBatch&)>& consumer) const;

 private:
  struct Impl;
  explicit ParquetFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::columnar
