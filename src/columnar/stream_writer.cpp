#include "columnar/stream_writer.h"

#include <optional>

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>

#include "columnar/arrow_rows.h"
#include "columnar/parquet_writer.h"

namespace trajectory::columnar {

namespace {

/// Bytes on their way to a sink, whose error is kept.
class SinkStream final : public arrow::io::OutputStream {
 public:
  explicit SinkStream(const std::function<base::Status(std::string_view)>& sink) : sink_(sink) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  [[nodiscard]] bool closed() const override { return closed_; }
  [[nodiscard]] arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Write(const void* data, std::int64_t size) override {
    const base::Status done = sink_({static_cast<const char*>(data), static_cast<std::size_t>(size)});
    if (!done.ok()) {
      error = done.error();
      return arrow::Status::IOError("the sink failed");
    }
    position_ += size;
    return arrow::Status::OK();
  }

  std::optional<base::Error> error;

 private:
  const std::function<base::Status(std::string_view)>& sink_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

/// Fills the writer up to a batch. False when the rows have ended.
base::Result<bool> fill(RowWriter& rows, const RowProducer& producer) {
  while (!rows.full()) {
    auto more = producer(rows);
    if (!more || !*more) return more;
  }
  return true;
}

template <class Write>
arrow::Status write_batches(RowWriter& rows, const RowProducer& producer, std::optional<base::Error>& error,
                            Write&& write) {
  for (bool more = true; more;) {
    const auto filled = fill(rows, producer);
    if (!filled) {
      error = filled.error();
      return arrow::Status::IOError("the producer failed");
    }
    more = *filled;
    if (rows.impl().rows == 0) return rows.impl().status;
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows.impl().take());
    ARROW_RETURN_NOT_OK(write(*batch));
  }
  return arrow::Status::OK();
}

arrow::Status write_parquet(RowWriter& rows, const RowProducer& producer, const std::shared_ptr<SinkStream>& out) {
  ARROW_ASSIGN_OR_RAISE(auto writer, open_writer(*rows.impl().schema, out));
  ARROW_RETURN_NOT_OK(write_batches(rows, producer, out->error,
                                    [&](const arrow::RecordBatch& batch) { return write_row_group(*writer, batch); }));
  return writer->Close();
}

arrow::Status write_arrow(RowWriter& rows, const RowProducer& producer, const std::shared_ptr<SinkStream>& out) {
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(out, rows.impl().schema));
  ARROW_RETURN_NOT_OK(write_batches(rows, producer, out->error,
                                    [&](const arrow::RecordBatch& batch) { return writer->WriteRecordBatch(batch); }));
  return writer->Close();
}

}  // namespace

base::Status write_stream(StreamForm form, const std::vector<Field>& schema, const RowProducer& producer,
                          const std::function<base::Status(std::string_view)>& sink) {
  RowWriter rows(schema);
  const auto out = std::make_shared<SinkStream>(sink);
  const arrow::Status done =
      form == StreamForm::k_parquet ? write_parquet(rows, producer, out) : write_arrow(rows, producer, out);
  if (done.ok()) return {};
  return out->error ? *out->error : base::Error(base::ErrorCode::k_io, "cannot write: " + done.message());
}

}  // namespace trajectory::columnar
