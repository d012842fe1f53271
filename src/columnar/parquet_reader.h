#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/range_file.h"
#include "base/result.h"
#include "columnar/cells.h"

namespace trajectory::columnar {

/// Columns of row groups of a file elsewhere, on their way here or arrived. Ends before its file does.
class FetchedRowGroups {
 public:
  ~FetchedRowGroups();
  FetchedRowGroups(FetchedRowGroups&&) noexcept;

 private:
  friend class ParquetFile;
  struct Impl;
  explicit FetchedRowGroups(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Decodes one row group, batch by batch, through the low-level page readers. Thread-safe: every row is handed out
/// once. Ends before its file does.
class RowGroupReader {
 public:
  ~RowGroupReader();
  RowGroupReader(RowGroupReader&&) noexcept;

  /// Hands rows out in `batch`, whose memory is used again and again, as many at once as `size` says, until there are
  /// none left; several threads may call it at once, and decode in turns. A text of more than `most_bytes` is left out
  /// (see `Cell`). After an error no more rows are handed out. Errors: k_bad_format (damaged pages), k_too_large (pages
  /// that unpack to more than twice `most_bytes` and 128 MiB), those of a file elsewhere, and the consumer's.
  [[nodiscard]] base::Status read(RowBatch& batch, BatchSize size, std::uint64_t most_bytes,
                                  const std::function<base::Status(const RowBatch&)>& consumer);

  /// Rows that were decoded so far.
  [[nodiscard]] std::uint64_t rows_decoded() const;

 private:
  friend class ParquetFile;
  struct Impl;
  explicit RowGroupReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Gives memory that pages took, and that the Arrow library keeps for later ones, back to the system.
void release_page_memory();

/// A Parquet file whose metadata was read; the file itself is open only while it is read. Thread-safe.
class ParquetFile {
 public:
  /// Errors: k_io (cannot be opened), k_bad_format (no Parquet file, truncated, encrypted).
  [[nodiscard]] static base::Result<ParquetFile> open(const std::string& path);
  /// A file elsewhere. Errors: those of the file, k_bad_format.
  [[nodiscard]] static base::Result<ParquetFile> open(std::shared_ptr<const base::RangeFile> file);
  ~ParquetFile();
  ParquetFile(ParquetFile&&) noexcept;

  [[nodiscard]] std::uint64_t rows() const;
  [[nodiscard]] int row_groups() const;
  [[nodiscard]] std::uint64_t rows_in(int row_group) const;
  [[nodiscard]] const std::vector<ColumnInfo>& columns() const;

  /// The number in the file of a row group's first row.
  [[nodiscard]] std::uint64_t first_row_of(int row_group) const;

  /// Bytes that the columns of a row group take in the file.
  [[nodiscard]] std::uint64_t stored_bytes(int row_group, std::span<const std::string_view> columns) const;

  /// Begins to bring columns of row groups here, in few large ranges and several at a time. Failures come out when
  /// they are read. Nothing for a local file.
  [[nodiscard]] std::shared_ptr<const FetchedRowGroups> fetch(const std::vector<int>& row_groups,
                                                              std::span<const std::string_view> columns) const;

  /// The rows of one row group. A column that the file lacks, or that is unreadable, has no present cell. `fetched`
  /// holds these columns of the row group, among others; without it they are read as they are needed.
  /// Errors: k_bad_format (damaged), k_io (cannot be opened any more), those of a file elsewhere.
  [[nodiscard]] base::Result<RowGroupReader> open_row_group(int row_group, std::span<const std::string_view> columns,
                                                            std::shared_ptr<const FetchedRowGroups> fetched = {}) const;

 private:
  friend class RowGroupReader;
  struct Impl;
  [[nodiscard]] static base::Result<ParquetFile> open(std::unique_ptr<Impl> impl);
  explicit ParquetFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::columnar
