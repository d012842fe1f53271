#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar/cells.h"
#include "columnar/rows.h"

/// https://arrow.apache.org/docs/format/CStreamInterface.html
struct ArrowArrayStream;

namespace trajectory::columnar {

/// Gives the next rows of a table to the writer, at least one; false when there are none left.
using RowProducer = std::function<base::Result<bool>(RowWriter&)>;

/// A stream whose batches are made as they are asked for. The caller owns it: `release_stream`.
[[nodiscard]] ArrowArrayStream* make_stream(const std::vector<Field>& schema, RowProducer producer);

/// Releases what a stream holds, unless a consumer has taken it over, and frees it.
void release_stream(ArrowArrayStream* stream);

/// A stream of record batches, read as rows of cells. Thread-safe: every row is handed out once.
class StreamReader {
 public:
  /// Takes over what the stream holds. Errors: k_bad_format (no stream, or one of other things than records).
  [[nodiscard]] static base::Result<StreamReader> take(ArrowArrayStream* stream);
  ~StreamReader();
  StreamReader(StreamReader&&) noexcept;

  [[nodiscard]] const std::vector<ColumnInfo>& columns() const;

  /// Hands rows out, in batches of up to `batch_rows`, until the stream ends; several threads may call it at once.
  /// Columns are treated as by `ParquetFile::open_row_group`. Errors: k_bad_format (the producer of the stream failed),
  /// and the consumer's.
  [[nodiscard]] base::Status read(std::span<const std::string_view> columns, std::size_t batch_rows,
                                  std::uint64_t most_bytes,
                                  const std::function<base::Status(const RowBatch&)>& consumer);

 private:
  struct Impl;
  explicit StreamReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::columnar
