#include "columnar/rows.h"

#include "columnar/arrow_rows.h"
#include "columnar/kept_blocks.h"

namespace trajectory::columnar {

namespace {

constexpr std::uint64_t k_full_bytes = 16 << 20;
constexpr std::int64_t k_full_rows = 4096;

std::shared_ptr<arrow::DataType> type_of(const Field& field) {
  switch (field.type) {
    case FieldType::k_text:
      return arrow::utf8();
    case FieldType::k_integer:
      return arrow::int64();
    case FieldType::k_real:
      return arrow::float64();
    case FieldType::k_boolean:
      return arrow::boolean();
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

template <class Builder, class T>
void append(RowWriter::Impl& rows, const std::optional<T>& value) {
  auto* builder = static_cast<Builder*>(rows.next_builder());
  rows.keep(value ? builder->Append(*value) : builder->AppendNull());
}

}  // namespace

std::shared_ptr<arrow::Schema> schema_of(const std::vector<Field>& fields) {
  arrow::FieldVector out;
  for (const Field& field : fields) out.push_back(arrow::field(field.name, type_of(field)));
  return arrow::schema(out);
}

RowWriter::Impl::Impl(const std::vector<Field>& fields) : schema(schema_of(fields)) {
  for (const auto& field : schema->fields()) {
    auto builder = arrow::MakeBuilder(field->type(), &KeptBlocks::pool());
    keep(builder.status());
    columns.push_back(builder.ok() ? std::move(*builder) : std::make_unique<arrow::NullBuilder>());
  }
}

arrow::ArrayBuilder* RowWriter::Impl::next_builder() {
  if (frames.empty()) return columns[column++].get();
  Frame& frame = frames.back();
  if (frame.is_list) return static_cast<arrow::ListBuilder*>(frame.builder)->value_builder();
  return frame.builder->child_builder(frame.next++).get();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> RowWriter::Impl::take() {
  ARROW_RETURN_NOT_OK(status);
  arrow::ArrayVector arrays;
  for (auto& builder : columns) {
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    arrays.push_back(std::move(array));
  }
  auto batch = arrow::RecordBatch::Make(schema, rows, std::move(arrays));
  rows = 0;
  total += waiting;
  waiting = 0;
  return batch;
}

RowWriter::RowWriter(const std::vector<Field>& schema) : impl_(std::make_unique<Impl>(schema)) {}
RowWriter::~RowWriter() = default;
RowWriter::RowWriter(RowWriter&&) noexcept = default;

void RowWriter::text(std::optional<std::string_view> value) {
  append<arrow::StringBuilder>(*impl_, value);
  if (value) impl_->waiting += value->size();
}
void RowWriter::integer(std::optional<std::int64_t> value) { append<arrow::Int64Builder>(*impl_, value); }
void RowWriter::real(std::optional<double> value) { append<arrow::DoubleBuilder>(*impl_, value); }
void RowWriter::boolean(std::optional<bool> value) { append<arrow::BooleanBuilder>(*impl_, value); }
void RowWriter::time(std::optional<std::int64_t> value) { append<arrow::TimestampBuilder>(*impl_, value); }

void RowWriter::begin_list() {
  arrow::ArrayBuilder* builder = impl_->next_builder();
  impl_->keep(static_cast<arrow::ListBuilder*>(builder)->Append());
  impl_->frames.push_back({builder, 0, true});
}

void RowWriter::end_list() { impl_->frames.pop_back(); }

void RowWriter::begin_struct() {
  arrow::ArrayBuilder* builder = impl_->next_builder();
  impl_->keep(static_cast<arrow::StructBuilder*>(builder)->Append());
  impl_->frames.push_back({builder, 0, false});
}

void RowWriter::end_struct() { impl_->frames.pop_back(); }

void RowWriter::null_struct() { impl_->keep(impl_->next_builder()->AppendNull()); }

void RowWriter::end_row() {
  impl_->column = 0;
  ++impl_->rows;
}

bool RowWriter::full() const { return impl_->waiting >= k_full_bytes || impl_->rows >= k_full_rows; }
std::uint64_t RowWriter::bytes() const { return impl_->total + impl_->waiting; }

std::pair<const arrow::Array*, std::int64_t> BatchReader::next() {
  if (frames_.empty()) return {batch_.column(column_++).get(), row_};
  Frame& frame = frames_.back();
  if (frame.is_list) return {frame.array, frame.at++};
  return {static_cast<const arrow::StructArray*>(frame.array)->field(frame.next++).get(), frame.at};
}

std::optional<std::string_view> BatchReader::text() {
  const auto [array, at] = next();
  if (array->IsNull(at)) return std::nullopt;
  return static_cast<const arrow::StringArray*>(array)->GetView(at);
}

std::optional<std::int64_t> BatchReader::integer() {
  const auto [array, at] = next();
  if (array->IsNull(at)) return std::nullopt;
  return static_cast<const arrow::Int64Array*>(array)->Value(at);
}

std::optional<double> BatchReader::real() {
  const auto [array, at] = next();
  if (array->IsNull(at)) return std::nullopt;
  return static_cast<const arrow::DoubleArray*>(array)->Value(at);
}

std::optional<std::int64_t> BatchReader::time() {
  const auto [array, at] = next();
  if (array->IsNull(at)) return std::nullopt;
  return static_cast<const arrow::TimestampArray*>(array)->Value(at);
}

std::size_t BatchReader::begin_list() {
  const auto [array, at] = next();
  const auto* list = static_cast<const arrow::ListArray*>(array);
  frames_.push_back({list->values().get(), list->value_offset(at), 0, true});
  return array->IsNull(at) ? 0 : static_cast<std::size_t>(list->value_length(at));
}

void BatchReader::begin_struct() {
  const auto [array, at] = next();
  frames_.push_back({array, at, 0, false});
}

}  // namespace trajectory::columnar
