#include "columnar/table.h"

#include <algorithm>
#include <exception>
#include <numeric>

#include <arrow/io/file.h>
#include <arrow/util/io_util.h>
#include <parquet/arrow/reader.h>

#include "base/output_folder.h"
#include "columnar/arrow_rows.h"
#include "columnar/parquet_writer.h"

namespace trajectory::columnar {

namespace {

base::Error failed(const arrow::Status& status, const std::string& path, base::ErrorCode code) {
  return base::Error(code, status.message()).with(path);
}

base::Error cannot_write(const arrow::Status& status, const std::string& path) {
  const int code = arrow::internal::ErrnoFromStatus(status);
  return code == 0 ? failed(status, path, base::ErrorCode::k_io) : base::io_error("cannot write", path, code);
}

}  // namespace

struct TableWriter::Impl {
  Impl(std::string file_path, const std::vector<Field>& schema) : path(std::move(file_path)), row(schema) {}

  arrow::Status open() {
    ARROW_ASSIGN_OR_RAISE(file, arrow::io::FileOutputStream::Open(path));
    ARROW_ASSIGN_OR_RAISE(writer, open_writer(*row.impl().schema, file));
    return arrow::Status::OK();
  }

  arrow::Status flush() {
    if (row.impl().rows == 0) return row.impl().status;
    ARROW_ASSIGN_OR_RAISE(const auto batch, row.impl().take());
    return write_row_group(*writer, *batch);
  }

  arrow::Status close() {
    ARROW_RETURN_NOT_OK(flush());
    ARROW_RETURN_NOT_OK(writer->Close());
    return file->Close();
  }

  std::string path;
  RowWriter row;
  std::shared_ptr<arrow::io::FileOutputStream> file;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
};

TableWriter::TableWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableWriter::~TableWriter() = default;
TableWriter::TableWriter(TableWriter&&) noexcept = default;

base::Result<TableWriter> TableWriter::create(const std::string& path, const std::vector<Field>& schema) {
  auto impl = std::make_unique<Impl>(path, schema);
  if (const arrow::Status status = impl->open(); !status.ok()) return cannot_write(status, path);
  return TableWriter(std::move(impl));
}

RowWriter& TableWriter::row() { return impl_->row; }

base::Status TableWriter::end_row() {
  impl_->row.end_row();
  if (!impl_->row.full()) return {};
  if (const arrow::Status status = impl_->flush(); !status.ok()) return cannot_write(status, impl_->path);
  return {};
}

base::Status TableWriter::close() {
  if (const arrow::Status status = impl_->close(); !status.ok()) return cannot_write(status, impl_->path);
  return {};
}

struct TableReader::Impl {
  arrow::Status open(const std::vector<Field>& schema) {
    if (file == nullptr) {
      ARROW_ASSIGN_OR_RAISE(file, arrow::io::ReadableFile::Open(path));
    }
    ARROW_ASSIGN_OR_RAISE(reader, parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
    reader->set_use_threads(false);
    reader->set_batch_size(256);
    std::shared_ptr<arrow::Schema> found;
    ARROW_RETURN_NOT_OK(reader->GetSchema(&found));
    if (!found->Equals(*schema_of(schema), false))
      return arrow::Status::Invalid("the file has other columns than a dataset's");
    const auto metadata = reader->parquet_reader()->metadata();
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      first_rows.push_back(rows);
      rows += static_cast<std::uint64_t>(metadata->RowGroup(group)->num_rows());
    }
    return arrow::Status::OK();
  }

  arrow::Status read_texts(int column, const std::function<void(std::optional<std::string_view>)>& consumer) {
    std::vector<int> groups(first_rows.size());
    std::iota(groups.begin(), groups.end(), 0);
    ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader(groups, {column}));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(auto batch, batches->Next());
      if (batch == nullptr) return arrow::Status::OK();
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(0));
      for (std::int64_t row = 0; row < texts.length(); ++row)
        consumer(texts.IsNull(row) ? std::nullopt : std::optional<std::string_view>(texts.GetView(row)));
    }
  }

  arrow::Status decode(int group) {
    if (group == decoded_group) return arrow::Status::OK();
    decoded.clear();
    decoded_group = -1;
    ARROW_ASSIGN_OR_RAISE(auto reader_of_group, reader->GetRecordBatchReader({group}));
    ARROW_ASSIGN_OR_RAISE(decoded, reader_of_group->ToRecordBatches());
    decoded_group = group;
    return arrow::Status::OK();
  }

  arrow::Status read_row(std::uint64_t row, const std::function<base::Status(RowReader&)>& consumer,
                         base::Status& outcome) {
    const auto next = std::upper_bound(first_rows.begin(), first_rows.end(), row);
    if (row >= rows) return arrow::Status::IndexError("there is no row " + std::to_string(row));
    ARROW_RETURN_NOT_OK(decode(static_cast<int>(next - first_rows.begin()) - 1));
    auto at = static_cast<std::int64_t>(row - *std::prev(next));
    for (const auto& batch : decoded) {
      if (at < batch->num_rows()) {
        BatchReader values(*batch);
        values.start(at);
        outcome = consumer(values);
        return arrow::Status::OK();
      }
      at -= batch->num_rows();
    }
    return arrow::Status::Invalid("a row group is shorter than the file says");
  }

  /// Runs a reading of ours: Parquet throws where a file is damaged.
  template <class Work>
  base::Status guarded(Work work) {
    base::Status outcome;
    try {
      const arrow::Status status = work(outcome);
      if (!status.ok()) return failed(status, path, base::ErrorCode::k_bad_format);
    } catch (const std::exception& error) {
      return base::Error(base::ErrorCode::k_bad_format, error.what()).with(path);
    }
    return outcome;
  }

  std::string path;
  std::shared_ptr<arrow::io::ReadableFile> file;  ///< reads of several readers do not disturb each other
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::vector<std::uint64_t> first_rows;  ///< of each row group
  std::uint64_t rows = 0;
  arrow::RecordBatchVector decoded;
  int decoded_group = -1;
};

TableReader::TableReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;

base::Result<TableReader> TableReader::open(const std::string& path, const std::vector<Field>& schema) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  TJ_TRY(impl->guarded([&](base::Status&) { return impl->open(schema); }));
  return TableReader(std::move(impl));
}

base::Result<TableReader> TableReader::another(const std::vector<Field>& schema) const {
  auto impl = std::make_unique<Impl>();
  impl->path = impl_->path;
  impl->file = impl_->file;
  TJ_TRY(impl->guarded([&](base::Status&) { return impl->open(schema); }));
  return TableReader(std::move(impl));
}

base::Status TableReader::read_texts(int column, const std::function<void(std::optional<std::string_view>)>& consumer) {
  return impl_->guarded([&](base::Status&) { return impl_->read_texts(column, consumer); });
}

std::uint64_t TableReader::rows() const { return impl_->rows; }

base::Status TableReader::read_row(std::uint64_t row, const std::function<base::Status(RowReader&)>& consumer) {
  return impl_->guarded([&](base::Status& outcome) { return impl_->read_row(row, consumer, outcome); });
}

}  // namespace trajectory::columnar
