#pragma once

#include <vector>

#include <arrow/api.h>

#include "columnar/rows.h"

/// What only this folder sees of rows: their Arrow form.
namespace trajectory::columnar {

[[nodiscard]] std::shared_ptr<arrow::Schema> schema_of(const std::vector<Field>& fields);

struct RowWriter::Impl {
  explicit Impl(const std::vector<Field>& fields);

  /// The rows waiting, as a batch; none wait afterwards. Fails with the first failure of any value since.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> take();

  /// A builder whose children take the next values.
  struct Frame {
    arrow::ArrayBuilder* builder;
    int next = 0;
    bool is_list = false;
  };

  arrow::ArrayBuilder* next_builder();
  void keep(const arrow::Status& other) {
    if (status.ok()) status = other;
  }

  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> columns;
  std::vector<Frame> frames;
  std::size_t column = 0;
  arrow::Status status;
  std::int64_t rows = 0;
  std::uint64_t waiting = 0;
  std::uint64_t total = 0;
};

/// Walks the arrays of a batch for one row at a time.
class BatchReader final : public RowReader {
 public:
  explicit BatchReader(const arrow::RecordBatch& batch) : batch_(batch) {}

  void start(std::int64_t row) {
    row_ = row;
    column_ = 0;
    frames_.clear();
  }

  std::optional<std::string_view> text() override;
  std::optional<std::int64_t> integer() override;
  std::optional<double> real() override;
  std::optional<std::int64_t> time() override;
  std::size_t begin_list() override;
  void end_list() override { frames_.pop_back(); }
  void begin_struct() override;
  void end_struct() override { frames_.pop_back(); }

 private:
  struct Frame {
    const arrow::Array* array;
    std::int64_t at;  ///< next item of a list, row of a struct
    int next;
    bool is_list;
  };

  std::pair<const arrow::Array*, std::int64_t> next();

  const arrow::RecordBatch& batch_;
  std::vector<Frame> frames_;
  std::int64_t row_ = 0;
  int column_ = 0;
};

}  // namespace trajectory::columnar
