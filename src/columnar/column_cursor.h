#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <parquet/api/reader.h>

#include "base/arena.h"
#include "columnar/cells.h"

namespace trajectory::columnar {

/// A column of a Parquet file, and how its values are stored.
struct ColumnLayout {
  ColumnInfo info;
  parquet::Type::type physical = parquet::Type::UNDEFINED;
  TimeUnit unit = TimeUnit::k_micros;
  bool optional = false;
};

[[nodiscard]] ColumnLayout layout_of(const parquet::ColumnDescriptor& column);

/// Reads one column of a row group, batch by batch. Throws what the Parquet library throws, as does a column that is
/// shorter or longer than its row group.
class ColumnCursor {
 public:
  /// Without a layout no cell is present. The layout must live as long.
  ColumnCursor(const ColumnLayout* layout, std::shared_ptr<parquet::ColumnReader> reader)
      : layout_(layout), reader_(std::move(reader)) {}

  /// The next `rows` cells, with their texts in the arena; one of more than `most_bytes` is left out (see `Cell`).
  void read(std::size_t rows, std::vector<Cell>& cells, base::Arena& arena, std::uint64_t most_bytes);

  /// After the last row: pages with more values than the row group has rows are not what they say.
  void expect_end();

 private:
  template <class Reader, class Value, class Take>
  void read_as(std::size_t rows, Take take);

  const ColumnLayout* layout_;
  std::shared_ptr<parquet::ColumnReader> reader_;
};

}  // namespace trajectory::columnar
