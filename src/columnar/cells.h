#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace trajectory::columnar {

/// What a column can be read as. `k_unreadable` columns (lists, structs, foreign physical types) are listed, not read.
enum class ColumnKind : std::uint8_t { k_text, k_time, k_integer, k_real, k_boolean, k_unreadable };

struct ColumnInfo {
  std::string name;
  ColumnKind kind = ColumnKind::k_unreadable;
  std::string type;         ///< as the file declares it, for messages
  std::uint64_t bytes = 0;  ///< uncompressed, over all row groups
};

/// One value slot of a batch column; only the field of the column's kind counts.
struct Cell {
  bool present = false;
  bool flag = false;         ///< of a time that is not present: there was one, and no calendar has it
  std::int64_t integer = 0;  ///< integers; times in microseconds since 1970 UTC
  double real = 0;
  /// Of a present text never a null pointer, but for one of more bytes than the reader was told to take: `integer` then
  /// has its size.
  std::string_view text;
};

/// Where a batch of rows ends.
struct BatchSize {
  std::size_t rows = 128;          ///< with those of real exports some megabytes
  std::uint64_t bytes = 64 << 20;  ///< of their texts: the row that reaches it is the last (Parquet alone looks at it)
};

/// Rows of a row group. Columns stand in the order they were asked for.
struct RowBatch {
  std::uint64_t first_row = 0;  ///< in the file
  std::size_t rows = 0;
  std::vector<std::vector<Cell>> columns;
  base::Arena texts;  ///< of the cells
};

inline constexpr int k_uuid_bytes = 16;
inline constexpr std::size_t k_uuid_length = 36;

/// The sixteen bytes of an identifier as it is written, 8-4-4-4-12 digits.
inline void write_uuid(const std::uint8_t* bytes, char* out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < k_uuid_bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = digits[bytes[i] >> 4];
    *out++ = digits[bytes[i] & 15];
  }
}

/// How the values of a time column become microseconds.
enum class TimeUnit : std::uint8_t { k_seconds, k_millis, k_micros, k_nanos };

[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// Finer digits are cut. Nothing for a time that no calendar of four digits has: a placeholder, or damage.
[[nodiscard]] constexpr std::optional<std::int64_t> to_micros(std::int64_t value, TimeUnit unit) {
  constexpr std::int64_t k_least = -62'135'596'800'000'000;  // 0001-01-01
  constexpr std::int64_t k_end = 253'402'300'800'000'000;    // 10000-01-01
  std::int64_t micros = value;
  if (unit == TimeUnit::k_nanos) micros = floor_divide(value, 1000);
  const std::int64_t factor = unit == TimeUnit::k_millis ? 1000 : unit == TimeUnit::k_seconds ? 1'000'000 : 1;
  if (__builtin_mul_overflow(micros, factor, &micros) || micros < k_least || micros >= k_end) return std::nullopt;
  return micros;
}

}  // namespace trajectory::columnar
