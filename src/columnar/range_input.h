#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <arrow/io/caching.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/util/future.h>

#include "base/range_file.h"

/// What only this folder sees of files elsewhere: their Arrow form.
namespace trajectory::columnar {

/// Reads a file by ranges. What was fetched is read from memory once it is here.
class RangeInput final : public arrow::io::RandomAccessFile {
 public:
  explicit RangeInput(std::shared_ptr<const base::RangeFile> file) : file_(std::move(file)) {}

  /// Begins to bring ranges here, large ones in parts, several at a time. They are kept as long as this input. Failures
  /// come out when they are read. To be called once, before anything is read.
  void fetch(const std::vector<arrow::io::ReadRange>& ranges);

  [[nodiscard]] const std::shared_ptr<const base::RangeFile>& file() const { return file_; }

  /// The first failure of the file, which Arrow's own errors cannot carry.
  [[nodiscard]] std::optional<base::Error> failure() const;

  arrow::Status Close() override {
    closed_ = true;
    return {};
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override {
    position_ = position;
    return {};
  }
  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(file_->size()); }
  arrow::Result<std::int64_t> Read(std::int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override;
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t bytes) override;

 private:
  using Bytes = std::shared_ptr<arrow::Buffer>;
  struct Fetched {
    arrow::io::ReadRange range;
    arrow::Future<Bytes> bytes;
  };

  [[nodiscard]] std::int64_t available(std::int64_t position, std::int64_t bytes) const;
  [[nodiscard]] arrow::Status read_from_file(std::int64_t position, std::int64_t bytes, void* out);
  [[nodiscard]] arrow::Future<Bytes> begin(const arrow::io::ReadRange& range);
  [[nodiscard]] const Fetched* fetched(std::int64_t position, std::int64_t bytes) const;

  std::shared_ptr<const base::RangeFile> file_;
  std::vector<Fetched> fetched_;
  std::atomic<bool> closed_ = false;
  std::int64_t position_ = 0;
  mutable std::mutex mutex_;
  std::optional<base::Error> failure_;
};

}  // namespace trajectory::columnar
