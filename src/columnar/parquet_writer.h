#pragma once

#include <memory>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>

namespace trajectory::columnar {

/// A writer of Parquet in the one form that this program writes: zstd, and bytes that depend on the rows alone. Its
/// pages take memory of `KeptBlocks`.
[[nodiscard]] arrow::Result<std::unique_ptr<parquet::arrow::FileWriter>> open_writer(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> out);

/// Writes a batch as a row group.
[[nodiscard]] arrow::Status write_row_group(parquet::arrow::FileWriter& writer, const arrow::RecordBatch& batch);

}  // namespace trajectory::columnar
