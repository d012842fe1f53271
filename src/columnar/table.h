#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace trajectory::columnar {

enum class FieldType : std::uint8_t { k_text, k_integer, k_real, k_time, k_list, k_struct };

/// A column, or a part of one. A list has one child, a struct its fields. Times are microseconds, UTC.
struct Field {
  std::string name;
  FieldType type = FieldType::k_text;
  std::vector<Field> children;
};

/// Writes a Parquet file row by row (zstd; the bytes depend on the rows alone). The values of a row are given depth
/// first, in the order of the schema: `begin_list`, its items, `end_list`; `begin_struct`, its fields, `end_struct`.
class TableWriter {
 public:
  /// Errors: k_io.
  [[nodiscard]] static base::Result<TableWriter> create(const std::string& path, const std::vector<Field>& schema);
  ~TableWriter();
  TableWriter(TableWriter&&) noexcept;

  void text(std::optional<std::string_view> value);  ///< must be UTF-8
  void integer(std::optional<std::int64_t> value);
  void real(std::optional<double> value);
  void time(std::optional<std::int64_t> value);
  void begin_list();
  void end_list();
  void begin_struct();
  void end_struct();

  /// Ends a row. Writes a row group when about 16 MB or 4,096 rows wait.
  [[nodiscard]] base::Status end_row();
  /// Bytes of text given so far.
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] base::Status close();

 private:
  struct Impl;
  explicit TableWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Hands out the values of one row, in the order in which `TableWriter` took them.
class RowReader {
 public:
  virtual ~RowReader() = default;
  [[nodiscard]] virtual std::optional<std::string_view> text() = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> integer() = 0;
  [[nodiscard]] virtual std::optional<double> real() = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> time() = 0;
  [[nodiscard]] virtual std::size_t begin_list() = 0;  ///< its number of items
  virtual void end_list() = 0;
  virtual void begin_struct() = 0;
  virtual void end_struct() = 0;
};

/// Reads a file that `TableWriter` wrote, row by row, until the consumer fails or says stop (returns false).
/// Errors: k_bad_format (damaged, or another schema), k_io, and the consumer's.
[[nodiscard]] base::Status read_table(const std::string& path, const std::vector<Field>& schema,
                                      const std::function<base::Result<bool>(RowReader&)>& consumer);

}  // namespace trajectory::columnar
