#include <algorithm>
#include <cstring>
#include <mutex>

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include "base/arena.h"
#include "columnar/cells.h"
#include "columnar/stream.h"

namespace trajectory::columnar {

namespace {

using arrow::Type;

ColumnKind kind_of(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::NA:  // holds no value, and so fits everywhere
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
    case Type::UINT64:  // may be greater than the greatest integer of a cell
      return ColumnKind::k_text;
    case Type::DICTIONARY:
      return kind_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::RUN_END_ENCODED:
      return kind_of(*static_cast<const arrow::RunEndEncodedType&>(type).value_type());
    case Type::EXTENSION:
      return kind_of(*static_cast<const arrow::ExtensionType&>(type).storage_type());
    case Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == k_uuid_bytes
                 ? ColumnKind::k_text
                 : ColumnKind::k_unreadable;
    case Type::TIMESTAMP:
      return ColumnKind::k_time;
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
      return ColumnKind::k_integer;
    case Type::FLOAT:
    case Type::DOUBLE:
      return ColumnKind::k_real;
    case Type::BOOL:
      return ColumnKind::k_boolean;
    default:
      return ColumnKind::k_unreadable;
  }
}

TimeUnit unit_of(const arrow::DataType& type) {
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::NANO:
      return TimeUnit::k_nanos;
    case arrow::TimeUnit::MILLI:
      return TimeUnit::k_millis;
    case arrow::TimeUnit::SECOND:
      return TimeUnit::k_seconds;
    case arrow::TimeUnit::MICRO:
      break;
  }
  return TimeUnit::k_micros;
}

/// Keeps a text of up to `most` bytes; of a longer one the size (see `Cell`).
void set_text(Cell& cell, std::string_view text, std::uint64_t most, base::Arena& arena) {
  if (text.size() > most) {
    cell.integer = static_cast<std::int64_t>(text.size());
    return;
  }
  char* copy = arena.allocate(text.size());
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  cell.text = {copy, text.size()};
}

void set_time(Cell& cell, std::optional<std::int64_t> micros) {
  cell.present = micros.has_value();
  cell.flag = !cell.present;
  cell.integer = micros.value_or(0);
}

template <class Array>
const Array& as(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

std::string_view uuid_text(const std::uint8_t* bytes, base::Arena& arena) {
  char* text = arena.allocate(k_uuid_length);
  write_uuid(bytes, text);
  return {text, k_uuid_length};
}

template <class Ends>
std::int64_t first_end_behind(const arrow::Array& ends, std::int64_t at) {
  const auto* begin = as<Ends>(ends).raw_values();
  return std::upper_bound(begin, begin + ends.length(), at) - begin;
}

/// Which run holds the value at that place.
std::int64_t run_at(const arrow::RunEndEncodedArray& runs, std::int64_t at) {
  const arrow::Array& ends = *runs.run_ends();
  switch (ends.type_id()) {
    case Type::INT16:
      return first_end_behind<arrow::Int16Array>(ends, runs.offset() + at);
    case Type::INT32:
      return first_end_behind<arrow::Int32Array>(ends, runs.offset() + at);
    default:
      return first_end_behind<arrow::Int64Array>(ends, runs.offset() + at);
  }
}

Cell cell_of(const arrow::Array& array, std::int64_t at, std::uint64_t most, base::Arena& arena) {
  Cell cell;
  if (array.IsNull(at)) return cell;
  cell.present = true;
  switch (array.type_id()) {
    case Type::STRING:
    case Type::BINARY:
      set_text(cell, as<arrow::BinaryArray>(array).GetView(at), most, arena);
      break;
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      set_text(cell, as<arrow::LargeBinaryArray>(array).GetView(at), most, arena);
      break;
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      set_text(cell, as<arrow::BinaryViewArray>(array).GetView(at), most, arena);
      break;
    case Type::DECIMAL32:
      set_text(cell, as<arrow::Decimal32Array>(array).FormatValue(at), most, arena);
      break;
    case Type::DECIMAL64:
      set_text(cell, as<arrow::Decimal64Array>(array).FormatValue(at), most, arena);
      break;
    case Type::DECIMAL128:
      set_text(cell, as<arrow::Decimal128Array>(array).FormatValue(at), most, arena);
      break;
    case Type::DECIMAL256:
      set_text(cell, as<arrow::Decimal256Array>(array).FormatValue(at), most, arena);
      break;
    case Type::DICTIONARY: {
      const auto& dictionary = as<arrow::DictionaryArray>(array);
      return cell_of(*dictionary.dictionary(), dictionary.GetValueIndex(at), most, arena);
    }
    case Type::RUN_END_ENCODED: {
      const auto& runs = as<arrow::RunEndEncodedArray>(array);
      return cell_of(*runs.values(), run_at(runs, at), most, arena);
    }
    case Type::EXTENSION:
      return cell_of(*as<arrow::ExtensionArray>(array).storage(), at, most, arena);
    case Type::FIXED_SIZE_BINARY:
      cell.text = uuid_text(as<arrow::FixedSizeBinaryArray>(array).GetValue(at), arena);
      break;
    case Type::TIMESTAMP:
      set_time(cell, to_micros(as<arrow::TimestampArray>(array).Value(at), unit_of(*array.type())));
      break;
    case Type::INT8:
      cell.integer = as<arrow::Int8Array>(array).Value(at);
      break;
    case Type::INT16:
      cell.integer = as<arrow::Int16Array>(array).Value(at);
      break;
    case Type::INT32:
      cell.integer = as<arrow::Int32Array>(array).Value(at);
      break;
    case Type::INT64:
      cell.integer = as<arrow::Int64Array>(array).Value(at);
      break;
    case Type::UINT8:
      cell.integer = as<arrow::UInt8Array>(array).Value(at);
      break;
    case Type::UINT16:
      cell.integer = as<arrow::UInt16Array>(array).Value(at);
      break;
    case Type::UINT32:
      cell.integer = as<arrow::UInt32Array>(array).Value(at);
      break;
    case Type::UINT64:
      set_text(cell, std::to_string(as<arrow::UInt64Array>(array).Value(at)), most, arena);
      break;
    case Type::FLOAT:
      cell.real = static_cast<double>(as<arrow::FloatArray>(array).Value(at));
      break;
    case Type::DOUBLE:
      cell.real = as<arrow::DoubleArray>(array).Value(at);
      break;
    case Type::BOOL:
      cell.flag = as<arrow::BooleanArray>(array).Value(at);
      break;
    default:
      cell.present = false;
      break;
  }
  return cell;
}

}  // namespace

struct StreamReader::Impl {
  /// Some rows of a batch of the stream.
  struct Piece {
    std::shared_ptr<arrow::RecordBatch> rows;
    std::uint64_t first_row = 0;
  };

  /// The next rows; none at the end.
  base::Result<Piece> next(std::size_t most) {
    const std::lock_guard lock(mutex);
    while (batch == nullptr || at == batch->num_rows()) {
      at = 0;
      if (const arrow::Status status = reader->ReadNext(&batch); !status.ok())
        return base::Error(base::ErrorCode::k_bad_format, "the stream of record batches failed: " + status.message());
      if (batch == nullptr) return Piece{};
    }
    Piece piece{batch->Slice(at, static_cast<std::int64_t>(most)), first_row};
    at += piece.rows->num_rows();
    first_row += static_cast<std::uint64_t>(piece.rows->num_rows());
    return piece;
  }

  std::shared_ptr<arrow::RecordBatchReader> reader;
  std::vector<ColumnInfo> columns;
  std::mutex mutex;
  std::shared_ptr<arrow::RecordBatch> batch;
  std::int64_t at = 0;
  std::uint64_t first_row = 0;
};

StreamReader::StreamReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;

base::Result<StreamReader> StreamReader::take(ArrowArrayStream* stream) {
  auto reader = arrow::ImportRecordBatchReader(stream);
  if (!reader.ok())
    return base::Error(base::ErrorCode::k_bad_format, "no stream of record batches: " + reader.status().message());
  auto impl = std::make_unique<Impl>();
  impl->reader = std::move(*reader);
  for (const auto& field : impl->reader->schema()->fields())
    impl->columns.push_back({field->name(), kind_of(*field->type()), field->type()->ToString(), 0});
  return StreamReader(std::move(impl));
}

const std::vector<ColumnInfo>& StreamReader::columns() const { return impl_->columns; }

base::Status StreamReader::read(std::span<const std::string_view> columns, std::size_t batch_rows,
                                std::uint64_t most_bytes,
                                const std::function<base::Status(const RowBatch&)>& consumer) {
  std::vector<int> places;
  for (const std::string_view name : columns) {
    const auto found = std::find_if(impl_->columns.begin(), impl_->columns.end(), [&](const ColumnInfo& column) {
      return column.name == name && column.kind != ColumnKind::k_unreadable;
    });
    places.push_back(found == impl_->columns.end() ? -1 : static_cast<int>(found - impl_->columns.begin()));
  }
  RowBatch batch;
  batch.columns.resize(columns.size());
  for (;;) {
    auto piece = impl_->next(batch_rows);
    if (!piece) return std::move(piece).error();
    if (piece->rows == nullptr) return {};
    batch.texts.reset();
    batch.first_row = piece->first_row;
    batch.rows = static_cast<std::size_t>(piece->rows->num_rows());
    for (std::size_t i = 0; i < places.size(); ++i) {
      batch.columns[i].assign(batch.rows, {});
      if (places[i] < 0) continue;
      const auto array = piece->rows->column(places[i]);
      for (std::size_t row = 0; row < batch.rows; ++row)
        batch.columns[i][row] = cell_of(*array, static_cast<std::int64_t>(row), most_bytes, batch.texts);
    }
    TJ_TRY(consumer(batch));
  }
}

}  // namespace trajectory::columnar
