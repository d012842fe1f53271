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

/// Has the next row groups of files elsewhere brought here while others are decoded, neighbours together: a request
/// costs a server and a connection more than some megabytes do. Thread-safe.
class ReadAhead {
 public:
  struct Item {
    const columnar::ParquetFile* file = nullptr;  ///< none: nothing to bring
    int row_group = 0;
    std::span<const std::string_view> columns;
  };

  /// The items in the order in which they are going to be read, and the bytes that may be on their way or unread at
  /// once. A row group larger than that is not brought ahead.
  ReadAhead(std::vector<Item> items, std::uint64_t most_bytes);

  /// To be called when an item is going to be read. It counts as unread until `done`.
  [[nodiscard]] std::shared_ptr<const columnar::FetchedRowGroups> take(std::size_t index);
  void done(std::size_t index);

 private:
  /// Neighbours that are brought together; they go together, too.
  struct Stretch {
    std::size_t end = 0;  ///< the item behind it
    std::uint64_t bytes = 0;
    std::size_t unread = 0;
    std::shared_ptr<const columnar::FetchedRowGroups> rows;
  };

  [[nodiscard]] Stretch stretch_from(std::size_t first, std::uint64_t most_bytes) const;
  void begin(std::size_t first, Stretch stretch);
  void begin_next();

  std::vector<Item> items_;
  std::vector<std::uint64_t> sizes_;  ///< of the items; 0: not to be brought
  std::uint64_t most_;
  std::mutex mutex_;
  std::map<std::size_t, std::shared_ptr<Stretch>> fetched_;
  std::uint64_t bytes_ = 0;
  std::size_t next_ = 0;  ///< the first item that was not looked at
};

}  // namespace trajectory::langsmith
