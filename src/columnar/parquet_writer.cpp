#include "columnar/parquet_writer.h"

#include <utility>

#include "columnar/kept_blocks.h"

namespace trajectory::columnar {

arrow::Result<std::unique_ptr<parquet::arrow::FileWriter>> open_writer(const arrow::Schema& schema,
                                                                       std::shared_ptr<arrow::io::OutputStream> out) {
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(parquet::Compression::ZSTD)
                              ->created_by("trajectory")
                              ->memory_pool(&KeptBlocks::pool())
                              ->build();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  return parquet::arrow::FileWriter::Open(schema, &KeptBlocks::pool(), std::move(out), properties, arrow_properties);
}

arrow::Status write_row_group(parquet::arrow::FileWriter& writer, const arrow::RecordBatch& batch) {
  ARROW_RETURN_NOT_OK(writer.NewBufferedRowGroup());
  return writer.WriteRecordBatch(batch);
}

}  // namespace trajectory::columnar
