#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "columnar/parquet_reader.h"

namespace trajectory::langsmith {

/// Has the next row groups of files elsewhere brought here while others are decoded. Thread-safe.
class ReadAhead {
 public:
  struct Item {
    const columnar::ParquetFile* file = nullptr;  ///< none: nothing to bring
    int row_group = 0;
    std::span<const std::string_view> columns;
  };

  /// The items in the order in which they are going to be read, and the bytes that may be on their way or unread at
  /// once. A row group larger than that is not brought ahead.
  ReadAhead(std::vector<Item> items, std::uint64_t most_bytes) : items_(std::move(items)), most_(most_bytes) {}

  /// To be called when an item is going to be read. It counts as unread until `done`.
  [[nodiscard]] std::shared_ptr<const columnar::FetchedRowGroup> take(std::size_t index);
  void done(std::size_t index);

 private:
  struct Fetched {
    std::shared_ptr<const columnar::FetchedRowGroup> rows;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] std::uint64_t bytes_of(const Item& item) const;
  void begin(std::size_t index);
  void begin_next();

  std::vector<Item> items_;
  std::uint64_t most_;
  std::mutex mutex_;
  std::map<std::size_t, Fetched> fetched_;
  std::uint64_t bytes_ = 0;
  std::size_t next_ = 0;  ///< the first item that was not looked at
};

}  // namespace trajectory::langsmith
