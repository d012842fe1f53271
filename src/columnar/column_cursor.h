#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <parquet/column_reader.h>
#include <parquet/schema.h>

#include "base/arena.h"
#include "columnar/cells.h"

namespace trajectory::columnar {

/// What a column of a Parquet file holds, and how its values become cells.
struct ColumnLayout {
  ColumnInfo info;
  parquet::Type::type physical = parquet::Type::UNDEFINED;
  TimeUnit unit = TimeUnit::k_micros;
  bool optional = false;
};

[[nodiscard]] ColumnLayout layout_of(const parquet::ColumnDescriptor& column);

/// Reads one column of a row group. Decoded values wait until they are taken, so that columns go on together. Functions
/// throw parquet's exceptions. Not thread-safe.
class ColumnCursor {
 public:
  virtual ~ColumnCursor() = default;

  /// Decodes up to `most` values of the present page where none wait. Returns how many rows wait: at least one.
  virtual std::size_t fill(std::size_t most) = 0;
  /// Bytes of the text of a waiting row; 0 of what is no text.
  [[nodiscard]] virtual std::uint64_t text_bytes(std::size_t row) const = 0;
  /// Hands the first waiting rows over. Texts of more than `most_bytes` are left out (see `Cell`).
  virtual void take(std::size_t rows, Cell* cells, base::Arena& texts, std::uint64_t most_bytes) = 0;
  /// After the last row: pages with more values than the row group has rows are not what they say.
  virtual void expect_end() = 0;
};

/// A cursor of a readable column. `one_by_one`: its values are made when they are decoded, in memory of their own.
[[nodiscard]] std::unique_ptr<ColumnCursor> open_cursor(const ColumnLayout& layout,
                                                        std::shared_ptr<parquet::ColumnReader> reader, bool one_by_one);

}  // namespace trajectory::columnar
