#include "columnar/column_cursor.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

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

template <class Type>
class CursorOf final : public ColumnCursor {
 public:
  CursorOf(const ColumnLayout& layout, std::shared_ptr<parquet::ColumnReader> reader, std::size_t most)
      : layout_(layout), reader_(std::move(reader)), most_(most) {}

  /// A read stops at a page's end, and its values live until the next.
  std::size_t fill(std::size_t most) override {
    if (next_ < end_) return end_ - next_;
    most = std::min(most, most_);
    if (levels_.size() < most) {
      levels_.resize(most);
      values_ = std::make_unique<Value[]>(most);
    }
    std::int64_t present = 0;
    next_ = end_ = 0;
    const std::int64_t read = static_cast<parquet::TypedColumnReader<Type>&>(*reader_).ReadBatch(
        static_cast<std::int64_t>(most), levels_.data(), nullptr, values_.get(), &present);
    if (read == 0)
      throw parquet::ParquetException("the column " + layout_.info.name + " ends before the row group does");
    const std::int64_t said =
        layout_.optional ? std::count(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(read), 1) : read;
    if (said != present)
      throw parquet::ParquetException("the column " + layout_.info.name + " has other values than it says");
    end_ = static_cast<std::size_t>(read);
    // Nulls have no value: the others move to their rows, the last one first.
    auto from = static_cast<std::size_t>(present);
    for (std::size_t row = end_; row > from && from > 0;)
      if (levels_[--row] == 1) values_[row] = values_[--from];
    return end_;
  }

  [[nodiscard]] std::uint64_t text_bytes(std::size_t row) const override {
    if constexpr (std::is_same_v<Type, parquet::ByteArrayType>)
      return is_present(next_ + row) ? values_[next_ + row].len : 0;
    else return 0;
  }

  void take(std::size_t rows, Cell* cells, base::Arena& texts, std::uint64_t most_bytes) override {
    for (std::size_t row = 0; row < rows; ++row, ++next_)
      if (is_present(next_)) put(values_[next_], cells[row], texts, most_bytes);
  }

  void expect_end() override {
    if (reader_->HasNext())
      throw parquet::ParquetException("the column " + layout_.info.name + " goes on behind the row group");
  }

 private:
  using Value = typename Type::c_type;

  [[nodiscard]] bool is_present(std::size_t at) const { return !layout_.optional || levels_[at] == 1; }

  void put(const Value& value, Cell& cell, base::Arena& texts, std::uint64_t most_bytes) const {
    cell.present = true;
    if constexpr (std::is_same_v<Type, parquet::ByteArrayType>) {
      cell.integer = value.len;
      if (value.len > most_bytes) return;
      char* copy = texts.allocate(value.len);
      std::memcpy(copy, value.ptr, value.len);
      cell.text = {copy, value.len};
    } else if constexpr (std::is_same_v<Type, parquet::FLBAType>) {
      char* text = texts.allocate(k_uuid_length);
      write_uuid(value.ptr, text);
      cell.text = {text, k_uuid_length};
    } else if constexpr (std::is_same_v<Type, parquet::BooleanType>) {
      cell.flag = value;
    } else if constexpr (std::is_same_v<Type, parquet::Int96Type>) {
      put_time(cell, to_micros(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      cell.real = static_cast<double>(value);
    } else if (layout_.info.kind == ColumnKind::k_time) {
      put_time(cell, to_micros(value, layout_.unit));
    } else {
      cell.integer = value;
    }
  }

  static void put_time(Cell& cell, std::optional<std::int64_t> micros) {
    cell.present = micros.has_value();
    cell.flag = !cell.present;
    cell.integer = micros.value_or(0);
  }

  const ColumnLayout& layout_;
  std::shared_ptr<parquet::ColumnReader> reader_;
  const std::size_t most_;  ///< values that are decoded at once
  std::unique_ptr<Value[]> values_;
  std::vector<std::int16_t> levels_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

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

std::unique_ptr<ColumnCursor> open_cursor(const ColumnLayout& layout, std::shared_ptr<parquet::ColumnReader> reader,
                                          bool one_by_one) {
  const std::size_t most = one_by_one ? 1 : SIZE_MAX;
  switch (layout.physical) {
    case parquet::Type::BYTE_ARRAY:
      return std::make_unique<CursorOf<parquet::ByteArrayType>>(layout, std::move(reader), most);
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return std::make_unique<CursorOf<parquet::FLBAType>>(layout, std::move(reader), most);
    case parquet::Type::BOOLEAN:
      return std::make_unique<CursorOf<parquet::BooleanType>>(layout, std::move(reader), most);
    case parquet::Type::INT32:
      return std::make_unique<CursorOf<parquet::Int32Type>>(layout, std::move(reader), most);
    case parquet::Type::INT64:
      return std::make_unique<CursorOf<parquet::Int64Type>>(layout, std::move(reader), most);
    case parquet::Type::INT96:
      return std::make_unique<CursorOf<parquet::Int96Type>>(layout, std::move(reader), most);
    case parquet::Type::FLOAT:
      return std::make_unique<CursorOf<parquet::FloatType>>(layout, std::move(reader), most);
    default:
      return std::make_unique<CursorOf<parquet::DoubleType>>(layout, std::move(reader), most);
  }
}

}  // namespace trajectory::columnar
