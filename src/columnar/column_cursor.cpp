#include "columnar/column_cursor.h"

#include <cstring>
#include <optional>

namespace trajectory::columnar {

namespace {

std::optional<std::int64_t> to_micros(const parquet::Int96& value) {
  constexpr std::int64_t k_julian_epoch = 2'440'588;
  std::int64_t nanos = 0;
  std::memcpy(&nanos, value.value.data(), sizeof nanos);
  std::int64_t micros = static_cast<std::int64_t>(value.value[2]) - k_julian_epoch;
  if (__builtin_mul_overflow(micros, 86'400'000'000LL, &micros) ||
      __builtin_add_overflow(micros, floor_divide(nanos, 1000), &micros))
    return std::nullopt;
  return to_micros(micros, TimeUnit::k_micros);
}

void set_integer(Cell& cell, std::int64_t value) {
  cell.present = true;
  cell.integer = value;
}

void set_time(Cell& cell, std::optional<std::int64_t> micros) {
  cell.present = micros.has_value();
  cell.flag = !cell.present;
  cell.integer = micros.value_or(0);
}

void set_real(Cell& cell, double value) {
  cell.present = true;
  cell.real = value;
}

}  // namespace

ColumnLayout layout_of(const parquet::ColumnDescriptor& column) {
  ColumnLayout out;
  out.info.name = column.path()->ToDotVector().front();
  out.info.type = parquet::TypeToString(column.physical_type());
  out.physical = column.physical_type();
  out.optional = column.max_definition_level() == 1;
  if (column.max_repetition_level() > 0 || column.max_definition_level() > 1) {
    out.info.type = column.max_repetition_level() > 0 ? "list" : "struct";
    return out;
  }
  const auto& logical = column.logical_type();
  const bool plain = logical == nullptr || logical->is_none();
  if (!plain) out.info.type += " " + logical->ToString();
  if (!plain && logical->is_null()) {
    out.info.kind = ColumnKind::k_text;  // holds no value, and so fits everywhere
    return out;
  }
  if (!plain && (logical->is_decimal() || logical->is_date() || logical->is_time())) return out;
  switch (column.physical_type()) {
    case parquet::Type::BYTE_ARRAY:
      out.info.kind = ColumnKind::k_text;
      break;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      if (column.type_length() == k_uuid_bytes) out.info.kind = ColumnKind::k_text;
      break;
    case parquet::Type::BOOLEAN:
      out.info.kind = ColumnKind::k_boolean;
      break;
    case parquet::Type::DOUBLE:
    case parquet::Type::FLOAT:
      out.info.kind = ColumnKind::k_real;
      break;
    case parquet::Type::INT32:
      out.info.kind = ColumnKind::k_integer;
      break;
    case parquet::Type::INT96:
      out.info.kind = ColumnKind::k_time;
      break;
    case parquet::Type::INT64:
      out.info.kind = ColumnKind::k_integer;
      if (logical != nullptr && logical->is_timestamp()) {
        out.info.kind = ColumnKind::k_time;
        const auto unit = static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit();
        out.unit = unit == parquet::LogicalType::TimeUnit::NANOS    ? TimeUnit::k_nanos
                   : unit == parquet::LogicalType::TimeUnit::MILLIS ? TimeUnit::k_millis
                                                                    : TimeUnit::k_micros;
      }
      break;
    default:
      break;
  }
  return out;
}

/// A read stops at a page's end, and its values live until the next: they are taken over at once.
template <class Reader, class Value, class Take>
void ColumnCursor::read_as(std::size_t rows, Take take) {
  auto& reader = static_cast<Reader&>(*reader_);
  auto values = std::make_unique<Value[]>(rows);
  std::vector<std::int16_t> levels(rows);
  std::size_t row = 0;
  while (row < rows) {
    std::int64_t values_read = 0;
    const std::int64_t read =
        reader.ReadBatch(static_cast<std::int64_t>(rows - row), levels.data(), nullptr, values.get(), &values_read);
    if (read == 0)
      throw parquet::ParquetException("the column " + layout_->info.name + " ends before the row group does");
    std::int64_t value = 0;
    for (std::int64_t i = 0; i < read; ++i)
      if (!layout_->optional || levels[static_cast<std::size_t>(i)] == 1)
        take(row + static_cast<std::size_t>(i), values[static_cast<std::size_t>(value++)]);
    row += static_cast<std::size_t>(read);
  }
}

void ColumnCursor::read(std::size_t rows, std::vector<Cell>& cells, base::Arena& arena, std::uint64_t most_bytes) {
  cells.assign(rows, {});
  if (layout_ == nullptr) return;
  switch (layout_->physical) {
    case parquet::Type::BYTE_ARRAY:
      return read_as<parquet::ByteArrayReader, parquet::ByteArray>(
          rows, [&](std::size_t row, const parquet::ByteArray& value) {
            cells[row].present = true;
            cells[row].integer = value.len;
            if (value.len > most_bytes) return;
            char* copy = arena.allocate(value.len);
            std::memcpy(copy, value.ptr, value.len);
            cells[row].text = {copy, value.len};
          });
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return read_as<parquet::FixedLenByteArrayReader, parquet::FixedLenByteArray>(
          rows, [&](std::size_t row, const parquet::FixedLenByteArray& value) {
            char* text = arena.allocate(k_uuid_length);
            write_uuid(value.ptr, text);
            cells[row].present = true;
            cells[row].text = {text, k_uuid_length};
          });
    case parquet::Type::BOOLEAN:
      return read_as<parquet::BoolReader, bool>(rows, [&](std::size_t row, bool value) {
        cells[row].present = true;
        cells[row].flag = value;
      });
    case parquet::Type::INT32:
      return read_as<parquet::Int32Reader, std::int32_t>(
          rows, [&](std::size_t row, std::int32_t value) { set_integer(cells[row], value); });
    case parquet::Type::INT64:
      return read_as<parquet::Int64Reader, std::int64_t>(rows, [&](std::size_t row, std::int64_t value) {
        if (layout_->info.kind == ColumnKind::k_time) set_time(cells[row], to_micros(value, layout_->unit));
        else set_integer(cells[row], value);
      });
    case parquet::Type::INT96:
      return read_as<parquet::Int96Reader, parquet::Int96>(
          rows, [&](std::size_t row, const parquet::Int96& value) { set_time(cells[row], to_micros(value)); });
    case parquet::Type::FLOAT:
      return read_as<parquet::FloatReader, float>(
          rows, [&](std::size_t row, float value) { set_real(cells[row], static_cast<double>(value)); });
    case parquet::Type::DOUBLE:
      return read_as<parquet::DoubleReader, double>(
          rows, [&](std::size_t row, double value) { set_real(cells[row], value); });
    default:
      return;
  }
}

void ColumnCursor::expect_end() {
  if (layout_ != nullptr && reader_->HasNext())
    throw parquet::ParquetException("the column " + layout_->info.name + " goes on behind the row group");
}

}  // namespace trajectory::columnar
