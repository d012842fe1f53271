#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trajectory::columnar {

enum class FieldType : std::uint8_t { k_text, k_integer, k_real, k_boolean, k_time, k_list, k_struct };

/// A column, or a part of one. A list has one child, a struct its fields. Times are microseconds, UTC.
struct Field {
  std::string name;
  FieldType type = FieldType::k_text;
  std::vector<Field> children;
};

/// Collects rows for a table. The values of a row are given depth first, in the order of the schema: `begin_list`, its
/// items, `end_list`; `begin_struct`, its fields, `end_struct`.
class RowWriter {
 public:
  explicit RowWriter(const std::vector<Field>& schema);
  ~RowWriter();
  RowWriter(RowWriter&&) noexcept;

  void text(std::optional<std::string_view> value);  ///< must be UTF-8
  void integer(std::optional<std::int64_t> value);
  void real(std::optional<double> value);
  void boolean(std::optional<bool> value);
  void time(std::optional<std::int64_t> value);
  void begin_list();
  void end_list();
  void begin_struct();
  void end_struct();
  void null_struct();
  void end_row();

  /// Whether the rows waiting are enough for a row group or a batch: about 16 MB of text, or 4,096 rows.
  [[nodiscard]] bool full() const;
  /// Bytes of text given so far.
  [[nodiscard]] std::uint64_t bytes() const;

  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Hands out the values of one row, in the order in which `RowWriter` took them.
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

}  // namespace trajectory::columnar
