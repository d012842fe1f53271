#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/util/future.h>

#include "base/range_file.h"

/// What only this folder sees of files elsewhere: their Arrow form.
namespace trajectory::columnar {

/// Reads a file by ranges. Large ranges that are asked for ahead come in parts, several at a time.
class RangeInput final : public arrow::io::RandomAccessFile {
 public:
  explicit RangeInput(std::shared_ptr<const base::RangeFile> file) : file_(std::move(file)) {}

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
  using RandomAccessFile::ReadAsync;
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& context, std::int64_t position,
                                                          std::int64_t bytes, bool allow_short_read) override;
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& context, std::int64_t position,
                                                          std::int64_t bytes) override {
    return ReadAsync(context, position, bytes, true);
  }

 private:
  [[nodiscard]] std::int64_t available(std::int64_t position, std::int64_t bytes) const;

  std::shared_ptr<const base::RangeFile> file_;
  std::atomic<bool> closed_ = false;
  std::int64_t position_ = 0;
  mutable std::mutex mutex_;
  std::optional<base::Error> failure_;
};

}  // namespace trajectory::columnar
