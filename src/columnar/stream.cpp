#include "columnar/stream.h"

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>

#include "columnar/arrow_rows.h"

namespace trajectory::columnar {

namespace {

/// Makes a batch of what the producer gives, when a batch is asked for.
class ProducedBatches final : public arrow::RecordBatchReader {
 public:
  ProducedBatches(const std::vector<Field>& schema, RowProducer producer)
      : rows_(schema), producer_(std::move(producer)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return rows_.impl().schema; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    while (!ended_ && !rows_.full()) {
      const base::Result<bool> more = producer_(rows_);
      if (!more) return arrow::Status::IOError(more.error().text());
      ended_ = !*more;
    }
    if (rows_.impl().rows == 0) {
      batch->reset();
      return rows_.impl().status;
    }
    return rows_.impl().take().Value(batch);
  }

 private:
  RowWriter rows_;
  RowProducer producer_;
  bool ended_ = false;
};

}  // namespace

ArrowArrayStream* make_stream(const std::vector<Field>& schema, RowProducer producer) {
  auto stream = std::make_unique<ArrowArrayStream>();
  stream->release = nullptr;
  // Fails only without memory.
  (void)arrow::ExportRecordBatchReader(std::make_shared<ProducedBatches>(schema, std::move(producer)), stream.get());
  return stream.release();
}

void release_stream(ArrowArrayStream* stream) {
  const std::unique_ptr<ArrowArrayStream> owned(stream);
  if (owned->release != nullptr) owned->release(owned.get());
}

}  // namespace trajectory::columnar
