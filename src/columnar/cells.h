#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

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
  bool flag = false;
  std::int64_t integer = 0;  ///< integers; times in microseconds since 1970 UTC
  double real = 0;
  std::string_view text;  ///< of a present text never a null pointer
};

/// Rows of a row group. Columns stand in the order they were asked for; views live until the next batch.
struct RowBatch {
  std::uint64_t first_row = 0;  ///< in the file
  std::size_t rows = 0;
  std::vector<std::vector<Cell>> columns;
};

/// How the values of a time column become microseconds.
enum class TimeUnit : std::uint8_t { k_seconds, k_millis, k_micros, k_nanos };

/// Rounded towards the past; `by` is positive.
[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// Stops at the greatest and the least number; `by` is positive.
[[nodiscard]] constexpr std::int64_t bounded_multiply(std::int64_t value, std::int64_t by) {
  constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t k_least = std::numeric_limits<std::int64_t>::min();
  if (value > k_most / by) return k_most;
  return value < k_least / by ? k_least : value * by;
}

/// Finer digits are cut; a moment that no microseconds can tell becomes the last or the first that they can.
[[nodiscard]] constexpr std::int64_t to_micros(std::int64_t value, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::k_nanos:
      return floor_divide(value, 1000);
    case TimeUnit::k_micros:
      return value;
    case TimeUnit::k_millis:
      return bounded_multiply(value, 1000);
    case TimeUnit::k_seconds:
      return bounded_multiply(value, 1'000'000);
  }
  return value;
}

}  // namespace trajectory::columnar
