#include "columnar/table.h"

#include <exception>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

namespace trajectory::columnar {

namespace {

constexpr std::uint64_t k_group_bytes = 16 << 20;
constexpr std::int64_t k_group_rows = 4096;

std::shared_ptr<arrow::DataType> type_of(const Field& field) {
  switch (field.type) {
    case FieldType::k_text:
      return arrow::utf8();
    case FieldType::k_integer:
      return arrow::int64();
    case FieldType::k_real:
      return arrow::float64();
    case FieldType::k_time:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case FieldType::k_list:
      return arrow::list(arrow::field("element", type_of(field.children[0])));
    case FieldType::k_struct: {
      arrow::FieldVector fields;
      for (const Field& child : field.children) fields.push_back(arrow::field(child.name, type_of(child)));
      return arrow::struct_(fields);
    }
  }
  return arrow::null();
}

std::shared_ptr<arrow::Schema> schema_of(const std::vector<Field>& fields) {
  arrow::FieldVector out;
  for (const Field& field : fields) out.push_back(arrow::field(field.name, type_of(field)));
  return arrow::schema(out);
}

base::Error failed(const arrow::Status& status, const std::string& path, base::ErrorCode code) {
  return base::Error(code, status.message()).with(path);
}

}  // namespace

struct TableWriter::Impl {
  /// A builder whose children take the next values.
  struct Frame {
    arrow::ArrayBuilder* builder;
    int next = 0;
    bool is_list = false;
  };

  std::string path;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> columns;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::shared_ptr<arrow::io::FileOutputStream> file;
  std::vector<Frame> frames;
  std::size_t column = 0;
  arrow::Status status;  ///< first failure; reported by `end_row`
  std::int64_t rows = 0;
  std::uint64_t waiting = 0;
  std::uint64_t total = 0;

  arrow::ArrayBuilder* next_builder() {
    if (frames.empty()) return columns[column++].get();
    Frame& frame = frames.back();
    if (frame.is_list) return static_cast<arrow::ListBuilder*>(frame.builder)->value_builder();
    return frame.builder->child_builder(frame.next++).get();
  }
  void keep(const arrow::Status& other) {
    if (status.ok()) status = other;
  }

  arrow::Status flush() {
    if (rows == 0) return arrow::Status::OK();
    arrow::ArrayVector arrays;
    for (auto& builder : columns) {
      ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
      arrays.push_back(std::move(array));
    }
    ARROW_RETURN_NOT_OK(writer->NewBufferedRowGroup());
    ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, rows, std::move(arrays))));
    rows = 0;
    waiting = 0;
    return arrow::Status::OK();
  }
};

TableWriter::TableWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableWriter::~TableWriter() = default;
TableWriter::TableWriter(TableWriter&&) noexcept = default;

base::Result<TableWriter> TableWriter::create(const std::string& path, const std::vector<Field>& fields) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->schema = schema_of(fields);
  for (const auto& field : impl->schema->fields()) {
    auto builder = arrow::MakeBuilder(field->type());
    if (!builder.ok()) return failed(builder.status(), path, base::ErrorCode::k_internal);
    impl->columns.push_back(std::move(*builder));
  }
  auto file = arrow::io::FileOutputStream::Open(path);
  if (!file.ok()) return failed(file.status(), path, base::ErrorCode::k_io);
  impl->file = *file;
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(parquet::Compression::ZSTD)
                              ->compression_level(3)
                              ->created_by("trajectory")
                              ->build();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  auto writer = parquet::arrow::FileWriter::Open(*impl->schema, arrow::default_memory_pool(), impl->file, properties,
                                                 arrow_properties);
  if (!writer.ok()) return failed(writer.status(), path, base::ErrorCode::k_io);
  impl->writer = std::move(*writer);
  return TableWriter(std::move(impl));
}

void TableWriter::text(std::optional<std::string_view> value) {
  auto* builder = static_cast<arrow::StringBuilder*>(impl_->next_builder());
  impl_->keep(value ? builder->Append(*value) : builder->AppendNull());
  if (value) impl_->waiting += value->size();
}

void TableWriter::integer(std::optional<std::int64_t> value) {
  auto* builder = static_cast<arrow::Int64Builder*>(impl_->next_builder());
  impl_->keep(value ? builder->Append(*value) : builder->AppendNull());
}

void TableWriter::real(std::optional<double> value) {
  auto* builder = static_cast<arrow::DoubleBuilder*>(impl_->next_builder());
  impl_->keep(value ? builder->Append(*value) : builder->AppendNull());
}

void TableWriter::time(std::optional<std::int64_t> value) {
  auto* builder = static_cast<arrow::TimestampBuilder*>(impl_->next_builder());
  impl_->keep(value ? builder->Append(*value) : builder->AppendNull());
}

void TableWriter::begin_list() {
  arrow::ArrayBuilder* builder = impl_->next_builder();
  impl_->keep(static_cast<arrow::ListBuilder*>(builder)->Append());
  impl_->frames.push_back({builder, 0, true});
}

void TableWriter::end_list() { impl_->frames.pop_back(); }

void TableWriter::begin_struct() {
  arrow::ArrayBuilder* builder = impl_->next_builder();
  impl_->keep(static_cast<arrow::StructBuilder*>(builder)->Append());
  impl_->frames.push_back({builder, 0, false});
}

void TableWriter::end_struct() { impl_->frames.pop_back(); }

base::Status TableWriter::end_row() {
  impl_->column = 0;
  ++impl_->rows;
  if (impl_->waiting >= k_group_bytes || impl_->rows >= k_group_rows) {
    impl_->total += impl_->waiting;
    impl_->keep(impl_->flush());
  }
  if (!impl_->status.ok()) return failed(impl_->status, impl_->path, base::ErrorCode::k_io);
  return {};
}

std::uint64_t TableWriter::bytes() const { return impl_->total + impl_->waiting; }

base::Status TableWriter::close() {
  impl_->keep(impl_->flush());
  impl_->keep(impl_->writer->Close());
  impl_->keep(impl_->file->Close());
  if (!impl_->status.ok()) return failed(impl_->status, impl_->path, base::ErrorCode::k_io);
  return {};
}

namespace {

/// Walks the arrays of a batch for one row at a time.
class ArrayWalker final : public RowReader {
 public:
  explicit ArrayWalker(const arrow::RecordBatch& batch) : batch_(batch) {}

  void start(std::int64_t row) {
    row_ = row;
    column_ = 0;
    frames_.clear();
  }

  std::optional<std::string_view> text() override {
    const auto [array, at] = next();
    if (array->IsNull(at)) return std::nullopt;
    return static_cast<const arrow::StringArray*>(array)->GetView(at);
  }
  std::optional<std::int64_t> integer() override {
    const auto [array, at] = next();
    if (array->IsNull(at)) return std::nullopt;
    return static_cast<const arrow::Int64Array*>(array)->Value(at);
  }
  std::optional<double> real() override {
    const auto [array, at] = next();
    if (array->IsNull(at)) return std::nullopt;
    return static_cast<const arrow::DoubleArray*>(array)->Value(at);
  }
  std::optional<std::int64_t> time() override {
    const auto [array, at] = next();
    if (array->IsNull(at)) return std::nullopt;
    return static_cast<const arrow::TimestampArray*>(array)->Value(at);
  }
  std::size_t begin_list() override {
    const auto [array, at] = next();
    const auto* list = static_cast<const arrow::ListArray*>(array);
    frames_.push_back({list->values().get(), list->value_offset(at), 0, true});
    return array->IsNull(at) ? 0 : static_cast<std::size_t>(list->value_length(at));
  }
  void end_list() override { frames_.pop_back(); }
  void begin_struct() override {
    const auto [array, at] = next();
    frames_.push_back({array, at, 0, false});
  }
  void end_struct() override { frames_.pop_back(); }

 private:
  struct Frame {
    const arrow::Array* array;
    std::int64_t at;  ///< next item of a list, row of a struct
    int next;
    bool is_list;
  };

  std::pair<const arrow::Array*, std::int64_t> next() {
    if (frames_.empty()) return {batch_.column(column_++).get(), row_};
    Frame& frame = frames_.back();
    if (frame.is_list) return {frame.array, frame.at++};
    return {static_cast<const arrow::StructArray*>(frame.array)->field(frame.next++).get(), frame.at};
  }

  const arrow::RecordBatch& batch_;
  std::vector<Frame> frames_;
  std::int64_t row_ = 0;
  int column_ = 0;
};

arrow::Status read_batches(const std::string& path, const std::vector<Field>& schema,
                           const std::function<base::Result<bool>(RowReader&)>& consumer, base::Status& outcome) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto reader, parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  reader->set_batch_size(256);
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader());
  if (!batches->schema()->Equals(*schema_of(schema), false))
    return arrow::Status::Invalid("the file has other columns than a dataset's");
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, batches->Next());
    if (batch == nullptr) return arrow::Status::OK();
    ArrayWalker walker(*batch);
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      walker.start(row);
      base::Result<bool> more = consumer(walker);
      if (!more) {
        outcome = std::move(more).error();
        return arrow::Status::OK();
      }
      if (!*more) return arrow::Status::OK();
    }
  }
}

}  // namespace

base::Status read_table(const std::string& path, const std::vector<Field>& schema,
                        const std::function<base::Result<bool>(RowReader&)>& consumer) {
  base::Status outcome;
  try {
    const arrow::Status status = read_batches(path, schema, consumer, outcome);
    if (!status.ok())
      return failed(status, path, status.IsIOError() ? base::ErrorCode::k_io : base::ErrorCode::k_bad_format);
  } catch (const std::exception& error) {
    return base::Error(base::ErrorCode::k_bad_format, error.what()).with(path);
  }
  return outcome;
}

}  // namespace trajectory::columnar
